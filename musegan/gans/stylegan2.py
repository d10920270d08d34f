"""StyleGAN2: styles by modulated convolutions. Karras et al. 2020 (arXiv:1912.04958).

With few images, and `model.augment=ada`, what the critic sees is augmented: ADA, Karras et al.
2020 (arXiv:2006.06676). Sides are 4 to 7 times a power of 2. Maps are resampled between neighbours
where the paper has a filter of four taps.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.gans.system import Players, Sizes, System, judged, pictured
from musegan.models.residual import halvings
from musegan.models.styles import (
    GAIN,
    EqualConvolution,
    EqualLinear,
    Mapping,
    MinibatchDeviation,
    StyledConvolution,
    activated,
    doubled,
    halved,
)
from musegan.train.game import Move, Player, Terms
from musegan.train.losses import LOSSES
from musegan.train.noise import normal, uniform
from musegan.train.penalties import full_precision, gradient_at, r1
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

WIDEST = 4  # times the width that is set
MIXED = 0.9  # chance that a sample's styles come from two latents (Karras et al. 2019, sec. 3.1)
PATH_EVERY, PATH_SHARE, PATH_WEIGHT, PATH_DECAY = 4, 2, 2.0, 0.01  # section 3.2, appendix B


class Generator(nn.Module):
    """Latents (batch, latent), labels (batch,) -> images (batch, channel, side, side).

    `mapping` makes w, `synthesis` images of it, which is where styles are mixed.
    """

    lengths: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.synthesis = Synthesis(sizes)
        layers = self.synthesis.layers
        self.mapping = Mapping(sizes.latent, sizes.latent, layers, classes=sizes.classes)
        self.register_buffer("lengths", torch.zeros(()))  # running mean of the paths' lengths

    def forward(self, latent: Tensor, labels: Tensor, *, psi: float = 1.0) -> Tensor:
        images: Tensor = self.synthesis(self.mapping(latent, labels, psi=psi))
        return images


class Synthesis(nn.Module):
    """w (batch, layers, width) -> images; the first layers steer the coarse (figure 2)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        sides = sides_of(sizes.side)
        widths = [width_at(sizes, side) for side in sides]
        self.layers = 2 * len(sides)
        self.constant = nn.Parameter(torch.randn(1, widths[0], sides[0], sides[0]))
        self.first = Styled(widths[0], widths[0], sizes.latent, sides[0])
        steps = [*zip(pairwise(widths), sides[1:], strict=True)]
        self.grow = nn.ModuleList(
            Styled(narrow, wide, sizes.latent, side, grow=True) for (narrow, wide), side in steps
        )
        self.stay = nn.ModuleList(
            Styled(wide, wide, sizes.latent, side) for (_, wide), side in steps
        )
        self.shown = nn.ModuleList(Shown(width, sizes) for width in widths)

    def forward(self, w: Tensor) -> Tensor:
        constant = self.constant.repeat(len(w), 1, 1, 1)
        x = self.first(constant.contiguous(memory_format=torch.channels_last), w[:, 0])
        images: Tensor = self.shown[0](x, w[:, 1])
        for level, (grow, stay) in enumerate(zip(self.grow, self.stay, strict=True), start=1):
            x = stay(grow(x, w[:, 2 * level - 1]), w[:, 2 * level])
            images = doubled(images) + self.shown[level](x, w[:, 2 * level + 1])
        return images


class Styled(nn.Module):
    """Convolution by a style, noise of a learned strength, bias, rectifier.

    The noise is new in training; a trained generator has its own, so that an image is a function
    of its styles.
    """

    own: Tensor

    def __init__(
        self, narrow: int, wide: int, style: int, side: int, *, grow: bool = False
    ) -> None:
        super().__init__()
        self.convolution = StyledConvolution(narrow, wide, style)
        self.register_buffer("own", torch.randn(1, 1, side, side))
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(wide))
        self.grow = grow

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        x = self.convolution(doubled(x) if self.grow else x, style)
        new = self.training
        noise = normal(len(x), 1, *x.shape[2:], device=x.device) if new else self.own
        return activated(x + (noise * self.strength + self.bias[:, None, None]).to(x.dtype))


class Shown(nn.Module):
    """Maps and a style -> the image that they add to."""

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.convolution = StyledConvolution(
            width, sizes.channels, sizes.latent, 1, demodulated=False
        )
        self.bias = nn.Parameter(torch.zeros(sizes.channels, 1, 1))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        image: Tensor = self.convolution(x, style).float() + self.bias
        return image


