"""Two domains of images for a translator that is given no pairs, and maps between known ones.

Images are floats (batch, channel, row, column), -1 black, 1 white.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.config import ImageData
from musegan.data.galleries import Gallery, Split, open_gallery
from musegan.data.pictures import Pictures, PictureSource, as_bytes, as_floats
from musegan.errors import ConfigError


class KnownMap(NamedTuple):
    """A map onto a second domain, and its inverse, by which a translator can be judged."""

    forth: Callable[[Tensor], Tensor]  # (batch, 1, row, column) -> (batch, 3, row, column)
    back: Callable[[Tensor], Tensor]  # of images not quite in the second domain: the nearest


PAPER, ROSE, INK = (0.9, 0.8, 0.5), (0.8, -0.3, -0.4), (-0.9, -0.8, -0.3)  # black, grey, white


def duotone(images: Tensor) -> Tensor:
    """Grey images as negatives in colour: black becomes paper, grey rose, white ink."""
    stops = images.new_tensor([PAPER, ROSE, INK])[:, None, :, None, None]
    low, high = (images + 1).clamp(max=1), images.clamp(min=0)  # along the first, the second half
    return stops[0] + low * (stops[1] - stops[0]) + high * (stops[2] - stops[1])


def undo_duotone(images: Tensor) -> Tensor:
    """The grey image whose duotone is nearest, pixel by pixel."""
    stops = images.new_tensor([PAPER, ROSE, INK])[:, None, :, None, None]
    found = []
    for begin, end in ((stops[0], stops[1]), (stops[1], stops[2])):
        way = end - begin
        along = ((images - begin) * way).sum(1, keepdim=True) / way.square().sum()
        along = along.clamp(0, 1)
        miss = (begin + along * way - images).square().sum(1, keepdim=True)
        found.append((along, miss))
    (low, miss_low), (high, miss_high) = found
    return torch.where(miss_low <= miss_high, low - 1, high)


KNOWN_MAPS = {
    "duotone": KnownMap(duotone, undo_duotone),
    "turned": KnownMap(  # and a quarter turn: no map from pixel to pixel
        lambda images: duotone(images).rot90(1, (2, 3)),
        lambda images: undo_duotone(images).rot90(-1, (2, 3)),
    ),
}


def open_pair(data: ImageData, split: Split = "train") -> tuple[Gallery, Gallery]:
    """The two domains of an unpaired translator: what it is shown, and what it is to make.

    Where `data.onto` is a known map, it is shown the even images of the training split and is to
    make what the map makes of the odd ones, so no image is in both. The test split has every
    image in both, in the same order: there the truth is known.
    """
    first = open_gallery(data, split)
    if data.onto not in KNOWN_MAPS:
        return first, open_gallery(replace(data, source=data.onto, folder="", onto=""), split)
    if data.channels != 1:
        raise ConfigError(f"data.onto={data.onto} maps grey images; set data.channels=1")
    second = first
    if split == "train":
        first, second = _every_other(first, 0), _every_other(first, 1)
    return first, Gallery(_mapped(second.images, data.onto), second.labels, second.classes)


def _every_other(gallery: Gallery, begin: int) -> Gallery:
    return Gallery(gallery.images[begin::2], gallery.labels[begin::2], gallery.classes)


def _mapped(images: npt.NDArray[np.generic], name: str) -> npt.NDArray[np.uint8]:
    parts = []
    for first in range(0, len(images), 4096):  # floats take four times the memory
        levels = as_floats(torch.from_numpy(images[first : first + 4096]))
        parts.append(as_bytes(KNOWN_MAPS[name].forth(levels)).numpy())
    return np.concatenate(parts)


class UnpairedSource:
    """Draws images of two galleries, each by itself: of one what is shown, of the other images."""

    def __init__(
        self,
        shown: Gallery,
        images: Gallery,
        data: ImageData,
        batch_size: int,
        device: torch.device,
    ) -> None:
        self.shown = PictureSource(shown, data, batch_size, device)
        self.images = PictureSource(images, data, batch_size, device)

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`; the labels are those of the images."""
        shown = self.shown.draw(rng)
        return self.images.draw(rng)._replace(shown=shown.images)
