"""Singing: how well a line would be sung, as faults that are counted; and how it is brought to an end.

Lines are notes (note, 4) in steps, in the key of C major or A minor.
"""

import numpy as np

from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.key import Mode, estimate_key
from musegan.music.playing import step_weights

SCALE = (0, 2, 4, 5, 7, 8, 9, 11)  # C major and harmonic A minor
TRIADS: dict[Mode, tuple[int, ...]] = {"major": (0, 4, 7), "minor": (9, 0, 4)}  # the tonic first
LONGEST_REST = 10  # steps that nobody misses: after a phrase a singer breathes
WIDEST = 5  # semitones of an interval that a voice takes easily


def faults(line: Notes, first: int, after: int, mode: Mode | None, last: int | None) -> float:
    """What speaks against a line that is sung from step `first` to step `after`; 0 is best.

    Rests that are too long count by the bar, time out of the key by its share, leaps by the semitones
    beyond a fourth in the mean. Of a
    `mode` that is asked for, the time on its own notes speaks for it. Where the tune ends, at step
    `last`, it should do so on a long note of the tonic triad, best on the tonic.
    """
    near = line[(line[:, END] > first) & (line[:, START] < after)]
    if not len(near):
        return 10.0
    edges = np.concatenate([[first], np.ravel(near[:, [START, END]]), [after]])
    rests = np.maximum(edges[1::2] - edges[::2] - LONGEST_REST, 0)
    time = (near[:, END] - near[:, START]) / (near[:, END] - near[:, START]).sum()
    classes = near[:, PITCH] % 12
    leaps = np.maximum(np.abs(np.diff(near[:, PITCH])) - WIDEST, 0)
    found = float(rests.sum()) / 8
    found += 2 * float(time[~np.isin(classes, SCALE)].sum())
    found += float(leaps.mean()) if len(leaps) else 0.0
    if mode is not None:
        minor = float(time[classes == 9].sum() - time[np.isin(classes, (0, 7))].sum())
        found += 1 - (minor if mode == "minor" else -minor)
    if last is not None:
        found += _ending(near, last, mode or mode_of(line))
    return found


def mode_of(line: Notes) -> Mode:
    """Whether a line is rather in C major or in A minor."""
    return estimate_key(line[:, PITCH], line[:, END] - line[:, START]).mode


def settled(line: Notes, last: int, hold: int, mode: Mode) -> Notes:
    """A line whose last note is of the tonic triad: the nearest to it, held to step `last`.

    It is held so only if it begins in the last `hold` steps. Of the notes that begin in the last half
    bar the first is the last of the line.
    """
    late = np.flatnonzero(line[:, START] >= last - CELL_STEPS)
    ended = line[: late[0] + 1].copy() if len(late) else line.copy()
    if len(ended):
        pitch = int(ended[-1, PITCH])
        near = [pitch + by for by in (0, -1, 1, -2, 2, -3) if (pitch + by) % 12 in TRIADS[mode]]
        ended[-1, PITCH] = near[0] if near else pitch
        if ended[-1, START] >= last - hold:
            ended[-1, END] = last
    return ended


def sung(line: Notes, grid: Grid, loudness: float, random: np.random.Generator) -> Notes:
    """A line with velocities about `loudness`: accents of the bar, higher notes louder, a human hand."""
    if not len(line):
        return line
    played = line.copy()
    weight = step_weights(grid)[line[:, START]] - 0.5
    height = (line[:, PITCH] - line[:, PITCH].mean()) / 12
    hand = 1 + 0.03 * random.standard_normal(len(line))
    velocity = loudness * (1 + 0.14 * weight + 0.06 * height) * hand
    played[:, VELOCITY] = np.clip(np.round(velocity), 1, 127)
    return played


def _ending(line: Notes, last: int, mode: Mode) -> float:
    """What speaks against the last note of a line that ends at step `last`."""
    start, pitch = int(line[-1, START]), int(line[-1, PITCH])
    triad = TRIADS[mode]
    found = 0.0 if pitch % 12 == triad[0] else 0.7 if pitch % 12 in triad else 2.0
    room = last - start
    return found + (0.0 if 8 <= room <= 16 else 1.0)
