"""Playing what was written: notes that an instrument has, as loud as the melody asks for."""

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import PARTS, Role
from musegan.music.fretboard import in_reach
from musegan.music.grid import Grid
from musegan.music.touch import NOMINAL

# How loud each role plays beside the melody.
LOUDNESS = {
    Role.DRUMS: 0.70,  # in the mean: of a drummer whose accents stand out
    Role.BASS: 0.92,
    Role.PIANO: 0.78,
    Role.GUITAR: 0.74,
    Role.STRINGS: 0.70,
}
REACH = 2.0  # bars over which the melody's dynamics are averaged


def playable(notes: Notes, role: Role) -> Notes:
    """Notes moved by octaves into the role's range, as its instrument has them.

    A bass plays one note at a time, its lowest; a guitar what a hand can hold, see `in_reach`.
    """
    part = PARTS[role]
    moved = notes.copy()
    pitch = moved[:, PITCH]
    pitch += 12 * np.maximum(0, -(-(part.lowest - pitch) // 12))
    pitch -= 12 * np.maximum(0, -(-(pitch - part.highest) // 12))
    if role is Role.BASS:
        return one_line(moved)
    _, kept = np.unique(moved[:, [START, PITCH]], axis=0, return_index=True)
    single = np.asarray(moved[np.sort(kept)], np.int64)
    return in_reach(single) if role is Role.GUITAR else single


def one_line(notes: Notes) -> Notes:
    """The lowest note of every onset, each ending where the next begins at the latest."""
    if not len(notes):
        return notes
    ordered = notes[np.lexsort((notes[:, PITCH], notes[:, START]))]
    first = np.append(True, np.diff(ordered[:, START]) > 0)
    line: Notes = ordered[first].copy()
    line[:-1, END] = np.minimum(line[:-1, END], line[1:, START])
    return line


def between(notes: Notes, first: int, after: int) -> Notes:
    """The notes that begin at step `first` or later and before step `after`."""
    return notes[(notes[:, START] >= first) & (notes[:, START] < after)]


def step_weights(grid: Grid) -> npt.NDArray[np.float64]:
    """How heavy each step is in its bar, (steps,): downbeats, beats, eighths, the rest."""
    weights = np.zeros(grid.steps)
    weights[0::2] = 0.3
    for starts, weight in (
        (grid.beat_starts, 0.6),
        (grid.cell_starts, 0.8),
        (grid.bar_starts, 1.0),
    ):
        weights[starts[:-1]] = weight
    return weights


def levels_around(
    starts: npt.NDArray[np.int64], velocities: npt.NDArray[np.int64], grid: Grid
) -> npt.NDArray[np.float64]:
    """The mean velocity of the notes around each step, (steps,), the nearer the more it counts.

    Where none is for long it is that of all.
    """
    spread = REACH / 2 * float(np.diff(grid.bar_starts).mean())
    far = np.arange(-int(4 * spread) - 1, int(4 * spread) + 2)
    near = np.exp(-0.5 * (far / spread) ** 2)

    def around(weights: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
        struck = np.bincount(starts, weights, minlength=grid.steps)
        floor = 1e-3 * struck.sum()
        sums = np.convolve(struck, near)[len(far) // 2 :][: grid.steps]
        return np.asarray(sums + floor, np.float64)

    return around(velocities) / around(None)


def with_dynamics(
    notes: Notes,
    role: Role,
    loudness: npt.NDArray[np.float64] | float,
    velocities: npt.NDArray[np.float64] | None = None,
) -> Notes:
    """Notes as loud as their role is beside a melody of some `loudness` (velocity), one or (note,).

    `velocities` are those of their touch, (note,), beside `NOMINAL`; by default the notes' own.
    """
    touch = notes[:, VELOCITY] if velocities is None else velocities
    played = notes.copy()
    level = loudness * LOUDNESS[role]
    played[:, VELOCITY] = np.clip(np.round(level * touch / NOMINAL), 1, 127)
    return played


def in_ticks(notes: Notes, grid: Grid, delays: npt.NDArray[np.float64] | None = None) -> Notes:
    """Notes in steps as notes in ticks, (note, 4), rows as they are; `delays` (note,) in steps.

    What is late or early is moved as it is, and ends where its key is struck again.
    """
    ticks = np.round(grid.step_ticks).astype(np.int64)
    moved = notes.copy()
    moved[:, START], moved[:, END] = ticks[notes[:, START]], ticks[notes[:, END]]
    if delays is None:
        return moved
    late = np.rint(delays * np.diff(grid.step_ticks)[notes[:, START]]).astype(np.int64)
    late = np.maximum(late, -moved[:, START])
    moved[:, [START, END]] += late[:, None]
    order = np.lexsort((moved[:, START], moved[:, PITCH]))
    rows = moved[order]
    again = rows[1:, PITCH] == rows[:-1, PITCH]
    rows[:-1, END] = np.where(again, np.minimum(rows[:-1, END], rows[1:, START]), rows[:-1, END])
    moved[order] = rows
    return moved