class Critic(nn.Module):
    """Images (batch, channel, side, side) -> logits (batch,): residual (figure 7)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        sides = sides_of(sizes.side)[::-1]
        widths = [width_at(sizes, side) for side in sides]
        self.enter = EqualConvolution(sizes.channels, widths[0], 1)
        self.halvings = nn.ModuleList(Halving(a, b) for a, b in pairwise(widths))
        self.deviation = MinibatchDeviation()
        self.last = EqualConvolution(widths[-1] + 1, widths[-1], 3)
        self.dense = EqualLinear(widths[-1] * sides[-1] ** 2, widths[-1])
        self.logits = EqualLinear(widths[-1], sizes.classes or 1)
        self.classes = sizes.classes

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        x = activated(self.enter(images.contiguous(memory_format=torch.channels_last)))
        for halving in self.halvings:
            x = halving(x)
        x = activated(self.last(self.deviation(x)))
        logits: Tensor = self.logits(activated(self.dense(x.flatten(1))))
        return logits.gather(1, labels[:, None])[:, 0] if self.classes else logits[:, 0]


class Halving(nn.Module):
    """A residual block to half the side."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.stay = EqualConvolution(narrow, narrow, 3)
        self.widen = EqualConvolution(narrow, wide, 3)
        self.around = EqualConvolution(narrow, wide, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = activated(self.widen(halved(activated(self.stay(x)))))
        shrunk: Tensor = (y + self.around(halved(x))) / GAIN
        return shrunk


def sides_of(side: int) -> list[int]:
    """The sides of the maps, such as 4, 8, 16, 32. Raises ConfigError, see `halvings`."""
    smallest, count = halvings(side)
    return [smallest * 2**i for i in range(count + 1)]


def width_at(sizes: Sizes, side: int) -> int:
    """Channels of the maps of a side: `width` in the finest, twice as many at half of it."""
    return sizes.width * min(WIDEST, sizes.side // side)


def mixed(generator: Generator, labels: Tensor, latent: int) -> Tensor:
    """w (batch, layers, width); of most samples the last layers' come from another latent."""
    count, layers = len(labels), generator.synthesis.layers
    w = generator.mapping(normal(count, latent, device=labels.device), labels)
    other = generator.mapping(normal(count, latent, device=labels.device), labels)
    at = uniform(count, 2, device=labels.device)
    cut = 1 + (at[:, :1] * (layers - 1)).floor()  # 1 to layers - 1
    fine = (torch.arange(layers, device=labels.device) >= cut) & (at[:, 1:] < MIXED)
    return torch.where(fine[:, :, None], other, w)


def path_terms(generator: Player, latent: int) -> Move:
    """The path length regularizer (eq. 4): all steps of w shall change images by as much."""

    def terms(batch: Pictures, round: int) -> Terms:
        network = generator.module
        assert isinstance(network, Generator)
        labels = batch.labels[: math.ceil(len(batch.labels) / PATH_SHARE)]
        w = full_precision(mixed(network, labels, latent))

        def turned(w: Tensor) -> Tensor:
            images: Tensor = network.synthesis(w)
            y = normal(*images.shape, device=images.device) / images.shape[-1]
            return (images * y).sum()

        with torch.autocast(w.device.type, enabled=False):
            lengths = gradient_at(turned, w).square().sum(2).mean(1).sqrt()
        network.lengths.lerp_(lengths.detach().mean(), PATH_DECAY)
        return {"path": PATH_WEIGHT * (lengths - network.lengths).square().mean()}

    return Move(generator, terms, every=PATH_EVERY, constants=lambda round: ())


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """The logistic loss with lazy R1 (appendix B), mixed styles, and the paths' lengths.

    Adam's moments are those of the settings for all moves.
    """
    generator, critic = players["generator"], players["critic"]

    def fake(batch: Pictures, round: int) -> Tensor:
        network = generator.module
        assert isinstance(network, Generator)
        images: Tensor = network.synthesis(mixed(network, batch.labels, wanted.model.latent))
        return images

    penalty = Penalty("r1", r1, wanted.train.gamma, wanted.train.penalty_every)
    moves = adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=fake,
        score=judged(critic, wanted.model, state),
        penalties=[penalty],
        n_critic=wanted.train.n_critic,
        state=state,
    )
    return [*moves, path_terms(generator, wanted.model.latent)]


STYLEGAN2 = System(networks, recipe, truncates="styles")
