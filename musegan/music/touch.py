"""Touch: how hard the notes of a part are struck, and how early or late, beside its level and its grid.

A part is seen in voices: the nine drums, or of what is struck at once the lowest note, the highest and
those between. So touch is two numbers a step and a voice, whatever the part; `told` is what a player
knows of the notes, step by step.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import DRUM_KEYS, ROLES, Role
from musegan.music.grid import CELL_STEPS

Floats = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int64]

VOICES = 9
LOWEST, HIGHEST, BETWEEN = range(3)  # the voices of a part with pitches
LOUD = 20.0  # velocities, of those around 80, that count as 1
LATE = 0.15  # steps that count as 1
LATEST = 0.4  # steps: a note that is farther off is another step's
NOMINAL = 80  # the velocity of a part's level
CHORD = VOICES + np.arange(4)  # how many notes; highest and lowest pitch; the longest length
CLOCK = CHORD[-1] + 1 + np.arange(CELL_STEPS + 3)  # step of the cell; its length; phase of the bar
PLAYER = CLOCK[-1] + 1 + np.arange(len(ROLES))  # whose part
DRUMS = int(PLAYER[ROLES.index(Role.DRUMS)])
TOLD = int(PLAYER[-1]) + 1
MIDDLE, OCTAVES = 60, 24  # pitches are told from middle C, in two octaves

AS = {Role.GUITAR: Role.PIANO}  # told as another, since nobody's performance of it is known
# Of people's velocities, as `NOMINAL` is their level, .5 % lie beyond these, each way (the training parts).
FARTHEST = {
    Role.DRUMS: (-72, 79),
    Role.BASS: (-33, 24),
    Role.PIANO: (-46, 32),
    Role.GUITAR: (-46, 32),
    Role.STRINGS: (-28, 25),
}
_DRUM_VOICES = {key: voice for voice, key in enumerate(DRUM_KEYS.values())}


class Touched(NamedTuple):
    """How each note of a part is struck."""

    velocities: npt.NDArray[np.float64]  # (note,), beside its level, as if that were `NOMINAL`
    delays: npt.NDArray[np.float64]  # (note,), in steps, within `LATEST`; below 0 it is early


def voices_of(notes: Notes, role: Role) -> Steps:
    """The voice of each note, (note,). Keys of drums that are none of the nine are of the last."""
    if role is Role.DRUMS:
        found = [_DRUM_VOICES.get(pitch, VOICES - 1) for pitch in notes[:, PITCH].tolist()]
        return np.array(found, np.int64)
    voices = np.full(len(notes), BETWEEN, np.int64)
    lowest, highest = _ends(notes)
    voices[highest] = HIGHEST
    voices[lowest] = LOWEST  # a note that is alone is the lowest
    return voices


def told(notes: Notes, role: Role, places: Steps) -> Floats:
    """What a player knows of each step of a part, (TOLD, step).

    `places` are its cells, (cell, 5) as `Grid.cell_table` has them; steps count from the first one's,
    and notes that begin outside are not told.
    """
    first, steps = int(places[0, 0]), int(places[:, 1].sum())
    known = np.zeros((TOLD, steps), np.float32)
    known[PLAYER[ROLES.index(AS.get(role, role))]] = 1
    known[CLOCK] = _clock(places)
    at = notes[:, START] - first
    inside = (at >= 0) & (at < steps)
    notes, at = notes[inside], at[inside]
    known[voices_of(notes, role), at] = 1
    np.add.at(known[CHORD[0]], at, 0.25)
    if role is not Role.DRUMS:
        lowest, highest = _ends(notes)
        for row, ends in zip(CHORD[1:3], (highest, lowest), strict=True):
            known[row, at[ends]] = (notes[ends, PITCH] - MIDDLE) / OCTAVES
        lengths = np.log2(1 + notes[:, END] - notes[:, START]) / 4
        np.maximum.at(known[CHORD[3]], at, lengths.astype(np.float32))
    return known


def touch_of(
    notes: Notes, role: Role, levels: npt.NDArray[np.float64], delays: npt.NDArray[np.float64]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The touch of a part that people played, (2 * VOICES, step), and where there is any, (VOICES, step).

    `levels` (step,) are the velocities around each step, `delays` (note,) in steps. Notes of one voice
    and step have their mean.
    """
    steps, voices, at = len(levels), voices_of(notes, role), notes[:, START]
    sums = np.zeros((3, VOICES, steps))
    loud = (notes[:, VELOCITY] - levels[at]) / levels[at] * NOMINAL / LOUD
    for row, values in zip(sums, (loud, delays / LATE, np.ones(len(notes))), strict=True):
        np.add.at(row, (voices, at), values)
    means = sums[:2] / np.maximum(sums[2], 1)
    return means.reshape(2 * VOICES, steps).astype(np.float32), sums[2] > 0


def touched(notes: Notes, role: Role, touch: Floats, first: int = 0) -> Touched:
    """Each note's touch, read from that of a part from step `first` on, (2 * VOICES, step).

    No note is farther from the level than people's are, see `FARTHEST`.
    """
    rows = touch.reshape(2, VOICES, -1)[:, voices_of(notes, role), notes[:, START] - first]
    rows = rows.astype(np.float64)
    loud = (LOUD * rows[0]).clip(*FARTHEST[role])
    return Touched(NOMINAL + loud, (LATE * rows[1]).clip(-LATEST, LATEST))


def _ends(notes: Notes) -> tuple[Steps, Steps]:
    """The rows of the lowest and of the highest note that is struck at each step."""
    order = np.lexsort((notes[:, PITCH], notes[:, START]))
    new = np.append(True, np.diff(notes[order, START]) > 0)[: len(order)]
    last = np.append(new[1:], True)[: len(order)]
    return order[new], order[last]


def _clock(places: Steps) -> Floats:
    """Where in its cell and its bar each step is, (CELL_STEPS + 3, step)."""
    _, lengths, index, counts, _ = places.T
    cell = np.repeat(np.arange(len(places)), lengths)
    within = np.arange(len(cell)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    phase = 2 * np.pi * (index[cell] + within / lengths[cell]) / counts[cell]
    clock = np.zeros((CELL_STEPS + 3, len(cell)), np.float32)
    clock[within, np.arange(len(cell))] = 1
    clock[CELL_STEPS] = lengths[cell] / CELL_STEPS
    clock[CELL_STEPS + 1 :] = np.sin(phase), np.cos(phase)
    return clock
