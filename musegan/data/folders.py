"""Folders of a user's own pictures, with class folders or not, as galleries.

A class is a folder of the first level that has several; what lies deeper counts to it. Folders
called train and test are splits. A file that cannot be read is left out with a line in the log.
"""

import hashlib
import logging
import os
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.config import ImageData
from musegan.data.keeping import Arrays, keep, kept
from musegan.errors import CorpusError, FormatError
from musegan.images.reading import quiet_pillow, read_square, shown

logger = logging.getLogger(__name__)

MOST_LINES = 10  # about files that are left out
TEST_SHARE = 0.1
TRAIN, TEST = {"train", "training"}, {"test", "testing", "val", "valid", "validation"}
COMPANIONS = {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html",
              ".htm", ".pdf", ".db", ".ini", ".py", ".sha256", ".md5"}  # fmt: skip


class Found(NamedTuple):
    """A file that may be a picture."""

    path: Path
    place: PurePosixPath  # below the folder
    kind: str  # its class folder; "" where there are none
    split: str  # train or test, where the folders say so; else ""


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
    pictures = read_folder(folder, data)
    chosen = pictures.tested == (split == "test")
    if not chosen.any():
        raise CorpusError(f"{shown(folder)}: holds no picture of the {split} split; add some")
    return pictures.images[chosen], pictures.labels[chosen], pictures.classes


def read_folder(folder: Path, data: ImageData) -> FolderPictures:
    """Every picture in a folder; from what was kept of it, where it takes long and is the same."""
    found, lost = find_pictures(folder)
    wish = f"{data.side} {data.channels} {data.fit} {data.ground}"
    files = [file.path for file in found]
    arrays = kept(folder, files, wish)
    if arrays is None:
        arrays = _read(found, data, lost)
        keep(folder, files, wish, arrays)
    images = arrays["images"].astype(np.uint8, copy=False)
    failed = tuple(str(line) for line in arrays["lost"])
    for line in failed[:MOST_LINES]:
        logger.warning("skipped: %s", line)
    if len(failed) > MOST_LINES:
        logger.warning("skipped: %d more files in %s", len(failed) - MOST_LINES, shown(folder))
    if not len(images):
        raise CorpusError(f"{shown(folder)}: holds no picture that can be read")
    readable = [file for file, is_read in zip(found, arrays["read"], strict=True) if is_read]
    names = sorted({file.kind for file in readable})
    classes = tuple(names) if len(names) > 1 else ()
    labels = [names.index(file.kind) if classes else 0 for file in readable]
    tested = _tested(readable)
    return FolderPictures(images, np.array(labels, np.int64), tested, classes, failed)


def find_pictures(folder: Path) -> tuple[list[Found], list[str]]:
    """The files in a folder that may be pictures, in order, and lines on folders left out."""
    lost: list[str] = []
    files = sorted((place.parts, path) for path, place in _files(folder, lost))
    depth, split_at = 0, -1
    while True:
        heads = {parts[depth] for parts, _ in files if len(parts) > depth + 1}
        loose = any(len(parts) == depth + 1 for parts, _ in files)
        names = {head.lower() for head in heads}
        splits = names <= TRAIN | TEST and bool(names & TRAIN) and bool(names & TEST)
        if split_at < 0 and splits and not loose:
            split_at = depth
        elif len(heads) != 1 or loose:
            break
        depth += 1
    found = []
    for parts, path in files:
        kind = parts[depth] if len(parts) > depth + 1 else folder.resolve().name
        split = ""
        if split_at >= 0:
            split = "train" if parts[split_at].lower() in TRAIN else "test"
        found.append(Found(path, PurePosixPath(*parts), kind if heads else "", split))
    return found, lost


def _files(folder: Path, lost: list[str]) -> Iterator[tuple[Path, PurePosixPath]]:
    """All files below a folder that are not hidden; links to folders are followed, but not round."""
    todo, been = [(folder, PurePosixPath())], set()
    while todo:
        here, place = todo.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in been:
                continue
            been.add((status.st_dev, status.st_ino))
            entries = [entry for entry in sorted(here.iterdir()) if entry.name[0] != "."]
            folders = [entry for entry in entries if entry.is_dir()]
        except OSError as error:
            lost.append(f"{shown(here)}: {(error.strerror or str(error)).lower()}")
            continue
        todo.extend((entry, place / entry.name) for entry in folders)
        for entry in entries:
            companion = entry.suffix.lower() in COMPANIONS
            if not companion and (entry.is_file() or _leads_nowhere(entry)):
                yield entry, place / entry.name


def _leads_nowhere(path: Path) -> bool:
    """Whether it is a broken link, which a user should hear of."""
    return path.is_symlink() and not path.exists()


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


def _tested(files: list[Found]) -> npt.NDArray[np.bool_]:
    """Which files are the test split: as their folders say, or about a tenth by their paths."""
    if any(file.split for file in files):
        return np.array([file.split == "test" for file in files])
    draws = np.array([_draw(file.place) for file in files])
    count = min(max(int((draws < TEST_SHARE).sum()), 1), len(files) - 1)
    return np.argsort(np.argsort(draws, kind="stable"), kind="stable") < count


def _draw(place: PurePosixPath) -> float:
    """A number in [0, 1) that depends on a path, however a file system writes its accents."""
    name = unicodedata.normalize("NFC", str(place)).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big") / 2**64
