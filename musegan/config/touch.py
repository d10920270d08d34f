"""The settings of touch: a GAN that says how hard, how early and how late notes are struck."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import Health
from musegan.config.training import Training
from musegan.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TouchData:
    """Which performances, and how much of one is looked at."""

    source: str = "touch"  # what `musegan prepare` writes
    folder: str = ""  # where it lies; empty: where `prepare` puts it
    steps: int = 64  # of a window

    def __post_init__(self) -> None:
        if self.steps < 16 or self.steps % 8:
            raise ConfigError(f"data.steps={self.steps} must be a multiple of 8, at least 16")


@dataclass(frozen=True, kw_only=True)
class TouchModel:
    """The generator and its critic."""

    width: int = 64  # channels of the generator
    hand: int = 8  # numbers of a latent that a part keeps
    noise: int = 4  # numbers of noise a step
    critic_width: int = 64  # channels

    def __post_init__(self) -> None:
        sizes = (self.width, self.hand, self.noise, self.critic_width)
        if min(sizes) < 1:
            raise ConfigError("model.width, hand, noise and critic_width must be at least 1")


@dataclass(frozen=True, kw_only=True)
class TouchExperiment:
    """One training run of touch, whole."""

    name: str = "touch"
    task: Literal["touch"] = "touch"
    data: TouchData = field(default_factory=TouchData)
    model: TouchModel = field(default_factory=TouchModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=Health)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with, or a release; empty: fresh ones
