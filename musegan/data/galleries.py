"""Sets of images in memory: known ones by name, and folders of a user's own.

A gallery is small enough to be held whole as bytes, so a batch is a gather, on whatever device.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegan.config import ImageData
from musegan.data.choosing import rows_of
from musegan.data.digits import NAMES as DIGITS
from musegan.data.digits import open_digits, read_package, split_of
from musegan.data.emoji import KINDS, open_emoji
from musegan.data.folders import open_folder
from musegan.data.idx import FASHION, holds_idx, open_idx
from musegan.data.known import place_of
from musegan.data.points import open_points
from musegan.errors import UnknownSet
from musegan.images.reading import resized

Split = Literal["train", "test"]
Opened = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], tuple[str, ...]]

SETS = ("fashion-mnist", "mnist", "digits", "emoji", "ring", "grid")
PACKAGED = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist


@dataclass(frozen=True, eq=False)
class Gallery:
    """Images of one size, and their classes."""

    images: npt.NDArray[np.generic]  # (image, channel, row, column): uint8, or float32 for points
    labels: npt.NDArray[np.int64]  # (image,); all 0 where there are no classes
    classes: tuple[str, ...]  # their names, by number; empty: there are none


def open_gallery(data: ImageData, split: Split = "train") -> Gallery:
    """The images that the settings ask for, in the size and the channels they ask for.

    Raises:
        CorpusError: the set is not there, or holds nothing that is asked for; UnknownSet if the
            settings name none.
    """
    if data.source in ("ring", "grid"):
        points, labels = open_points(data.source, split)
        return Gallery(points, labels, tuple(str(mode) for mode in range(labels.max() + 1)))
    images, labels, classes = _opened(data, split)
    if not data.classes and (split == "test" or not data.limit):
        return Gallery(images, labels, classes)  # as it lies: no copy
    limit = data.limit if split == "train" else 0
    rows = rows_of(labels, classes, data.classes, limit, "image")
    return Gallery(images[rows], labels[rows], classes)


def _opened(data: ImageData, split: Split) -> Opened:
    """The split of a known set or a folder, in the size and channels that are asked for."""
    if data.captions:  # what is tinted is grey
        images, labels, classes = _opened(replace(data, captions=False, channels=1), split)
        return np.broadcast_to(images, (len(images), 3, *images.shape[2:])), labels, classes
    if data.source == "emoji":
        return *split_of(*open_emoji(data), split), KINDS
    if data.source == "digits":
        greys, labels, classes = *open_digits(split), DIGITS
    elif data.source == "fashion-mnist":
        place = place_of("fashion-mnist", data.folder, PACKAGED)
        greys, labels, classes = *open_idx(place, split), FASHION
    elif data.source == "mnist":
        greys, labels, classes = *_open_mnist(data.folder, split), DIGITS
    elif holds_idx(Path(data.source)):
        greys, labels = open_idx(Path(data.source), split)
        classes = tuple(str(number) for number in range(labels.max(initial=0) + 1))
    elif Path(data.source).is_dir():
        return open_folder(data, split)
    else:
        known = ", ".join(SETS)
        raise UnknownSet(f"data.source={data.source}: no folder, and no known set ({known})")
    images = fitted(greys[:, None], data.side)
    if data.channels > 1:
        images = np.broadcast_to(images, (len(images), data.channels, *images.shape[2:]))
    return images, labels, classes


def _open_mnist(folder: str, split: Split) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    place = place_of("mnist", folder)
    if place.is_dir() and holds_idx(place):
        return open_idx(place, split)
    return split_of(*read_package(place), split)


def fitted(images: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Images (image, channel, row, column) so that they are `side` wide.

    Small ones are enlarged by the largest whole factor that fits, with a black border; larger ones
    are reduced without aliases.
    """
    own = images.shape[-1]
    if own > side:
        reduced = [[resized(plane, side) for plane in image] for image in images]
        return np.array(reduced, np.uint8).reshape(*images.shape[:2], side, side)
    images = images.repeat(side // own, axis=2).repeat(side // own, axis=3)
    missing = side - images.shape[-1]
    pad = (missing // 2, missing - missing // 2)
    return np.pad(images, ((0, 0), (0, 0), pad, pad))
