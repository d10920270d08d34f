"""Grey pictures tinted: in a colour, on a dark or a light ground, large or small, and read back.

What is bright in the grey picture is the thing, what is black is the ground around it, as in
Fashion-MNIST. The readers look at pixels alone, so they judge drawn pictures as they judge real ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

COLOURS = ("red", "yellow", "green", "turquoise", "blue", "purple")
BACKGROUNDS = ("dark", "light")
SIZES = ("large", "small")
SMALL = 0.7  # of the side

_PALETTE = ((225, 45, 45), (225, 200, 40), (50, 185, 60), (40, 190, 200), (55, 75, 225), (190, 60, 205))  # fmt: skip
_GROUNDS = (20, 235)
_EDGE = 32 / 255  # a grey from here on is the thing and nothing of the ground
_DARKEST = 0.45  # of its colour, where the thing is nearly black
_THING = 0.3  # how far from the ground a pixel is that belongs to the thing; -1 to 1 is 2
_LEAST = 4  # pixels: with fewer there is nothing to be read


def tinted(greys: Tensor, colours: Tensor, backgrounds: Tensor, sizes: Tensor) -> Tensor:
    """Greys (batch, 1, row, column) in [0, 1] as pictures (batch, 3, row, column) in [-1, 1].

    The others are (batch,) numbers of `COLOURS`, `BACKGROUNDS` and `SIZES`.
    """
    small = shrunk(greys, SMALL)
    grey = torch.where((sizes == 1)[:, None, None, None], small, greys)
    palette = torch.tensor(_PALETTE, device=greys.device) / 127.5 - 1
    grounds = torch.tensor(_GROUNDS, device=greys.device) / 127.5 - 1
    colour = (palette[colours][:, :, None, None] + 1) * (_DARKEST + (1 - _DARKEST) * grey) - 1
    ground = grounds[backgrounds][:, None, None, None]
    return torch.lerp(ground.expand_as(colour), colour, (grey / _EDGE).clamp(0, 1))


def shrunk(images: Tensor, share: float) -> Tensor:
    """Images at a share of their size, in the middle of as much black."""
    side = images.shape[-1]
    inner = max(1, side - 2 * round(side * (1 - share) / 2))  # centred to the pixel
    small = interpolate(images, (inner, inner), mode="bilinear", antialias=True)
    return pad(small, [(side - inner) // 2] * 4)


@dataclass(frozen=True)
class TintReader:
    """Reads colour, ground and size from pictures (batch, 3, row, column) in [-1, 1].

    Each answers with numbers (batch,), -1 where a picture shows nothing to read.
    """

    usual: float  # the larger side of a large thing, as a share of the picture's

    def colours(self, pictures: Tensor) -> Tensor:
        """The hue, of the mean of the thing's pixels, that is the nearest of `COLOURS`."""
        thing = self._thing(pictures)
        mean = (pictures * thing[:, None]).sum((2, 3)) / thing.sum((1, 2)).clamp(min=1)[:, None]
        palette = torch.tensor(_PALETTE, device=pictures.device) / 127.5 - 1
        hues, known = _hue(mean), _hue(palette)
        away = (hues[:, None] - known + np.pi).remainder(2 * np.pi) - np.pi
        return torch.where(thing.sum((1, 2)) >= _LEAST, away.abs().argmin(1), -1)

    def backgrounds(self, pictures: Tensor) -> Tensor:
        """By the median brightness of the border, one pixel wide."""
        return (self._ground(pictures) > 0).long()

    def sizes(self, pictures: Tensor) -> Tensor:
        """By the larger side of the smallest rectangle around the thing's pixels."""
        thing = self._thing(pictures)
        longest = _longest_side(thing)
        limit = self.usual * pictures.shape[-1] * (1 + SMALL) / 2
        return torch.where(thing.sum((1, 2)) >= _LEAST, (longest < limit).long(), -1)

    def _thing(self, pictures: Tensor) -> Tensor:
        away = (pictures - self._ground(pictures)[:, None, None, None]).abs().amax(1)
        return (away > _THING).float()

    def _ground(self, pictures: Tensor) -> Tensor:
        grey = pictures.mean(1)
        border = [grey[:, 0], grey[:, -1], grey[:, 1:-1, 0], grey[:, 1:-1, -1]]
        return torch.cat(border, dim=1).median(1).values


def reader_for(images: npt.NDArray[np.generic]) -> TintReader:
    """A reader for what is tinted of these greys, uint8 (image, 1, row, column)."""
    thing = (torch.from_numpy(images[:2000, 0].copy()) > 64).float()
    return TintReader(float(_longest_side(thing).median()) / images.shape[-1])


def _longest_side(thing: Tensor) -> Tensor:
    """Of the rectangle around each mask (batch, row, column), in pixels; a lone pixel counts not."""
    sides = []
    for axis in (1, 2):
        line = (thing.sum(axis) >= 2).float()  # (batch, place)
        first = line.argmax(1)
        last = line.shape[1] - 1 - line.flip(1).argmax(1)
        sides.append(torch.where(line.any(1), last - first + 1, 0))
    return torch.maximum(*sides)


def _hue(colours: Tensor) -> Tensor:
    """The angle of colours (colour, 3) around the axis of the greys, in radians."""
    red, green, blue = colours.unbind(1)
    return torch.atan2(3**0.5 / 2 * (green - blue), red - (green + blue) / 2)
