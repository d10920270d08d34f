"""A set of small pictures in Fashion-MNIST's form, that a judge and a GAN can learn in seconds."""

import gzip
from pathlib import Path

import numpy as np

SIDE, CLASSES = 8, 10


def write_pictures(folder: Path, train: int = 600, test: int = 200) -> Path:
    """Ten classes of bars, by their place; noise on top. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, count) in enumerate((("train", train), ("t10k", test))):
        random = np.random.default_rng(seed)
        labels = np.arange(count) % CLASSES
        images = random.integers(0, 50, (count, SIDE, SIDE)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            bright = random.integers(150, 200)
            if label < 5:
                image[label + 1 : label + 3] += np.uint8(bright)
            else:
                image[:, label - 4 : label - 2] += np.uint8(bright)
        _write(folder / f"{name}-images-idx3-ubyte.gz", images)
        _write(folder / f"{name}-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    return folder


def _write(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.tobytes()))
