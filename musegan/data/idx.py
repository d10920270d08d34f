"""Images in the IDX format of MNIST: Fashion-MNIST, and whatever else is written so."""

import gzip
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegan.errors import CorpusError
from musegan.files import write_whole

FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")  # fmt: skip
NAMES = {"train": "train", "test": "t10k"}


def open_idx(place: Path, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Images (image, row, column) and labels (image,) of one split, in a folder.

    Raises:
        CorpusError: a file is missing or damaged.
    """
    images = read_idx(_file(place, f"{NAMES[split]}-images-idx3-ubyte"))
    labels = read_idx(_file(place, f"{NAMES[split]}-labels-idx1-ubyte")).astype(np.int64)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise CorpusError(f"{place}: images {images.shape} and labels {labels.shape} do not agree")
    if images.shape[1] != images.shape[2]:
        raise CorpusError(f"{place}: images of {images.shape[2]} x {images.shape[1]}, not square")
    return images, labels


def holds_idx(place: Path) -> bool:
    """Whether a folder has images in this format."""
    name = f"{NAMES['train']}-images-idx3-ubyte"
    return (place / f"{name}.gz").is_file() or (place / name).is_file()


def write_idx(
    place: Path, split: str, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]
) -> None:
    """Write images (image, row, column) and labels of one split, packed by gzip."""
    for kind, values in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
        head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
        packed = gzip.compress(head + values.tobytes(), mtime=0)
        write_whole(place / f"{NAMES[split]}-{kind}-ubyte.gz", packed)


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """An array of bytes in the IDX format, packed by gzip or not.

    Raises:
        CorpusError: the file is damaged or of another format.
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
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
        f"no {name}.gz in {place}; set data.folder to where it is, or get it again; data.source takes a "
        f"folder of your own"
    )
