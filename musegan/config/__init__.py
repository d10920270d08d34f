"""What an experiment is: frozen dataclasses, checked when built (`settings` overrides them)."""

from collections.abc import Mapping
from typing import Any

from musegan.config.band import BandData, BandExperiment, BandModel, BandTask, CellsModel, Heard
from musegan.config.images import ImageData, ImageExperiment, ImageModel, SystemName
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
    "Heard",
    "ImageData",
    "ImageExperiment",
    "ImageModel",
    "LossName",
    "SystemName",
    "Training",
    "experiment_from_dict",
]

Experiment = BandExperiment | ImageExperiment


def experiment_from_dict(values: Mapping[str, Any]) -> Experiment:
    """The experiment that `settings.as_dict` wrote, of the kind that its task says.

    Raises ConfigError for an unknown setting or a wrong value.
    """
    if values.get("task") == "images":
        return from_dict(ImageExperiment, values)
    return from_dict(BandExperiment, values)
