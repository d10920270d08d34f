"""What every peer on piano rolls is: networks for given sizes, a recipe, and how it hears rolls."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from torch import Tensor, nn

from musegan.config import PeerExperiment
from musegan.train.game import Move, Player
from musegan.train.noise import uniform
from musegan.train.state import GameState

Players = Mapping[str, Player]


class BarSizes(NamedTuple):
    """What a peer's networks depend on."""

    tracks: int
    bars: int
    pitches: int
    width: int  # of the generator, channels
    critic_width: int
    latent: int
    conditional: bool  # whether the melody is heard
    neurons: Literal["none", "deterministic", "stochastic"]


class BarSystem(NamedTuple):
    """One peer; its generator is (noise (batch, number), melody) -> band.

    Rolls are (batch, bar, step, pitch) of a melody and (batch, track, bar, step, pitch) of a band,
    between `low`, where nothing sounds, and 1. A pitch sounds where it is above the middle.
    """

    networks: Callable[[BarSizes], dict[str, nn.Module]]  # by player
    recipe: Callable[[Players, BarSizes, PeerExperiment, GameState], list[Move]]
    noise: Callable[[BarSizes], int]  # numbers that are drawn for an excerpt
    bars: int  # that it writes at once
    lowest: int  # MIDI note of the first row
    pitches: int
    low: float  # the value of silence


def scaled(roll: Tensor, low: float) -> Tensor:
    """Bytes 0 and 1 as numbers `low` and 1."""
    return roll.float() * (1 - low) + low


def silenced(rolls: Tensor, active: Tensor, low: float) -> Tensor:
    """Rolls (batch, track, ...) with the tracks that do not play, (batch, track), silent."""
    plays = active.view(*active.shape, *[1] * (rolls.ndim - 2))
    return low + (rolls - low) * plays


def struck(chances: Tensor, neurons: str) -> Tensor:
    """Notes by binary neurons, 0 and 1, of chances in 0 to 1, of the same shape.

    Deterministic: where a chance is above .5. Stochastic: where it is above a random number. The
    gradient passes straight through to the chances (Dong and Yang 2018, arXiv:1804.09399, section
    2.2 and 2.3; Bengio et al. 2013, arXiv:1308.3432).
    """
    bar: Tensor | float = 0.5
    if neurons == "stochastic":
        bar = uniform(*chances.shape, device=chances.device)
    return (chances.detach() > bar).to(chances.dtype) + chances - chances.detach()
