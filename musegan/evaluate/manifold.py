"""Where two sets of features lie among each other: precision, recall, density, coverage.

Each set's manifold is the union of balls around its items that reach their k-th neighbour. All
distances are computed in blocks of rows, so memory stays small whatever the number of items.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ROWS = 500  # of a block of distances


class Manifold(NamedTuple):
    """How well fakes lie within the real set, and how much of the real set they reach."""

    precision: float  # share of fakes in a ball of the real set (Kynkaanniemi et al. 2019)
    recall: float  # share of real items in a ball of the fakes
    density: float  # real balls that a fake is in, over k; about 1 where alike (Naeem et al. 2020)
    coverage: float  # share of real balls with a fake in them


def manifold(real: Floats, fake: Floats, *, nearest: int = 3, dense: int = 5) -> Manifold:
    """Precision and recall with k = `nearest`, density and coverage with k = `dense`.

    Sources: Kynkaanniemi et al. 2019 (arXiv:1904.06991), eqs. 1 to 3; Naeem et al. 2020
    (arXiv:2002.09797), eqs. 3 and 4; both with the papers' own k.

    Args:
        real, fake: (item, feature), more than `dense` items each.

    Raises:
        ValueError: there are too few items, or the sets differ in features.
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"sets of shapes {real.shape} and {fake.shape} cannot be compared")
    most = max(nearest, dense)
    if min(len(real), len(fake)) <= most:
        raise ValueError(
            f"{most} neighbours need {most + 1} items a set; got {len(real)} and {len(fake)}"
        )
    around_real = neighbour_distances(real, (nearest, dense))  # squared, (item, which k)
    around_fake = neighbour_distances(fake, (nearest,))
    recalled = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    within = np.zeros(len(fake), bool)
    balls = 0
    for rows, block in _blocks(real, fake):  # (real of the block, fake)
        radii = around_real[rows]
        within |= (block <= radii[:, :1]).any(axis=0)
        recalled[rows] = (block <= around_fake[None, :, 0]).any(axis=1)
        inside: Bools = block <= radii[:, 1:]
        balls += int(inside.sum())
        covered[rows] = inside.any(axis=1)
    return Manifold(
        precision=float(within.mean()),
        recall=float(recalled.mean()),
        density=balls / (dense * len(fake)),
        coverage=float(covered.mean()),
    )


def neighbour_distances(items: Floats, nearest: tuple[int, ...]) -> Floats:
    """Squared distances to the k-th neighbour other than the item itself, (item, which k)."""
    found = np.empty((len(items), len(nearest)))
    places = sorted(set(nearest))
    for rows, block in _blocks(items, items):
        own = np.arange(len(block))
        block[own, own + rows.start] = -1.0  # itself comes first, however exact its distance is
        block.partition(places, axis=1)
        found[rows] = block[:, list(nearest)]
    return found


def _blocks(first: Floats, second: Floats) -> Iterator[tuple[slice, Floats]]:
    """Squared distances of a block of `first` to all of `second`, and which rows they are."""
    squares = np.square(second).sum(axis=1)
    for start in range(0, len(first), ROWS):
        rows = slice(start, min(start + ROWS, len(first)))
        part = first[rows]
        block = part @ second.T
        block *= -2
        block += squares
        block += np.square(part).sum(axis=1)[:, None]
        yield rows, np.maximum(block, 0, out=block)
