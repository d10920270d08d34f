"""Refrains: where a melody comes again, and how long ago it was there.

A second verse is sung to what was played in the first: between passages of four bars whose melody is
the same POP909's bands differ by .08 in rhythm and in harmony, and where they play it anew by .26 and .22.
"""

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Steps = npt.NDArray[np.int64]

PASSAGE = 8  # cells that come again, at least; four bars of two cells
ALIKE = 0.8  # share of their notes that both passages have, at least
FARTHEST = 1024  # cells ago; 512 bars of two cells


def refrains(onsets: Bools, table: Steps) -> Steps:
    """How many cells ago a melody was as it is in a cell, (cell,); 0 where it was not.

    Two cells are of one refrain if they lie alike in passages of `PASSAGE` cells that share `ALIKE`
    of the onsets that either has, in bars of the same form, and do not overlap. Of several earlier
    passages the likest counts, of equals the last.

    Args:
        onsets: (cell, step, pitch), where the melody's notes begin.
        table: (cell, 5), of cells in a row; see `Grid.cell_table`.
    """
    count = len(onsets)
    flat = onsets.reshape(count, int(np.prod(onsets.shape[1:]))).astype(np.float32)
    notes = flat.sum(1)
    ago, best = np.zeros(count, np.int64), np.full(count, np.nextafter(ALIKE, 0.0))
    for lag in range(PASSAGE, min(count - PASSAGE, FARTHEST) + 1):
        both = np.einsum("cn,cn->c", flat[lag:], flat[:-lag])
        known = _passages(notes[lag:] + notes[:-lag] - both)
        alike = _passages(both) / np.maximum(known, 1)
        whole = _passages((table[lag:, 1:] == table[:-lag, 1:]).all(1)) == PASSAGE
        alike[~whole | (known < PASSAGE)] = 0
        padded = np.pad(alike, PASSAGE - 1)
        own = np.lib.stride_tricks.sliding_window_view(padded, PASSAGE).max(1)
        better = own > best[lag:]
        ago[lag:][better], best[lag:][better] = lag, own[better]
    return ago


def _passages(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Sums over passages, by the first cell of each."""
    edges = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    sums: npt.NDArray[np.float64] = edges[PASSAGE:] - edges[:-PASSAGE]
    return sums
