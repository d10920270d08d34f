"""The settings of a GAN on sounds: which sounds, which system, how large."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import Health
from musegan.config.judges import JudgeModel
from musegan.config.training import Training
from musegan.errors import ConfigError

SoundSystemName = Literal["wavegan", "specgan", "istftgan"]


@dataclass(frozen=True, kw_only=True)
class SoundData:
    """Which sounds, and how long."""

    source: str = (
        "spoken-digits"  # a known set, or a folder of sound files, with class folders or not
    )
    folder: str = ""  # where a known set lies; empty: where `prepare` puts it
    rate: int = 16_000  # samples a second; files are resampled
    samples: int = 16_384  # of a sound; short ones end in silence, long ones of a folder are cut
    even: bool = False  # each class as often as every other, however few sounds it has
    vary: bool = False  # each sound up to two semitones faster or slower, and often shorter
    limit: int = 0  # so many sounds of the training split, drawn by the seed 0; 0: all
    classes: tuple[int, ...] = ()  # only these; empty: all

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ConfigError("data.source is empty; name a set, or a folder of sounds")
        if self.rate < 1_000 or self.samples < 256 or self.limit < 0:
            raise ConfigError(
                f"data.rate={self.rate} must be at least 1000, data.samples={self.samples} at "
                f"least 256, data.limit={self.limit} at least 0"
            )


@dataclass(frozen=True, kw_only=True)
class SoundModel:
    """The system, its sizes, and what is its own."""

    system: SoundSystemName = "wavegan"
    latent: int = 64
    width: int = 64  # channels, as their paper counts
    conditional: bool = False  # whether generator and critic know the class
    shuffle: int = 2  # of wavegan: samples by which a critic's maps are moved at most
    window: int = 256  # of specgan and istftgan: samples of a frame, a power of 2
    hop: int = 128  # of specgan and istftgan: samples from frame to frame

    def __post_init__(self) -> None:
        if min(self.latent, self.width, self.hop) < 1 or self.shuffle < 0:
            raise ConfigError(
                f"model.latent={self.latent}, model.width={self.width} and model.hop={self.hop} "
                f"must be at least 1, model.shuffle={self.shuffle} at least 0"
            )
        if self.window & (self.window - 1) or self.window < 2 * self.hop:
            raise ConfigError(
                f"model.window={self.window} must be a power of 2, at least twice "
                f"model.hop={self.hop}"
            )


@dataclass(frozen=True, kw_only=True)
class SoundExperiment:
    """One training run on sounds, whole."""

    name: str = "wavegan"
    task: Literal["sounds"] = "sounds"
    data: SoundData = field(default_factory=SoundData)
    model: SoundModel = field(default_factory=SoundModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=Health)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with, or a release; empty: fresh ones


@dataclass(frozen=True, kw_only=True)
class SoundJudgeExperiment:
    """One training run of a judge of sounds, whole."""

    name: str = "sound-judge"
    task: Literal["sound-judge"] = "sound-judge"
    data: SoundData = field(default_factory=SoundData)
    model: JudgeModel = field(default_factory=JudgeModel)
    train: Training = field(default_factory=Training)
    seed: int = 0
