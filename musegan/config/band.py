"""The settings of a band, or of who writes melodies: data, autoencoders, generator and critic."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import ONLY_WATCHED, Health
from musegan.config.ranges import COUNT, SHARE, WEIGHT, require_within
from musegan.config.training import Training
from musegan.errors import ConfigError

BandTask = Literal["cells", "band", "melody-cells", "melody"]
Heard = Literal["latents", "chances", "struck", "nearest"]


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

    def __post_init__(self) -> None:
        counts = dict.fromkeys(("latent", "width", "hidden", "rounds"), COUNT)
        require_within("cells", self, {**counts, "noise": WEIGHT})


BAND_RANGES = {
    "cells": COUNT,
    "width": COUNT,
    "generator_depth": COUNT,
    "critic_depth": COUNT,
    "heads": COUNT,
    "blur": WEIGHT,
    "codebook": WEIGHT,
    "pull": WEIGHT,
    "head_start": WEIGHT,
    "live": SHARE,
}


@dataclass(frozen=True, kw_only=True)
class BandModel:
    """Generator and critic."""

    cells: int = 16  # cells of a window; 16 are 8 bars of 4/4
    past: int = 8  # of them before the first bar to be filled, when a song is arranged
    width: int = 192
    generator_depth: int = 4
    critic_depth: int = 3
    heads: int = 4
    blur: float = 0.2  # noise on the latents that the critic hears; less than decoders forgive
    heard: Heard = "struck"  # what the critic hears: latents, what they decode to, or entries
    codebook: int = 0  # half bars a role and style that bands are played from; 0: from decoders
    pull: float = 0.25  # of latents towards their nearest entries, where the critic hears these
    head_start: int = 0  # rounds in which the critic learns alone, where the generator has begun
    live: float = 0.0  # share of windows that begin at any cell and see no melody from there on
    own_past: int = 0  # cells of the past that the generator wrote itself, in every other round
    hindsight: bool = False  # whether the critic sees the melody that the generator does not

    def __post_init__(self) -> None:
        require_within("band", self, BAND_RANGES)
        if not 0 < self.past < self.cells:
            raise ConfigError(
                f"band.past={self.past} must lie between 0 and band.cells={self.cells}"
            )
        if self.heard == "nearest" and self.codebook < 1:
            raise ConfigError(
                f"band.heard=nearest hears entries of a codebook, and band.codebook={self.codebook}: "
                f"give it 2048 half bars or so"
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
class BandExperiment:
    """One training run, whole: of a band, of who writes melodies, or of the cells of either."""

    name: str = "band"
    task: BandTask = "band"
    data: BandData = field(default_factory=BandData)
    cells: CellsModel = field(default_factory=CellsModel)
    band: BandModel = field(default_factory=BandModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=lambda: ONLY_WATCHED)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with; empty: fresh ones
