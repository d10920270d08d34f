"""Files in folders: which of them, of which class, of which split.

A class is a folder of the first level that has several; what lies deeper counts to it. Folders
called train and test are splits.
"""

import hashlib
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.images.reading import shown

MOST_LINES = 10  # about files that are left out
TEST_SHARE = 0.1
TRAIN, TEST = {"train", "training"}, {"test", "testing", "val", "valid", "validation"}
COMPANIONS = {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html",
              ".htm", ".pdf", ".db", ".ini", ".py", ".sha256", ".md5"}  # fmt: skip


class Found(NamedTuple):
    """A file that may be one of what is looked for."""

    path: Path
    place: PurePosixPath  # below the folder
    kind: str  # its class folder; "" where there are none
    split: str  # train or test, where the folders say so; else ""


def find_files(folder: Path) -> tuple[list[Found], list[str]]:
    """All files in a folder but companions, in order, and lines on folders left out."""
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


def lines_on(lost: Sequence[str], folder: Path, logger: logging.Logger) -> None:
    """Say in the log which files of a folder are left out, and why: the first ten, then how many."""
    for line in lost[:MOST_LINES]:
        logger.warning("skipped: %s", line)
    if len(lost) > MOST_LINES:
        logger.warning("skipped: %d more files in %s", len(lost) - MOST_LINES, shown(folder))


def tested(files: Sequence[Found]) -> npt.NDArray[np.bool_]:
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
