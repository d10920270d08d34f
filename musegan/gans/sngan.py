"""SNGAN: residual nets, the critic under spectral norm. Miyato et al. 2018 (arXiv:1802.05957).

The sizes are those of table 4, whose widths are 256 and 128; a generator's `width` here is that of
all its blocks, and the critic's.
"""

from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.models.residual import (
    DownBlock,
    ProjectionHead,
    UpBlock,
    as_map,
    channels_last,
    convolution,
    dense,
    halvings,
)
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState


class Generator(nn.Module):
    """Latents (batch, latent) -> images (batch, channel, row, column)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        least, count = halvings(sizes.side)
        self.shape = (sizes.width, least, least)
        self.dense = dense(sizes.latent, sizes.width * least**2)
        self.blocks = nn.ModuleList(UpBlock(sizes.width, sizes.width) for _ in range(count))
        self.pixels = nn.Sequential(
            nn.BatchNorm2d(sizes.width), nn.ReLU(), convolution(sizes.width, sizes.channels)
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        x = as_map(self.dense(latent), self.shape)
        for block in self.blocks:
            x = block(x, latent)
        images: Tensor = self.pixels(x).tanh()
        return images


class Critic(nn.Module):
    """Images (batch, channel, row, column) -> logits (batch,)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        _, count = halvings(sizes.side)
        width, halved = sizes.width, max(1, count - 2)
        self.blocks = nn.Sequential(
            DownBlock(sizes.channels, width, first=True),
            *(DownBlock(width, width) for _ in range(halved)),
            DownBlock(width, width, halve=False),
            DownBlock(width, width, halve=False),
        )
        self.head = ProjectionHead(width)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.blocks(channels_last(images)), labels)
        return logits


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Eq. 16 and 17: the hinge loss, with a critic that spectral norm makes Lipschitz."""
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


SNGAN = System(networks, recipe)
