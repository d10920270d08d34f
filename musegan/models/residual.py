"""Residual blocks for images, and the layers that ResNet GANs share.

Blocks act first and convolve after (He et al. 2016, arXiv:1603.05027), as in Miyato et al. 2018
(arXiv:1802.05957, tables 3 and 4). Images are (batch, channel, row, column).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, one_hot, relu
from torch.nn.utils.parametrizations import spectral_norm

from musegan.errors import ConfigError


def halvings(side: int) -> tuple[int, int]:
    """(smallest side, how often `side` can be halved down to it), such as (4, 3) of 32, (7, 2) of 28.

    Raises ConfigError if the smallest side would be less than 4 or more than 7.
    """
    count = 0
    while side > 7 and side % 2 == 0:
        side, count = side // 2, count + 1
    if not 4 <= side <= 7 or count == 0:
        raise ConfigError(
            f"data.side={side * 2**count} is not 4, 5, 6 or 7 times a power of 2; "
            f"convolutions halve images down to that, so take 28, 32, 64 or 128"
        )
    return side, count


def begun(layer: nn.Module, *, spectral: bool) -> nn.Module:
    """The layer with orthogonal weights (Saxe et al. 2014, arXiv:1312.6120) and no bias yet.

    With `spectral` its weights are divided by their largest singular value wherever they are used
    (Miyato et al. 2018, eq. 8). The vectors that estimate it are buffers: each pass in training
    improves them by one power iteration, and evaluation leaves them as they are.
    """
    weight, bias = layer.weight, getattr(layer, "bias", None)
    assert isinstance(weight, Tensor)
    nn.init.orthogonal_(weight)
    if isinstance(bias, Tensor):
        nn.init.zeros_(bias)
    return spectral_norm(layer) if spectral else layer


def convolution(inner: int, outer: int, kernel: int = 3, *, spectral: bool = False) -> nn.Module:
    """A convolution that keeps the size; see `begun`."""
    return begun(nn.Conv2d(inner, outer, kernel, padding=kernel // 2), spectral=spectral)


def dense(inner: int, outer: int, *, spectral: bool = False) -> nn.Module:
    """A linear layer; see `begun`."""
    return begun(nn.Linear(inner, outer), spectral=spectral)


class ConditionalNorm(nn.Module):
    """Batch norm whose gain and bias are linear in a condition: images, (batch, size) -> images.

    With size 0 they are the layer's own, and the condition is not read. Source: Dumoulin et al.
    2017 (arXiv:1610.07629), de Vries et al. 2017 (arXiv:1707.00683).
    """

    def __init__(self, channels: int, size: int = 0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=size == 0)
        self.affine: nn.Module | None = None
        if size:
            self.affine = begun(nn.Linear(size, 2 * channels, bias=False), spectral=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        normed: Tensor = self.norm(x)
        if self.affine is None:
            return normed
        gain, bias = self.affine(condition)[:, :, None, None].chunk(2, dim=1)
        return torch.addcmul(bias, normed, 1 + gain)


class UpBlock(nn.Module):
    """A generator's block: images, conditions (batch, size) -> images of twice the side.

    With `spectral` its convolutions are under spectral norm; gains and biases never are.
    """

    def __init__(self, inner: int, outer: int, size: int = 0, *, spectral: bool = False) -> None:
        super().__init__()
        self.norm1 = ConditionalNorm(inner, size)
        self.conv1 = convolution(inner, outer, spectral=spectral)
        self.norm2 = ConditionalNorm(outer, size)
        self.conv2 = convolution(outer, outer, spectral=spectral)
        self.skip = convolution(inner, outer, 1, spectral=spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv1(doubled(relu(self.norm1(x, condition))))
        y = self.conv2(relu(self.norm2(y, condition)))
        # One pixel sees one pixel, so it may be convolved before it is doubled: a quarter the work.
        joint: Tensor = doubled(self.skip(x)) + y
        return joint


class DownBlock(nn.Module):
    """A critic's block under spectral norm: images -> images of half the side, or with it kept.

    `first` is of the block that sees the image itself, which is not to be cut at 0.
    """

    def __init__(self, inner: int, outer: int, *, halve: bool = True, first: bool = False) -> None:
        super().__init__()
        self.conv1 = convolution(inner, outer, spectral=True)
        self.conv2 = convolution(outer, outer, spectral=True)
        bent = halve or inner != outer
        self.skip = convolution(inner, outer, 1, spectral=True) if bent else nn.Identity()
        self.halve, self.first = halve, first

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(relu(self.conv1(x if self.first else relu(x))))
        if self.halve:
            x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
        joint: Tensor = self.skip(x) + y
        return joint


class ProjectionHead(nn.Module):
    """Maps (batch, channel, row, column), classes (batch,) -> logits (batch,), under spectral norm.

    The maps are cut at 0 and summed over the pixels; a class adds the product with a vector of its
    own: Miyato and Koyama 2018 (arXiv:1802.05637), eq. 3. With 0 classes they are not read.
    """

    def __init__(self, channels: int, classes: int = 0) -> None:
        super().__init__()
        self.linear = dense(channels, 1, spectral=True)
        self.embedding: nn.Module | None = None
        if classes:
            self.embedding = begun(nn.Embedding(classes, channels), spectral=True)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        features = relu(x).sum((2, 3))
        logits: Tensor = self.linear(features).squeeze(1)
        if self.embedding is not None:
            logits = logits + (self.embedding(labels) * features).sum(1)
        return logits


def channels_last(x: Tensor) -> Tensor:
    """The same images, a pixel's channels side by side in memory: quicker to convolve."""
    return x.contiguous(memory_format=torch.channels_last)


def as_map(x: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Vectors (batch, feature) as maps (batch, *shape)."""
    return channels_last(x.view(-1, *shape))


def doubled(x: Tensor) -> Tensor:
    """Each pixel as four."""
    return interpolate(x, scale_factor=2, mode="nearest")


def one_of(labels: Tensor, classes: int) -> Tensor:
    """Class numbers (batch,) as rows of one 1, (batch, classes); no columns for 0 classes."""
    if classes == 0:
        return torch.zeros(len(labels), 0, device=labels.device)
    return one_hot(labels, classes).float()
