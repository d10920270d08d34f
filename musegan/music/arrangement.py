"""An arrangement: a melody and a band, in steps of a grid.

Notes are int64 arrays of shape (note, 4), sorted by start then pitch, with the columns
`START` (step of the onset), `END` (first step after the note), `PITCH` (MIDI 0..127; for drums
the General MIDI drum key) and `VELOCITY` (1..127). Steps count from the first step of the grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musegan.music.band import Role
from musegan.music.grid import Grid

Notes = npt.NDArray[np.int64]

START, END, PITCH, VELOCITY = range(4)


def no_notes() -> Notes:
    """An empty array of notes, (0, 4)."""
    return np.zeros((0, 4), np.int64)


@dataclass(frozen=True, eq=False)
class Arrangement:
    """A melody and the parts of a band that one corpus file holds, on one grid."""

    name: str  # of the file or song, for messages
    grid: Grid
    melody: Notes
    band: Mapping[Role, Notes]  # only the roles the file has
    style: str = "pop"


def melody_span(arrangement: Arrangement) -> Arrangement:
    """The bars from the melody's first note to its last, where a band has to play; notes are cut.

    An arrangement without a melody comes back as it is.
    """
    melody, grid = arrangement.melody, arrangement.grid
    if not len(melody):
        return arrangement
    last_step = int(melody[:, END].max()) - 1
    first, last = np.searchsorted(grid.bar_starts, [melody[0, START], last_step], "right")
    span = grid.bars_between(int(first) - 1, min(int(last), grid.bars))
    start, end = int(grid.bar_starts[first - 1]), int(grid.bar_starts[min(last, grid.bars)])

    def inside(notes: Notes) -> Notes:
        kept = notes[(notes[:, START] >= start) & (notes[:, START] < end)].copy()
        kept[:, END] = np.minimum(kept[:, END], end)
        kept[:, [START, END]] -= start
        return kept

    band = {role: inside(part) for role, part in arrangement.band.items()}
    return replace(arrangement, grid=span, melody=inside(melody), band=band)
