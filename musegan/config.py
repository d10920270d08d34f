"""What an experiment is: frozen dataclasses, checked when built (`settings` overrides them)."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.errors import ConfigError

Task = Literal["cells", "band"]
Heard = Literal["latents", "chances", "struck"]
LossName = Literal["vanilla", "least_squares", "hinge", "wasserstein", "relativistic"]


@dataclass(frozen=True, kw_only=True)
class BandData:
    """Which prepared corpora, and how much of a batch each gives."""

    folder: str = "prepared"  # holds one .npz a corpus, from `musegan prepare`; "toy" needs none
    corpora: tuple[str, ...] = ("pop909", "simutrans", "freedoom", "lieder")
    shares: tuple[float, ...] = (0.4, 0.2, 0.3, 0.1)
    styles: tuple[str, ...] = ("pop", "rock", "classical")
    cells: str = ""  # weights of trained autoencoders for a band; empty: it trains its own first

    def __post_init__(self) -> None:
        if len(self.corpora) != len(self.shares):
            raise ConfigError(
                f"data.shares has {len(self.shares)} numbers for the {len(self.corpora)} "
                f"corpora of data.corpora; give one each"
            )
        if min(self.shares, default=0) <= 0:
            raise ConfigError(f"data.shares={self.shares}: every share must be above 0")


@dataclass(frozen=True, kw_only=True)
class CellsModel:
    """The cell autoencoders, one a role."""

    latent: int = 64
    width: int = 96  # of a step
    hidden: int = 384
    noise: float = 0.25  # standard deviation on the latents in training; they have variance 1
    rounds: int = 8_000  # where a band trains its own first


@dataclass(frozen=True, kw_only=True)
class BandModel:
    """The band's generator and critic."""

    cells: int = 16  # cells of a window; 16 are 8 bars of 4/4
    past: int = 8  # of them before the first bar to be filled, when a song is arranged
    width: int = 192
    generator_depth: int = 4
    critic_depth: int = 3
    heads: int = 4
    blur: float = 0.2  # noise on the latents that the critic hears; less than decoders forgive
    heard: Heard = "struck"  # what the critic hears: latents, or what they decode to
    live: float = 0.0  # share of windows that begin at any cell and see no melody from there on
    own_past: int = 0  # cells of the past that the generator wrote itself, in every other round
    hindsight: bool = False  # whether the critic sees the melody that the generator does not

    def __post_init__(self) -> None:
        if not 0 < self.past < self.cells:
            raise ConfigError(
                f"band.past={self.past} must lie between 0 and band.cells={self.cells}"
            )
        if not 0 <= self.own_past < self.past:
            raise ConfigError(
                f"band.own_past={self.own_past} must lie between 0 and band.past={self.past}"
            )
        if self.width % self.heads:
            raise ConfigError(
                f"band.width={self.width} must be a multiple of band.heads={self.heads}"
            )


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the players learn."""

    loss: LossName = "relativistic"
    learning_rate: float = 2e-4
    warmup: int = 500  # rounds
    beta1: float = 0.0
    beta2: float = 0.99
    batch_size: int = 32
    rounds: int = 20_000
    gamma: float = 0.5  # weight of R1 and R2
    penalty_every: int = 4  # rounds
    mismatch: float = 0.3  # weight of the matching-aware term
    average: float = 0.999  # decay of the slow copy
    bfloat16: bool = True  # the moves, not the penalties

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.batch_size < 2:
            raise ConfigError("train.rounds must be at least 1 and batch_size at least 2")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One training run, whole."""

    name: str = "band"
    task: Task = "band"
    data: BandData = field(default_factory=BandData)
    cells: CellsModel = field(default_factory=CellsModel)
    band: BandModel = field(default_factory=BandModel)
    train: Training = field(default_factory=Training)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with; empty: fresh ones
