"""The settings of a judge: the small classifier whose features pictures are measured by."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.images import ImageData
from musegan.config.training import Training
from musegan.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class JudgeModel:
    """The classifier's sizes, and how its pictures are varied while it learns."""

    width: int = 32  # channels of the first layer
    features: int = 128  # of the last layer but one
    shift: int = 2  # pixels that a picture is moved by, at most, up, down, left and right

    def __post_init__(self) -> None:
        if self.width < 8 or self.width % 8 or self.features < 2 or self.shift < 0:
            raise ConfigError(
                f"model.width={self.width} must be a multiple of 8, "
                f"model.features={self.features} at least 2, model.shift={self.shift} at least 0"
            )


@dataclass(frozen=True, kw_only=True)
class JudgeExperiment:
    """One training run of a judge, whole."""

    name: str = "judge"
    task: Literal["judge"] = "judge"
    data: ImageData = field(default_factory=ImageData)
    model: JudgeModel = field(default_factory=JudgeModel)
    train: Training = field(default_factory=Training)
    seed: int = 0
