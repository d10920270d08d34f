"""DiscoGAN: what two domains have in common. Kim et al. 2017 (arXiv:1703.05192).

Unlike CycleGAN's, a translator halves images down to a map of 4 to 7 pixels and doubles that again,
so it sees the whole image at once and can move things about. Critics see the whole image too, and
remember nothing.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import mse_loss

from musegan.config import ImageExperiment
from musegan.errors import ConfigError
from musegan.gans.system import Players, Sizes, System
from musegan.gans.unpaired import BothWays, Critics, both_ways
from musegan.models.residual import halvings
from musegan.train.game import Move
from musegan.train.state import GameState


def encoder(channels: int, sizes: Sizes) -> tuple[nn.Sequential, list[int], int]:
    """Halvings down to a map of 4 to 7 pixels; also the widths on the way, and its side."""
    smallest, count = halvings(sizes.side)
    widths = [sizes.width * 2**level for level in range(count)]
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
    for fine, coarse in pairwise(widths):
        layers += [nn.Conv2d(fine, coarse, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(coarse), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers), widths, smallest


class Translator(nn.Module):
    """Images (batch, channel, side, side) -> images of the other domain."""

    def __init__(self, channels: int, other: int, sizes: Sizes) -> None:
        super().__init__()
        self.encode, widths, _ = encoder(channels, sizes)
        layers: list[nn.Module] = []
        for coarse, fine in pairwise(reversed(widths)):
            layers += [nn.ConvTranspose2d(coarse, fine, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(fine), nn.ReLU()]
        last = nn.ConvTranspose2d(widths[0], other, 4, 2, 1)
        self.decode = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, images: Tensor) -> Tensor:
        others: Tensor = self.decode(self.encode(images))
        return others


class Critic(nn.Module):
    """Images (batch, channel, side, side) -> logits (batch,)."""

    def __init__(self, channels: int, sizes: Sizes) -> None:
        super().__init__()
        self.encode, widths, smallest = encoder(channels, sizes)
        self.last = nn.Sequential(nn.Conv2d(widths[-1], 1, smallest), nn.Flatten(0))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.last(self.encode(images))
        return logits


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    """Section 3.3, with as many halvings as the images allow."""
    if sizes.shown_side != sizes.side:
        raise ConfigError("discogan translates between two sets; set data.onto to the second")
    shown, images = sizes.shown_channels, sizes.channels
    return {
        "generator": BothWays(Translator(shown, images, sizes), Translator(images, shown, sizes)),
        "critic": Critics(Critic(shown, sizes), Critic(images, sizes)),
    }


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Equations 3 to 9: two coupled GANs, and squares of what is lost there and back."""
    return both_ways(players, wanted, state, distance=mse_loss)


DISCOGAN = System(networks, recipe, draws=False)
