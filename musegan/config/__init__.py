"""What an experiment is: frozen dataclasses, checked when built (`settings` overrides them)."""

from collections.abc import Mapping
from typing import Any

from musegan.config.band import BandData, BandExperiment, BandModel, BandTask, CellsModel, Heard
from musegan.config.health import Health
from musegan.config.images import ImageData, ImageExperiment, ImageModel, SystemName
from musegan.config.judges import JudgeExperiment, JudgeModel
from musegan.config.peers import PeerData, PeerExperiment, PeerModel, PeerSystemName
from musegan.config.sounds import (
    SoundData,
    SoundExperiment,
    SoundJudgeExperiment,
    SoundModel,
    SoundSystemName,
)
from musegan.config.synth import SynthData, SynthExperiment, SynthModel, SynthSystemName
from musegan.config.touch import TouchData, TouchExperiment, TouchModel
from musegan.config.training import Device, LossName, Training
from musegan.errors import ConfigError
from musegan.settings import from_dict

__all__ = [
    "BandData",
    "BandExperiment",
    "BandModel",
    "BandTask",
    "CellsModel",
    "Device",
    "Experiment",
    "Health",
    "Heard",
    "ImageData",
    "ImageExperiment",
    "ImageModel",
    "JudgeExperiment",
    "JudgeModel",
    "LossName",
    "PeerData",
    "PeerExperiment",
    "PeerModel",
    "PeerSystemName",
    "SoundData",
    "SoundExperiment",
    "SoundJudgeExperiment",
    "SoundModel",
    "SoundSystemName",
    "SynthData",
    "SynthExperiment",
    "SynthModel",
    "SynthSystemName",
    "SystemName",
    "TouchData",
    "TouchExperiment",
    "TouchModel",
    "Training",
    "experiment_from_dict",
]

Experiment = (
    BandExperiment
    | ImageExperiment
    | JudgeExperiment
    | PeerExperiment
    | SoundExperiment
    | SoundJudgeExperiment
    | SynthExperiment
    | TouchExperiment
)
KINDS: dict[str, type[Experiment]] = {
    "images": ImageExperiment,
    "judge": JudgeExperiment,
    "peer": PeerExperiment,
    "sounds": SoundExperiment,
    "sound-judge": SoundJudgeExperiment,
    "synth": SynthExperiment,
    "touch": TouchExperiment,
}  # by task; a band's has several


FACTS = ("sizes", "classes", "timbres")  # what a run's config.json has beside its settings


def experiment_of_run(values: object) -> Experiment:
    """The experiment of a run folder's config.json, as read. Raises ConfigError as below."""
    if not isinstance(values, Mapping):
        raise ConfigError("it holds no settings")
    return experiment_from_dict({key: values[key] for key in values if key not in FACTS})


def experiment_from_dict(values: Mapping[str, Any]) -> Experiment:
    """The experiment that `settings.as_dict` wrote, of the kind that its task says.

    Raises ConfigError for an unknown setting or a wrong value.
    """
    kind = KINDS.get(str(values.get("task")), BandExperiment)
    experiment: Experiment = from_dict(kind, values)
    return experiment
