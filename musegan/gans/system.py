"""What every system on images is: networks for given sizes, and a recipe that plays them.

A system is one paper and one module of this room. It gives `networks`, which makes fresh ones,
and `recipe`, which turns players into moves. Systems do not inherit from each other; what two
papers share they import.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import Tensor, nn

from musegan.config import ImageExperiment, ImageModel
from musegan.data.pictures import Pictures
from musegan.train.game import Move, Player
from musegan.train.noise import normal
from musegan.train.state import GameState

Players = Mapping[str, Player]


class Sizes(NamedTuple):
    """What networks depend on."""

    side: int  # pixels of an image's row and column
    channels: int  # of an image
    classes: int  # 0: nobody knows the class
    latent: int  # numbers of a latent
    width: int  # channels, as the paper counts them
    shown_side: int = 0  # of what a translator is shown
    shown_channels: int = 0
    attention: bool = True


class System(NamedTuple):
    """One paper."""

    networks: Callable[[Sizes], dict[str, nn.Module]]  # by player
    recipe: Callable[[Players, ImageExperiment, GameState], list[Move]]
    released: tuple[str, ...] = ("generator",)  # players that have an average, which is released
    draws: bool = True  # generator(latent, labels); False: generator(shown)


def drawn(generator: Player, latent: int) -> Callable[[Pictures, int], Tensor]:
    """Images from latents, with the batch's labels: (batch, round) -> images."""

    def draw(batch: Pictures, round: int) -> Tensor:
        noise = normal(len(batch.images), latent, device=batch.images.device)
        images: Tensor = generator.module(noise, batch.labels)
        return images

    return draw


def pictured(batch: Pictures, round: int) -> Tensor:
    """The batch's own images."""
    return batch.images


def judged(
    critic: Player, model: ImageModel, state: GameState
) -> Callable[[Tensor, Pictures, int], Tensor]:
    """The critic's logits of images under the batch's labels."""

    def judge(images: Tensor, batch: Pictures, round: int) -> Tensor:
        logits: Tensor = critic.module(images, batch.labels)
        return logits

    return judge
