"""What an experiment is: frozen dataclasses, checked when built (`settings` overrides them)."""

from collections.abc import Mapping
from typing import Any

from musegan.config.band import BandData, BandExperiment, BandModel, BandTask, CellsModel, Heard
from musegan.config.health import Health
from musegan.config.images import ImageData, ImageExperiment, ImageModel, SystemName
from musegan.config.judges import JudgeExperiment, JudgeModel
from musegan.config.training import Device, LossName, Training
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
    "SystemName",
    "Training",
    "experiment_from_dict",
]

Experiment = BandExperiment | ImageExperiment | JudgeExperiment


def experiment_from_dict(values: Mapping[str, Any]) -> Experiment:
    """The experiment that `settings.as_dict` wrote, of the kind that its task says.

    Raises ConfigError for an unknown setting or a wrong value.
    """
    if values.get("task") == "images":
        return from_dict(ImageExperiment, values)
    if values.get("task") == "judge":
        return from_dict(JudgeExperiment, values)
    return from_dict(BandExperiment, values)
