"""HiFi-GAN's generator (Kong et al. 2020, arXiv:2010.05646) on a synth's frames, for comparison.

It makes a sound from frames by transposed convolutions, each followed by residual blocks of several
reaches at once. What it is told is what the synth is told; phases it makes up itself. At width 128
it is the paper's V2.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.utils.parametrizations import weight_norm

from musegan.data.phrases import Score
from musegan.errors import ConfigError
from musegan.gans.scores import Entry, SynthSizes

KERNELS, DILATIONS = (3, 7, 11), (1, 3, 5)
SLOPE = 0.1


def factors_of(hop: int) -> list[int]:
    """By what a frame grows to `hop` samples: 8, 8 and as many twos as are left.

    Raises ConfigError if it is no power of 2 from 4 on.
    """
    if hop < 4 or hop & (hop - 1):
        raise ConfigError(f"model.hop={hop} must be a power of 2, at least 4, for hifigan")
    left = int(math.log2(hop))
    eights = min(2, max(0, left - 1) // 3)
    return [8] * eights + [2] * (left - 3 * eights)


def convolution(width: int, kernel: int, dilation: int) -> nn.Module:
    layer = nn.Conv1d(width, width, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)
    nn.init.normal_(layer.weight, 0.0, 0.01)
    normed: nn.Module = weight_norm(layer)
    return normed


class Residual(nn.Module):
    """x + two convolutions, once for each dilation, (batch, channel, sample)."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.first = nn.ModuleList(convolution(width, kernel, d) for d in DILATIONS)
        self.second = nn.ModuleList(convolution(width, kernel, 1) for _ in DILATIONS)

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.first, self.second, strict=True):
            x = x + second(leaky_relu(first(leaky_relu(x, SLOPE)), SLOPE))
        return x


class Reaches(nn.Module):
    """The mean of residual blocks of several kernels, (batch, channel, sample)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Residual(width, kernel) for kernel in KERNELS)

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([block(x) for block in self.blocks]).mean(0)


class Generator(nn.Module):
    """A score, latents (batch, note, latent), noise (see `Entry`) -> sounds (batch, sample)."""

    def __init__(self, sizes: SynthSizes) -> None:
        super().__init__()
        self.sizes = sizes
        factors = factors_of(sizes.hop)
        widths = [max(1, sizes.width // 2**i) for i in range(len(factors) + 1)]
        self.entry = Entry(sizes, sizes.width)
        self.begin = weight_norm(nn.Conv1d(sizes.width, sizes.width, 7, padding=3))
        self.grow = nn.ModuleList(
            weight_norm(nn.ConvTranspose1d(a, b, 2 * by, stride=by, padding=by // 2))
            for a, b, by in zip(widths, widths[1:], factors, strict=False)
        )
        self.blocks = nn.ModuleList(Reaches(width) for width in widths[1:])
        self.end = weight_norm(nn.Conv1d(widths[-1], 1, 7, padding=3))

    @property
    def reach(self) -> int:
        """Frames on either side that a sample depends on."""
        blocks = max(KERNELS) // 2 * sum(dilation + 1 for dilation in DILATIONS)
        reach, samples = 3 + self.sizes.window / self.sizes.hop / 2, 1
        for factor in factors_of(self.sizes.hop):
            samples *= factor
            reach += 1 + blocks / samples
        return math.ceil(reach + 1)

    def forward(self, score: Score, latents: Tensor, noise: Tensor) -> Tensor:
        x, _ = self.entry(score, latents, noise)
        x = self.begin(x[:, :, :-1])  # the last frame lies around the end
        for grow, block in zip(self.grow, self.blocks, strict=True):
            x = block(grow(leaky_relu(x, SLOPE)))
        sounds: Tensor = self.end(leaky_relu(x)).tanh()[:, 0]
        return sounds.float()
