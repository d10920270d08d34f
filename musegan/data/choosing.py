"""Which rows of a set are wanted: of some classes, and no more than so many."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegan.errors import CorpusError, UnknownSet

Integers = npt.NDArray[np.int64]


def rows_of(
    labels: Integers, names: Sequence[str], classes: Sequence[int], limit: int, kind: str
) -> Integers:
    """The rows of some classes (all where there are none), and of these `limit`, always the same.

    Args:
        labels: (row,).
        names: of the classes, by number.
        limit: 0 for all.
        kind: what a row is, for the message.

    Raises UnknownSet if there is no such class, CorpusError if no row is of these classes.
    """
    rows: Integers = np.flatnonzero(np.isin(labels, classes)) if classes else np.arange(len(labels))
    unknown = [number for number in classes if number not in range(max(len(names), 1))]
    if classes and (unknown or not len(rows)):
        known = ", ".join(f"{number} {name}" for number, name in enumerate(names[:20]))
        what = f"no class {unknown[0]}" if len(rows) else f"no {kind} is of these"
        asked = ",".join(map(str, classes))
        said = f"data.classes={asked}: {what}; there are {known or 'no classes'}"
        raise UnknownSet(said) if unknown else CorpusError(said)
    if not limit or limit >= len(rows):
        return rows
    kept: Integers = np.sort(np.random.default_rng(0).permutation(len(rows))[:limit])
    return rows[kept]
