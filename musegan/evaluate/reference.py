"""What stands beside a generator: samplers that anybody can write, and flawed copies."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def gaussian_sampler(samples: Whole, components: int = 64) -> Callable[[int, int], Whole]:
    """The generator that needs no learning: a Gaussian on the principal components of the numbers.

    Args:
        samples: (sample, ...) of whole numbers, pixels or moments of sound; what it is fitted to.
        components: of the highest variance, that are kept.

    Returns:
        (count, seed) -> samples, clipped to what their kind of number holds.
    """
    rows = samples.reshape(len(samples), -1)
    mean = rows.mean(axis=0, dtype=np.float64)
    spread = (
        _few(rows, mean, components) if len(rows) < rows.shape[1] else _many(rows, mean, components)
    )
    least, most = np.iinfo(samples.dtype).min, np.iinfo(samples.dtype).max

    def sample(count: int, seed: int) -> Whole:
        coordinates = np.random.default_rng(seed).standard_normal((count, spread.shape[1]))
        values = np.clip(np.rint(mean + coordinates @ spread.T), least, most)
        result: Whole = values.astype(samples.dtype).reshape(count, *samples.shape[1:])
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


def _many(rows: Whole, mean: Floats, components: int) -> Floats:
    """Directions (number, component), as long as their deviations, from the covariance of numbers."""
    variances, directions = np.linalg.eigh(_covariance(rows, mean))
    kept = min(components, rows.shape[1])
    spread: Floats = directions[:, -kept:] * np.sqrt(np.clip(variances[-kept:], 0, None))
    return spread


def _few(rows: Whole, mean: Floats, components: int) -> Floats:
    """The same, from the products of rows, where there are fewer rows than numbers."""
    centred = rows - mean
    _, mixtures = np.linalg.eigh(centred @ centred.T / len(rows))
    kept = min(components, len(rows) - 1)
    spread: Floats = centred.T @ mixtures[:, -kept:] / np.sqrt(len(rows))
    return spread


def _covariance(pixels: Whole, mean: Floats) -> Floats:
    """In parts, since a whole set of doubles may not fit into memory."""
    total = np.zeros((len(mean), len(mean)))
    for first in range(0, len(pixels), 2000):
        part = pixels[first : first + 2000] - mean
        total += part.T @ part
    return total / len(pixels)
