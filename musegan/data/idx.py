"""Images in the IDX format of MNIST: Fashion-MNIST, and whatever else is written so."""

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegan.errors import CorpusError

FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")  # fmt: skip
PACKAGED = {"fashion-mnist": "/usr/share/datasets/fashion-mnist"}  # Debian's dataset-fashion-mnist
NAMES = {"train": "train", "test": "t10k"}


def open_idx(
    source: str, folder: str, split: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], tuple[str, ...]]:
    """Images (image, row, column), labels (image,) and the classes' names of one split.

    Raises:
        CorpusError: a file is missing or damaged.
    """
    place = Path(folder or PACKAGED.get(source, source))
    images = read_idx(_file(place, f"{NAMES[split]}-images-idx3-ubyte"))
    labels = read_idx(_file(place, f"{NAMES[split]}-labels-idx1-ubyte")).astype(np.int64)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise CorpusError(f"{place}: images {images.shape} and labels {labels.shape} do not agree")
    names = FASHION if source == "fashion-mnist" else tuple(map(str, range(labels.max() + 1)))
    return images, labels, names


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """An array of bytes in the IDX format, packed by gzip or not.

    Raises:
        CorpusError: the file is damaged or of another format.
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); fetch it again") from error
    axes = data[3] if len(data) > 3 else 0
    begin = 4 + 4 * axes
    shape = np.frombuffer(data[4:begin], ">u4").astype(int)
    if data[:3] != b"\0\0\x08" or len(data) != begin + shape.prod():
        raise CorpusError(f"{path}: no whole IDX file of bytes; fetch it again")
    return np.frombuffer(data, np.uint8, offset=begin).reshape(shape)


def _file(place: Path, name: str) -> Path:
    for path in (place / f"{name}.gz", place / name):
        if path.is_file():
            return path
    raise CorpusError(
        f"no {name}.gz in {place}; install dataset-fashion-mnist (Debian) or set data.folder"
    )
