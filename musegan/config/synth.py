"""The settings of the synth: a GAN that plays notes as sound."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import Health
from musegan.config.ranges import WEIGHT, require_within
from musegan.config.training import Training
from musegan.errors import ConfigError

SynthSystemName = Literal["synth", "hifigan"]


@dataclass(frozen=True, kw_only=True)
class SynthData:
    """Which notes phrases are mixed from, and how long a piece of a phrase is."""

    source: str = "notes"  # a bank that `musegan prepare` rendered: notes, notes-44k
    folder: str = ""  # where it lies; empty: where `prepare` puts it
    timbres: tuple[str, ...] = ()  # only these, in this order; empty: all
    samples: int = 16_384  # of a piece of a phrase
    notes: int = 16  # that may sound in a piece

    def __post_init__(self) -> None:
        if self.samples < 2_048 or self.notes < 1:
            raise ConfigError(
                f"data.samples={self.samples} must be at least 2048, data.notes={self.notes} at "
                f"least 1"
            )


@dataclass(frozen=True, kw_only=True)
class SynthModel:
    """The generator, its critics, and what they minimise."""

    system: SynthSystemName = "synth"
    width: int = 256  # channels of the generator
    blocks: int = 8  # of synth
    hidden: int = 256  # numbers that a note is read into
    latent: int = 8  # numbers of a note's latent
    window: int = 1_024  # samples of a frame, a power of 2
    hop: int = 256  # samples from frame to frame
    critic_width: int = 32  # channels
    mel: float = 15.0  # weight of the distance of mel bands, in nats
    matching: float = 2.0  # weight of the relative distance of what the critic makes of two sounds
    alone: int = 2_000  # rounds without the critic, at first

    def __post_init__(self) -> None:
        sizes = (self.width, self.hidden, self.latent, self.hop, self.critic_width)
        if min(sizes) < 1 or min(self.blocks, self.alone) < 0:
            raise ConfigError(
                "model.width, hidden, latent, hop and critic_width must be at least 1, "
                "model.blocks and model.alone at least 0"
            )
        if self.window & (self.window - 1) or self.window % (2 * self.hop):
            raise ConfigError(
                f"model.window={self.window} must be a power of 2 and a multiple of twice "
                f"model.hop={self.hop}"
            )
        require_within("model", self, {"mel": WEIGHT, "matching": WEIGHT})


@dataclass(frozen=True, kw_only=True)
class SynthExperiment:
    """One training run of a synth, whole."""

    name: str = "synth"
    task: Literal["synth"] = "synth"
    data: SynthData = field(default_factory=SynthData)
    model: SynthModel = field(default_factory=SynthModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=Health)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with, or a release; empty: fresh ones

    def __post_init__(self) -> None:
        if self.data.samples % self.model.hop:
            raise ConfigError(
                f"data.samples={self.data.samples} must be a multiple of model.hop={self.model.hop}"
            )
