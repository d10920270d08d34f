"""What stands beside a generator of images: samplers that anybody can write, and flawed copies."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def gaussian_sampler(images: Bytes, components: int = 64) -> Callable[[int, int], Bytes]:
    """The generator that needs no learning: a Gaussian on the principal components of the pixels.

    Args:
        images: (image, channel, row, column), what it is fitted to.
        components: of the highest variance, that are kept.

    Returns:
        (count, seed) -> images, clipped to bytes.
    """
    pixels = images.reshape(len(images), -1)
    mean = pixels.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(_covariance(pixels, mean))
    kept = min(components, pixels.shape[1])
    spread = directions[:, -kept:] * np.sqrt(np.clip(variances[-kept:], 0, None))

    def sample(count: int, seed: int) -> Bytes:
        coordinates = np.random.default_rng(seed).standard_normal((count, kept))
        values = np.clip(np.rint(mean + coordinates @ spread.T), 0, 255)
        result: Bytes = values.astype(np.uint8).reshape(count, *images.shape[1:])
        return result

    return sample


def classes_missing(labels: Integers, missing: tuple[int, ...] = (0, 1)) -> Integers:
    """The rows of a set that are not of the missing classes, (row,)."""
    result: Integers = np.flatnonzero(~np.isin(labels, missing))
    return result


def chosen(count: int, most: int, seed: int = 0) -> Integers:
    """So many rows of `most`, each once, in a random order; all where there are no more."""
    result: Integers = np.random.default_rng(seed).permutation(most)[:count]
    return result


def _covariance(pixels: npt.NDArray[np.uint8], mean: Floats) -> Floats:
    """In parts, since a whole set of doubles may not fit into memory."""
    total = np.zeros((len(mean), len(mean)))
    for first in range(0, len(pixels), 2000):
        part = pixels[first : first + 2000] - mean
        total += part.T @ part
    return total / len(pixels)
