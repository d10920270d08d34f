"""SAGAN: residual nets whose pixels look at each other. Zhang et al. 2019 (arXiv:1805.08318).

Spectral norm in both players; where classes are known, conditional batch norm in the generator and
a projection in the critic. With `attention` off it is its own twin without.
"""

from itertools import pairwise

from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.models.attention import SelfAttention
from musegan.models.residual import (
    DownBlock,
    ProjectionHead,
    UpBlock,
    as_map,
    channels_last,
    convolution,
    dense,
    halvings,
    one_of,
)
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState


class Generator(nn.Module):
    """Latents (batch, latent), classes (batch,) -> images (batch, channel, row, column).

    The pixels of the map of a quarter of the side look at each other: 32 x 32 of the paper's 128.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        least, count = halvings(sizes.side)
        widths = [sizes.width * 2**i for i in reversed(range(count))]
        widths = [widths[0], *widths]
        self.shape, self.classes = (widths[0], least, least), sizes.classes
        self.quarter = max(count - 2, 0)  # the block before which the side is that
        self.dense = dense(sizes.latent, widths[0] * least**2, spectral=True)
        self.blocks = nn.ModuleList(
            UpBlock(wide, narrow, sizes.classes, spectral=True) for wide, narrow in pairwise(widths)
        )
        self.attention = SelfAttention(widths[self.quarter]) if sizes.attention else nn.Identity()
        self.pixels = nn.Sequential(
            nn.BatchNorm2d(sizes.width),
            nn.ReLU(),
            convolution(sizes.width, sizes.channels, spectral=True),
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        condition = one_of(labels, self.classes)
        x = as_map(self.dense(latent), self.shape)
        for index, block in enumerate(self.blocks):
            x = block(self.attention(x) if index == self.quarter else x, condition)
        images: Tensor = self.pixels(x).tanh()
        return images


class Critic(nn.Module):
    """Images (batch, channel, row, column), classes (batch,) -> logits (batch,)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        _, count = halvings(sizes.side)
        widths = [sizes.width * 2**i for i in range(count)]
        blocks = [
            DownBlock(sizes.channels, widths[0], first=True),
            *(DownBlock(narrow, wide) for narrow, wide in pairwise(widths)),
            DownBlock(widths[-1], widths[-1], halve=False),
        ]
        attention = [SelfAttention(widths[:2][-1])] if sizes.attention else []
        self.blocks = nn.Sequential(*blocks[:2], *attention, *blocks[2:])
        self.head = ProjectionHead(widths[-1], sizes.classes)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.blocks(channels_last(images)), labels)
        return logits


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Section 4: the hinge loss, one update each; the critic learns at four times the rate."""
    generator, critic = players["generator"], players["critic"]
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        n_critic=wanted.train.n_critic,
        state=state,
    )


SAGAN = System(networks, recipe)
