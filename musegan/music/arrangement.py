"""An arrangement: a melody and a band, in steps of a grid.

Notes are int64 arrays of shape (note, 4), sorted by start then pitch, with the columns
`START` (step of the onset), `END` (first step after the note), `PITCH` (MIDI 0..127; for drums
the General MIDI drum key) and `VELOCITY` (1..127). Steps count from the first step of the grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
