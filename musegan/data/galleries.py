"""Sets of images in memory: known ones by name, and folders of a user's own.

A gallery is small enough to be held whole as bytes, so a batch is a gather, on whatever device.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegan.config import ImageData
from musegan.data.idx import open_idx
from musegan.data.points import open_points
from musegan.errors import CorpusError

Split = Literal["train", "test"]


@dataclass(frozen=True, eq=False)
class Gallery:
    """Images of one size, and their classes."""

    images: npt.NDArray[np.generic]  # (image, channel, row, column): uint8, or float32 for points
    labels: npt.NDArray[np.int64]  # (image,); all 0 where there are no classes
    classes: tuple[str, ...]  # their names, by number; empty: there are none


def open_gallery(data: ImageData, split: Split = "train") -> Gallery:
    """The images that the settings ask for, in the size and the channels they ask for.

    Raises:
        CorpusError: the set is not there, or holds nothing that is asked for.
    """
    if data.source in ("ring", "grid"):
        points, labels = open_points(data.source, split)
        return Gallery(points, labels, tuple(str(mode) for mode in range(labels.max() + 1)))
    images, labels, classes = open_idx(data.source, data.folder, split)
    gallery = Gallery(fitted(images[:, None], data.side), labels, classes)
    return _limited(_chosen(gallery, data.classes), data.limit if split == "train" else 0)


def fitted(images: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Images (image, channel, row, column) with a black border, so that they are `side` wide."""
    missing = side - images.shape[-1]
    if missing < 0:
        raise CorpusError(f"images of {images.shape[-1]} pixels do not fit data.side={side}")
    pad = (missing // 2, missing - missing // 2)
    return np.pad(images, ((0, 0), (0, 0), pad, pad))


def _chosen(gallery: Gallery, classes: tuple[int, ...]) -> Gallery:
    if not classes:
        return gallery
    kept = np.isin(gallery.labels, classes)
    if not kept.any():
        raise CorpusError(f"no image is of the classes {classes}; there are {gallery.classes}")
    return Gallery(gallery.images[kept], gallery.labels[kept], gallery.classes)


def _limited(gallery: Gallery, limit: int) -> Gallery:
    if not limit or limit >= len(gallery.images):
        return gallery
    kept = np.sort(np.random.default_rng(0).permutation(len(gallery.images))[:limit])
    return Gallery(gallery.images[kept], gallery.labels[kept], gallery.classes)
