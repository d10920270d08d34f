"""The kernel distance between two sets of features: it takes neither for a Gaussian."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class KernelDistance(NamedTuple):
    """The mean over pairs of subsets, and their standard deviation."""

    mean: float
    deviation: float


def kernel_distance(
    first: Floats, second: Floats, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> KernelDistance:
    """The squared maximum mean discrepancy under (x . y / width + 1)^3, of subsets.

    Unbiased, so it may fall below 0 where the sets are alike. Source: Binkowski et al. 2018
    (arXiv:1801.01401), section 4: KID.

    Args:
        first, second: (item, feature), two items or more each.
        subsets: pairs of subsets, drawn without replacement each.
        size: items of a subset; all of a set that has fewer.

    Raises:
        ValueError: a set has fewer than two items, or the sets differ in features.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"sets of shapes {first.shape} and {second.shape} cannot be compared")
    size = min(size, len(first), len(second))
    if size < 2:
        raise ValueError(f"a set needs two items; got {len(first)} and {len(second)}")
    random = np.random.default_rng(seed)
    found = [
        squared_discrepancy(
            first[random.choice(len(first), size, replace=False)],
            second[random.choice(len(second), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(found)), float(np.std(found)))


def squared_discrepancy(first: Floats, second: Floats) -> float:
    """The unbiased estimate from two sets as they are; no pair of an item and itself counts."""
    within = (_mean_of_others(first), _mean_of_others(second))
    return float(sum(within) - 2 * _kernel(first, second).mean())


def _kernel(first: Floats, second: Floats) -> Floats:
    result: Floats = (first @ second.T / first.shape[1] + 1) ** 3
    return result


def _mean_of_others(items: Floats) -> float:
    kernel = _kernel(items, items)
    count = len(items)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
