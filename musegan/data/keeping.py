"""What was read of a folder of pictures or sounds, kept for the next start where reading takes long."""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegan.files import written_aside

Arrays = dict[str, npt.NDArray[np.generic]]

FOLDER = Path("prepared", "pictures")
VERSION = 1  # of what is kept; raise it where the same files are read otherwise
FILES_A_SECOND, BYTES_A_SECOND = 3_000, 20e6  # as a slow machine reads
PATIENCE = 3.0  # seconds of reading that need no keeping


def kept(folder: Path, files: list[Path], wish: str) -> Arrays | None:
    """What was kept of these files, read by this wish; None if nothing was or a file is another."""
    try:
        with _place(folder, wish).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["of"]) == _fingerprint(files):
                return {name: arrays[name] for name in arrays if name != "of"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    return None


def keep(folder: Path, files: list[Path], wish: str, arrays: Arrays) -> None:
    """Keep what was read of files, if reading them takes long and there is a place to write."""
    sizes = [status.st_size for status in map(_status, files) if status]
    if len(files) / FILES_A_SECOND + sum(sizes) / BYTES_A_SECOND < PATIENCE:
        return
    place = _place(folder, wish)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with written_aside(place) as aside:
            np.savez(aside, allow_pickle=False, of=np.array(_fingerprint(files)), **arrays)
    except OSError:  # a folder that cannot be written to costs time and nothing else
        return


def _place(folder: Path, wish: str) -> Path:
    name = f"{folder.resolve()} {wish} {VERSION}".encode("utf-8", "surrogateescape")
    return FOLDER / f"{hashlib.sha256(name).hexdigest()[:16]}.npz"


def _fingerprint(files: list[Path]) -> str:
    """Of the files' names, sizes and times of change."""
    digest = hashlib.sha256()
    for path in files:
        status = _status(path)
        state = (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if status else ()
        digest.update(f"{path} {state}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
