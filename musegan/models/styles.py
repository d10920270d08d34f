"""Layers of a generator that is steered by styles: Karras et al. 2020 (arXiv:1912.04958).

Learning rates are equalised: weights begin with variance 1 and are scaled where they are used, so
that Adam moves all layers alike (Karras et al. 2018, arXiv:1710.10196, section 4.1). Images lie
channels last in memory, which a processor convolves in half the time.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, linear

GAIN = math.sqrt(2)  # gives back the variance that a leaky rectifier takes


def activated(x: Tensor) -> Tensor:
    """Leaky rectifier of slope .2, scaled so that variance 1 stays about 1."""
    return leaky_relu(x, 0.2) * GAIN


def halved(x: Tensor) -> Tensor:
    """Maps (batch, channel, row, column) at half the side, each pixel the mean of four."""
    return interpolate(x, scale_factor=0.5, mode="bilinear")


def doubled(x: Tensor) -> Tensor:
    """Maps (batch, channel, row, column) at twice the side, between pixels in proportion."""
    return interpolate(x, scale_factor=2, mode="bilinear")


class EqualLinear(nn.Module):
    """Features (..., narrow) -> (..., wide), at an equalised learning rate.

    `rate` is a factor on it. `bias` is what the biases begin with.
    """

    def __init__(self, narrow: int, wide: int, *, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide, narrow) / rate)
        self.bias = nn.Parameter(torch.full((wide,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(narrow), rate

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualConvolution(nn.Module):
    """Maps (batch, narrow, row, column) -> (batch, wide, row, column), equalised."""

    def __init__(self, narrow: int, wide: int, kernel: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide, narrow, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(wide)) if bias else None
        self.scale, self.padding = 1 / math.sqrt(narrow * kernel**2), kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)


class StyledConvolution(nn.Module):
    """Maps and a style (batch, style) -> maps; each sample has a convolution of its own.

    The style scales the weights' input channels; demodulation then makes each output channel's
    weights of length 1 (eq. 1 to 3). Scaling what goes in and what comes out is the same, and one
    convolution does the whole batch.
    """

    def __init__(
        self, narrow: int, wide: int, style: int, kernel: int = 3, *, demodulated: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide, narrow, kernel, kernel))
        self.affine = EqualLinear(style, narrow, bias=1.0)
        self.scale, self.padding = 1 / math.sqrt(narrow * kernel**2), kernel // 2
        self.demodulated = demodulated

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            factors = self.affine(style.float())  # (batch, narrow)
            weight = self.weight * self.scale
        maps = conv2d(x * factors[:, :, None, None].to(x.dtype), weight, padding=self.padding)
        if not self.demodulated:
            return maps
        with torch.autocast(x.device.type, enabled=False):
            squares = linear(factors.square(), weight.square().sum((2, 3)))  # (batch, wide)
            lengths = squares.add(1e-8).rsqrt()
        return maps * lengths[:, :, None, None].to(maps.dtype)


class MinibatchDeviation(nn.Module):
    """Adds a map: how much the samples of a group differ (Karras et al. 2018, section 3).

    Maps (batch, channel, row, column) -> (batch, channel + 1, row, column). The batch falls into
    groups of `group`, or of the most samples below that divide it.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, rows, columns = x.shape
        group = max(size for size in range(1, self.group + 1) if batch % size == 0)
        members = x.float().reshape(group, -1, channels, rows, columns)
        deviation = (members.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))  # a group's
        added = deviation.repeat(group).to(x.dtype)[:, None, None, None]
        return torch.cat([x, added.expand(-1, 1, rows, columns)], 1)


class Mapping(nn.Module):
    """Latents (batch, latent) and labels (batch,) -> w (batch, layers, width).

    `mean` follows the average w, for truncation: `psi` of the way from it to w, in all layers or
    the first `cutoff`.
    """

    mean: Tensor

    def __init__(
        self, latent: int, width: int, layers: int, *, classes: int = 0, depth: int = 2
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, latent) if classes else None
        narrow = latent * (2 if classes else 1)
        self.dense = nn.ModuleList(
            EqualLinear(width if i else narrow, width, rate=0.01) for i in range(depth)
        )
        self.layers = layers
        self.register_buffer("mean", torch.zeros(width))

    def forward(
        self, latent: Tensor, labels: Tensor, *, psi: float = 1.0, cutoff: int | None = None
    ) -> Tensor:
        with torch.autocast(latent.device.type, enabled=False):
            x = _unit(latent.float())
            if self.embed is not None:
                x = torch.cat([x, _unit(self.embed(labels))], 1)
            for layer in self.dense:
                x = activated(layer(x))
        if self.training:
            self.mean.lerp_(x.detach().mean(0), 0.005)
        w = x[:, None].repeat(1, self.layers, 1)
        if psi == 1:
            return w
        near = torch.lerp(self.mean, w, psi)
        return torch.cat([near[:, :cutoff], w[:, cutoff:]], 1) if cutoff is not None else near


def _unit(x: Tensor) -> Tensor:
    """Features (batch, feature) whose mean square is 1."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
