"""R3GAN: a relativistic loss with R1 and R2, and plain residual networks. Huang et al. 2024
(arXiv:2501.05441).

No norm, no styles, no noise: the penalties of every round keep the game near its equilibrium, and
the blocks begin as nothing, so that depth does no harm (fix-up). Sides are 4 to 7 times a power of
2. From 28 on the largest side has no block of its own, so that a processor can train them.
"""

import math
from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

from musegan.config import ImageExperiment, Training
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.models.residual import halvings
from musegan.models.styles import doubled, halved
from musegan.train.game import Move, Player
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1, r2
from musegan.train.recipes import Penalty, adversarial
from musegan.train.schedule import cosine
from musegan.train.state import GameState

BLOCKS = 1  # of a side; two in the paper
EXPANSION, GROUP = 2, 16  # of a block: how much wider it is inside; channels of a group there
LARGE = 28  # the smallest side that has no block of its own
WIDEST = 4  # times the width that is set
CALMED = 0.1  # what gamma comes to, as a share (table 7: 2 to .2 on Stacked-MNIST)
FIRST_MEMORY = 0.9  # beta2, which comes to that of the settings


class Convolution(nn.Conv2d):
    """Keeps the side; weights with the variance that keeps a leaky rectifier's, times `gain`."""

    def __init__(
        self,
        narrow: int,
        wide: int,
        kernel: int = 1,
        *,
        groups: int = 1,
        gain: float = 1.0,
        bias: bool = False,
    ) -> None:
        padding = (kernel - 1) // 2
        super().__init__(narrow, wide, kernel, padding=padding, groups=groups, bias=bias)
        nn.init.normal_(self.weight, 0.0, gain / math.sqrt(narrow // groups * kernel**2))
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Deconvolution(nn.ConvTranspose2d):
    """Doubles the side, as the critic's first layer halves it; each pixel is made of four."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__(narrow, wide, 4, 2, 1, bias=False)
        nn.init.normal_(self.weight, 0.0, 1 / math.sqrt(4 * narrow))


class Block(nn.Module):
    """x + a bottleneck turned inside out, its convolution in groups (figure 4, right).

    `blocks` is how many there are in the network: the first two layers begin small by it, the last
    at 0 (Zhang et al. 2019, arXiv:1901.09321).
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        inner = EXPANSION * width
        gain = math.sqrt(2 / 1.04) * blocks**-0.25
        groups = max(1, inner // GROUP)
        self.widen = Convolution(width, inner, gain=gain, bias=True)
        self.mix = Convolution(inner, inner, 3, groups=groups, gain=gain, bias=True)
        self.narrow = Convolution(inner, width, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix(leaky_relu(self.widen(x), 0.2))
        y = self.narrow(leaky_relu(y, 0.2))
        grown: Tensor = x + y
        return grown


class Generator(nn.Module):
    """Latents (batch, latent), labels (batch,) -> images (batch, channel, side, side)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        smallest, widths, self.large = shape_of(sizes)
        self.embed = nn.Embedding(sizes.classes, sizes.latent) if sizes.classes else None
        if self.embed is not None:  # as a layer of one-hot classes begins: quieter than the latent
            nn.init.normal_(self.embed.weight, 0.0, 1 / math.sqrt(sizes.classes))
        narrow = sizes.latent * (2 if sizes.classes else 1)
        self.begin = nn.Linear(narrow, widths[0], bias=False)
        nn.init.normal_(self.begin.weight, 0.0, 1 / math.sqrt(narrow))
        self.basis = nn.Parameter(torch.randn(widths[0], smallest, smallest))
        count = BLOCKS * len(widths)
        self.stages = nn.ModuleList(stage(width, count) for width in widths)
        self.between = nn.ModuleList(Convolution(a, b) for a, b in pairwise(widths))
        show = Deconvolution if self.large else Convolution
        self.show = show(widths[-1], sizes.channels)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        if self.embed is not None:
            latent = torch.cat([latent, self.embed(labels)], 1)
        x = self.begin(latent)[:, :, None, None] * self.basis
        x = self.stages[0](x.contiguous(memory_format=torch.channels_last))
        for narrowed, blocks in zip(self.between, self.stages[1:], strict=True):
            x = blocks(doubled(narrowed(x)))  # narrowed first: the same, for a quarter of the work
        images: Tensor = self.show(leaky_relu(x, 0.2) if self.large else x).float()
        return images


class Critic(nn.Module):
    """Images (batch, channel, side, side), labels (batch,) -> logits (batch,)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        smallest, widths, large = shape_of(sizes)
        widths = widths[::-1]
        self.enter = Convolution(sizes.channels, widths[0], 4 if large else 1)
        self.enter.stride = (2, 2) if large else (1, 1)
        count = BLOCKS * len(widths)
        self.stages = nn.ModuleList(stage(width, count) for width in widths)
        self.between = nn.ModuleList(Convolution(a, b) for a, b in pairwise(widths))
        self.basis = nn.Parameter(torch.randn(widths[-1], 1, smallest, smallest) / smallest)
        self.last = nn.Parameter(torch.randn(sizes.classes or 1, widths[-1]))
        self.scale = 1 / math.sqrt(widths[-1])
        self.classes = sizes.classes

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        x = self.enter(images.contiguous(memory_format=torch.channels_last))
        x = self.stages[0](x)
        for widened, blocks in zip(self.between, self.stages[1:], strict=True):
            x = blocks(widened(halved(x)))
        with torch.autocast(x.device.type, enabled=False):
            features = conv2d(x.float(), self.basis, groups=x.shape[1]).flatten(1)
            logits = linear(features, self.last * self.scale)
        return logits.gather(1, labels[:, None])[:, 0] if self.classes else logits[:, 0]


def shape_of(sizes: Sizes) -> tuple[int, list[int], bool]:
    """The smallest side, the widths of the blocks from there on, and whether images are larger.

    Raises ConfigError, see `halvings`.
    """
    smallest, count = halvings(sizes.side)
    large = sizes.side >= LARGE
    times = [2**i for i in reversed(range(count + 1 - large))]  # shorter than the largest
    return smallest, [sizes.width * min(WIDEST, shorter) for shorter in times], large


def stage(width: int, count: int) -> nn.Sequential:
    """The blocks of one side."""
    return nn.Sequential(*(Block(width, count) for _ in range(BLOCKS)))


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """The relativistic loss with R1 and R2 in every round (eq. 2 to 5).

    In a burn-in gamma falls and Adam's second moment lengthens (appendix C); rates and averages do
    so by the settings. The penalties run as the moves do: half precision has the range they need.
    """
    generator, critic = players["generator"], players["critic"]
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        penalties=calmed_penalties((generator, critic), wanted.train),
        own_logits=True,
        n_critic=wanted.train.n_critic,
        state=state,
    )


def calmed_penalties(players: Iterable[Player], training: Training) -> list[Penalty]:
    """R1 and R2, whose weight falls in a burn-in, in which the players' second moment lengthens, too."""
    burn_in = training.rounds // 5
    for player in players:
        player.memory = cosine(burn_in, start=FIRST_MEMORY, end=training.beta2)
    calm = cosine(burn_in, start=1.0, end=CALMED)
    return [
        Penalty(name, penalty, training.gamma, training.penalty_every, calm)
        for name, penalty in (("r1", r1), ("r2", r2))
    ]


R3GAN = System(networks, recipe)
