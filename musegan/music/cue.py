"""A cue: all that a band knows when it is asked for what comes next; and what it answers.

Steps count from the first step of the coming cell, so what was heard and played has begun at
negative steps, and a cue says nothing of how long the music has gone on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, START, Notes
from musegan.music.band import Role
from musegan.music.grid import Grid

# Columns of `Cue.places`, as `Grid.cell_table` has them.
FIRST, STEPS, INDEX, COUNT, POSITION = range(5)
HEARD_STEPS = 1024  # of melody that a cue tells of, 64 bars of 4/4: enough to know key and form by

Answer = Mapping[Role, Notes]
"""What a band answers: notes of the coming cells, by role, in steps from the first of them.

A note that goes on from before begins at step -1; one that reaches the end may go on after it.
`cross` joins them.
"""


@dataclass(frozen=True, eq=False)
class Cue:
    """What a band knows, and what it is asked for."""

    melody: Notes  # heard so far, begun before step 0; a note still held ends at 0
    band: Mapping[Role, Notes]  # played so far, likewise
    places: npt.NDArray[np.int64]  # (cell, 5), see `Grid.cell_table`; none outside the song
    plays: Sequence[Role]  # who plays in what is asked for
    number: int  # of the coming cell in its song; with the seed it decides on the noise
    cells: int = 1  # asked for
    style: str | None = None  # one of the model's; None: any
    seed: int = 0
    temperature: float = 1.0


def cue_of_song(
    melody: Notes,
    band: Mapping[Role, Notes],
    grid: Grid,
    cell: int,
    *,
    plays: Sequence[Role],
    first: int = 0,
    past: int = 8,
    ahead: int = 8,
    unheard: int = 0,
    cells: int = 1,
    style: str | None = None,
    seed: int = 0,
    temperature: float = 1.0,
) -> Cue:
    """The cue for cell `cell` of a song of which only what lies before it is known.

    `first` is the song's first cell; `unheard` is how many steps before the cell the band is
    asked, so that melody notes which begin in them are not known yet.
    """
    start = int(grid.cell_starts[cell])
    places = grid.cell_table()[max(first, cell - past) : cell + ahead].copy()
    places[:, FIRST] -= start
    return Cue(
        _before(melody, start, start - unheard, start - HEARD_STEPS),
        {
            role: _before(part, start, start, start + int(places[0, FIRST]))
            for role, part in band.items()
        },
        places,
        plays,
        cell - first,
        cells,
        style,
        seed,
        temperature,
    )


def _before(notes: Notes, start: int, known: int, earliest: int) -> Notes:
    """Notes that begin before step `known` and end after `earliest`, in steps from `start`.

    Those that sound at `known` are taken to be held until `start`.
    """
    kept = notes[(notes[:, START] < known) & (notes[:, END] > earliest)].copy()
    kept[kept[:, END] > known, END] = start
    kept[:, [START, END]] -= start
    return kept


@dataclass(frozen=True, eq=False)
class Crossing:
    """What becomes of the notes of one role where one cell ends and the next begins."""

    goes_on: Mapping[
        int, int
    ]  # held pitch that sounds on -> step of the next cell at which it ends
    let_go: frozenset[int]  # held pitches that end at the border
    begins: Notes  # the notes that begin in the next cell


def cross(held: Collection[int], coming: Notes) -> Crossing:
    """Join what a role holds at a border to what it plays from there on.

    `held` are the pitches of the notes that reach the border, `coming` is the role's part of the
    next answer. A note of it that begins at step -1 goes on from the held note of its pitch; where
    nothing holds that pitch, it is left out.
    """
    goes_on = {
        pitch: end for start, end, pitch, _ in coming.tolist() if start < 0 < end and pitch in held
    }
    return Crossing(goes_on, frozenset(held) - goes_on.keys(), coming[coming[:, START] >= 0])
