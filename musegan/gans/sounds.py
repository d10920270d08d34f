"""What every system on sounds is: as one on images (`system`), for sounds (batch, sample)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import Tensor, nn

from musegan.config import SoundExperiment
from musegan.data.sounds import Sounds
from musegan.errors import ConfigError
from musegan.gans.system import Players, Weights, other_classes, same_players
from musegan.models.spectra import LogMel
from musegan.train.game import Move, Player
from musegan.train.noise import normal
from musegan.train.state import GameState

MOST_BEGUN = 16  # samples or frames that a generator begins with, at most


class SoundSizes(NamedTuple):
    """What networks depend on."""

    samples: int  # of a sound
    rate: int  # samples a second
    classes: int  # 0: nobody knows the class
    latent: int  # numbers of a latent
    width: int  # channels, as the paper counts them
    shuffle: int = 2  # of wavegan
    window: int = 256  # of specgan and istftgan: samples of a frame
    hop: int = 128  # of these: samples from frame to frame


def mel_bands(sizes: SoundSizes, sounds: Tensor) -> Tensor:
    """Sounds (batch, sample) as mel bands (batch, 1, band, frame)."""
    images: Tensor = LogMel(sizes.rate, window=512, hop=128, bands=64).to(sounds.device)(sounds)
    return images


class SoundSystem(NamedTuple):
    """One paper."""

    networks: Callable[[SoundSizes], dict[str, nn.Module]]  # by player
    recipe: Callable[[Players, SoundExperiment, GameState], list[Move]]
    # Generators give sounds, (batch, sample); or what `sounds` makes them of.
    sounds: Callable[[nn.Module, Tensor], Tensor] = lambda generator, made: made
    # Shown sounds of the data before the game begins, for what a network needs to know of them.
    fit: Callable[[Mapping[str, nn.Module], Tensor], None] = lambda networks, sounds: None
    # The samples of the game as images (batch, channel, row, column), for health to look at.
    pictured: Callable[[SoundSizes, Tensor], Tensor] = mel_bands
    released: tuple[str, ...] = ("generator",)  # players that have an average, which is released
    begin: Callable[[Mapping[str, nn.Module], Weights], None] = same_players  # where `start` is set


def drawn(generator: Player, latent: int) -> Callable[[Sounds, int], Tensor]:
    """What the generator makes of latents, with the batch's labels: (batch, round) -> samples."""

    def draw(batch: Sounds, round: int) -> Tensor:
        noise = normal(len(batch.sounds), latent, device=batch.sounds.device)
        made: Tensor = generator.module(noise, batch.labels)
        return made

    return draw


def heard(batch: Sounds, round: int) -> Tensor:
    """The batch's own sounds."""
    return batch.sounds


def of_other_classes(batch: Sounds, classes: int) -> Sounds:
    """The batch's sounds under labels of other classes, of so many."""
    return batch._replace(labels=other_classes(batch.labels, classes))


def judged(critic: Player) -> Callable[[Tensor, Sounds, int], Tensor]:
    """The critic's logits of samples under the batch's labels."""

    def judge(samples: Tensor, batch: Sounds, round: int) -> Tensor:
        logits: Tensor = critic.module(samples, batch.labels)
        return logits

    return judge


def divided(length: int, by: int, name: str) -> tuple[int, int]:
    """(what a length is divided down to, how often), `by` at a time, such as (16, 5) of 16,384 by 4.

    Raises ConfigError if it would end above 16, or cannot be divided at all.
    """
    least, count = length, 0
    while least > MOST_BEGUN and least % by == 0:
        least, count = least // by, count + 1
    if least > MOST_BEGUN or count == 0:
        can_be = [part * by**k for part in range(1, MOST_BEGUN + 1) for k in range(1, 20)]
        below = max([other for other in can_be if other < length], default=by)
        above = min(other for other in can_be if other > length)
        raise ConfigError(
            f"{name}={length} is not 1 to {MOST_BEGUN} times a power of {by}, and the networks make "
            f"it {by} times as long again and again; the nearest are {below} and {above}"
        )
    return least, count
