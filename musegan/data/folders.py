"""Folders of a user's own pictures, with class folders or not, as galleries.

Which files, and of which class and split, is `filing`'s to say. A file that cannot be read is left
out with a line in the log.
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegan.config import ImageData
from musegan.data.filing import Found, find_files, lines_on, tested
from musegan.data.keeping import Arrays, keep, kept
from musegan.errors import CorpusError, FormatError
from musegan.images.reading import quiet_pillow, read_square, shown

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class FolderPictures:
    """All pictures of a folder, of both splits."""

    images: npt.NDArray[np.uint8]  # (image, channel, row, column)
    labels: npt.NDArray[np.int64]
    tested: npt.NDArray[np.bool_]  # of the test split
    classes: tuple[str, ...]
    lost: tuple[str, ...]  # a line for each file that cannot be read


def open_folder(
    data: ImageData, split: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], tuple[str, ...]]:
    """One split of the pictures in the folder `data.source`: images, labels, names of classes.

    Where the folders do not say so, a tenth are the test split, by a hash of their paths.

    Raises:
        CorpusError: there is no such folder, or no picture in it that can be read.
    """
    folder = Path(data.source)
    if not folder.is_dir():
        raise CorpusError(f"data.source={shown(folder)}: no such folder")
    pictures = read_folder(folder, data, quiet=split == "test")  # said once
    chosen = pictures.tested == (split == "test")
    if not chosen.any():
        raise CorpusError(f"{shown(folder)}: holds no picture of the {split} split; add some")
    return pictures.images[chosen], pictures.labels[chosen], pictures.classes


def read_folder(folder: Path, data: ImageData, *, quiet: bool = False) -> FolderPictures:
    """Every picture in a folder; from what was kept of it, where it takes long and is the same.

    Files that are left out are named in the log, unless it is to be `quiet`.
    """
    found, lost = find_files(folder)
    wish = f"{data.side} {data.channels} {data.fit} {data.ground}"
    files = [file.path for file in found]
    arrays = kept(folder, files, wish)
    if arrays is None:
        arrays = _read(found, data, lost)
        keep(folder, files, wish, arrays)
    images = arrays["images"].astype(np.uint8, copy=False)
    failed = tuple(str(line) for line in arrays["lost"])
    if not quiet:
        lines_on(failed, folder, logger)
    if not len(images):
        raise CorpusError(f"{shown(folder)}: holds no picture that can be read")
    readable = [file for file, is_read in zip(found, arrays["read"], strict=True) if is_read]
    names = sorted({file.kind for file in readable})
    classes = tuple(names) if len(names) > 1 else ()
    labels = [names.index(file.kind) if classes else 0 for file in readable]
    of_test = tested(readable)
    return FolderPictures(images, np.array(labels, np.int64), of_test, classes, failed)


def _read(found: list[Found], data: ImageData, lost: list[str]) -> Arrays:
    """The pictures by several threads, in order; arrays "images", "read" (file,) and "lost"."""
    images = np.zeros((len(found), data.channels, data.side, data.side), np.uint8)

    def read(index: int) -> str:
        try:
            images[index] = read_square(
                found[index].path, data.side, data.channels, data.fit, data.ground
            )
        except FormatError as error:
            return str(error)
        return ""

    with quiet_pillow(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as readers:
        lines = list(readers.map(read, range(len(found))))
    is_read = np.array([not line for line in lines], bool)
    failed = [*lost, *(line for line in lines if line)]
    return {"images": images[is_read], "read": is_read, "lost": np.array(failed, np.str_)}
