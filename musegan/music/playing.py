"""Playing what was written: notes that an instrument has, at velocities that follow the melody."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import PARTS, Role
from musegan.music.grid import Grid
from musegan.music.metre import Metre

# How loud each role plays beside the melody, and how much a step's weight in the bar shows.
LOUDNESS = {
    Role.DRUMS: 0.88,
    Role.BASS: 0.92,
    Role.PIANO: 0.78,
    Role.GUITAR: 0.74,
    Role.STRINGS: 0.70,
}
ACCENT = {
    Role.DRUMS: 0.22,
    Role.BASS: 0.12,
    Role.PIANO: 0.12,
    Role.GUITAR: 0.12,
    Role.STRINGS: 0.05,
}
REACH = 2.0  # bars over which the melody's dynamics are averaged


def playable(notes: Notes, role: Role) -> Notes:
    """Notes moved by octaves into the role's range; a bass plays one note at a time, its lowest."""
    part = PARTS[role]
    moved = notes.copy()
    pitch = moved[:, PITCH]
    pitch += 12 * np.maximum(0, -(-(part.lowest - pitch) // 12))
    pitch -= 12 * np.maximum(0, -(-(pitch - part.highest) // 12))
    if role is Role.BASS:
        return one_line(moved)
    _, kept = np.unique(moved[:, [START, PITCH]], axis=0, return_index=True)
    return np.asarray(moved[np.sort(kept)], np.int64)


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


def with_dynamics(
    notes: Notes, role: Role, melody: Notes, grid: Grid, rng: np.random.Generator
) -> Notes:
    """Notes with velocities: the melody's loudness around them, the bar's accents, a human hand."""
    if not len(notes) or not len(melody):
        return notes
    spread = REACH / 2 * float(np.diff(grid.bar_starts).mean())
    far = np.arange(-int(4 * spread) - 1, int(4 * spread) + 2)
    near = np.exp(-0.5 * (far / spread) ** 2)

    def around(weights: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
        struck = np.bincount(melody[:, START], weights, minlength=grid.steps)
        floor = 1e-3 * struck.sum()  # where the melody rests for long, its mean
        sums = np.convolve(struck, near)[len(far) // 2 :][: grid.steps]
        return np.asarray(sums + floor, np.float64)

    loudness = around(melody[:, VELOCITY]) / around(None)
    starts = notes[:, START]
    return struck_with(notes, role, loudness[starts], step_weights(grid)[starts], rng)


def struck_with(
    notes: Notes,
    role: Role,
    loudness: npt.NDArray[np.float64] | float,
    weights: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> Notes:
    """Notes with velocities: `loudness` is the melody's (velocity), `weights` (note,) the steps'."""
    accent = 1 + ACCENT[role] * (weights - 0.5)
    hand = 1 + 0.03 * rng.standard_normal(len(notes))
    played = notes.copy()
    played[:, VELOCITY] = np.clip(np.round(loudness * LOUDNESS[role] * accent * hand), 1, 127)
    return played


def with_live_dynamics(
    parts: Mapping[Role, Notes],
    metre: Metre,
    first: int,
    loudness: float,
    rng: np.random.Generator,
) -> dict[Role, Notes]:
    """Parts whose step 0 is step `first` of live music, as loud as its player was lately (velocity)."""
    played = {}
    for role, notes in parts.items():
        steps = (first + np.maximum(notes[:, START], 0)) % metre.steps
        weights = np.array([metre.weight(step) for step in steps.tolist()], np.float64)
        played[role] = struck_with(notes, role, loudness, weights, rng)
    return played
