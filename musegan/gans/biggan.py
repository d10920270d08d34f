"""BigGAN: each block hears of class and latent. Brock et al. 2019 (arXiv:1809.11096).

Truncated latents, and batch norms that stand for them, are `train.noise.truncated` and
`models.standing.stand`.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.errors import ConfigError
from musegan.gans.sagan import Critic
from musegan.gans.system import Players, Sizes, System, drawn, judged, known_classes, pictured
from musegan.models.attention import SelfAttention
from musegan.models.residual import UpBlock, as_map, convolution, dense, halvings
from musegan.train.game import Move, Terms
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState


class Generator(nn.Module):
    """Latents (batch, latent), classes (batch,) -> images (batch, channel, row, column).

    The latent is cut into a chunk for the first layer and one for each block. A block's norms are
    conditioned on its chunk beside the class's vector, which all blocks share (section 3.1).
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        least, count = halvings(sizes.side)
        if sizes.latent % (count + 1):
            raise ConfigError(
                f"model.latent={sizes.latent} is cut into {count + 1} chunks, one for each block "
                f"and one for the first layer; take a multiple of {count + 1}"
            )
        widths = [sizes.width * 2**i for i in reversed(range(count))]
        widths = [widths[0], *widths]
        chunk = sizes.latent // (count + 1)
        self.shape, self.chunks = (widths[0], least, least), count + 1
        self.quarter = max(count - 2, 0)  # the block before which the side is that
        self.embedding = nn.Embedding(known_classes(sizes, "biggan"), sizes.latent)
        # Rows of length 1, as its authors begin them: softer than the chunk of the latent beside it.
        nn.init.orthogonal_(self.embedding.weight)
        self.dense = dense(chunk, widths[0] * least**2, spectral=True)
        self.blocks = nn.ModuleList(
            UpBlock(wide, narrow, sizes.latent + chunk, spectral=True)
            for wide, narrow in pairwise(widths)
        )
        self.attention = SelfAttention(widths[self.quarter]) if sizes.attention else nn.Identity()
        self.pixels = nn.Sequential(
            nn.BatchNorm2d(sizes.width),
            nn.ReLU(),
            convolution(sizes.width, sizes.channels, spectral=True),
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        first, *chunks = latent.chunk(self.chunks, dim=1)
        conditions = [torch.cat([self.embedding(labels), chunk], 1) for chunk in chunks]
        x = as_map(self.dense(first), self.shape)
        for index, (block, condition) in enumerate(zip(self.blocks, conditions, strict=True)):
            x = block(self.attention(x) if index == self.quarter else x, condition)
        images: Tensor = self.pixels(x).tanh()
        return images


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Section 3: SAGAN's game, and a generator that is to bear truncated latents (eq. 3)."""
    generator, critic = players["generator"], players["critic"]

    def extra(fake: Tensor, batch: object) -> Terms:
        if not wanted.model.orthogonal:
            return {}
        return {"orthogonal": wanted.model.orthogonal * alikeness(generator.module)}

    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        extra=extra,
        n_critic=wanted.train.n_critic,
        state=state,
    )


def alikeness(network: nn.Module) -> Tensor:
    """Sum of the squared products of each weight's different rows, embeddings left out (eq. 3)."""
    embedded = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
    total = torch.zeros((), device=next(network.parameters()).device)
    with torch.autocast(total.device.type, enabled=False):
        for weight in network.parameters():
            if weight.ndim >= 2 and id(weight) not in embedded:
                rows = weight.flatten(1)
                products = rows @ rows.T
                total = total + products.square().sum() - products.diagonal().square().sum()
    return total


BIGGAN = System(networks, recipe, truncates="norms")
