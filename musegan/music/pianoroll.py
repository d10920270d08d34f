"""Piano rolls: notes drawn on a grid of steps and pitches, as two binary planes.

The onset plane marks the step in which a note begins, the sustain plane the steps it goes on, so
that a held note and a repeated one differ. Axes are always (plane, step, pitch).
"""

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes

Planes = npt.NDArray[np.uint8]

ONSET, SUSTAIN = range(2)


def draw(notes: Notes, steps: int) -> Planes:
    """Draw notes on a roll, (2, steps, 128). A note ends an earlier one of its pitch."""
    planes = np.zeros((2, steps, 128), np.uint8)
    for start, end, pitch, _ in notes:
        if 0 <= start < steps:
            planes[ONSET, start, pitch] = 1
            planes[SUSTAIN, start + 1 : end, pitch] = 1
    planes[SUSTAIN] &= 1 - planes[ONSET]
    return planes


def trace(planes: npt.NDArray[np.generic], *, lowest: int = 0, velocity: int = 80) -> Notes:
    """Undo `draw`: planes (2, step, pitch) -> notes, sorted. Row 0 is MIDI note `lowest`.

    A sustain that follows neither an onset nor a sustain is not a note and is left out.
    """
    onset = np.asarray(planes[ONSET], bool)
    sustain = np.asarray(planes[SUSTAIN], bool) & ~onset
    steps = onset.shape[0]
    starts, rows = np.nonzero(onset)
    if not len(starts):
        return np.zeros((0, 4), np.int64)
    stop = np.full(onset.shape[1], steps)
    stops = np.empty(onset.shape, np.int64)  # first step from here on that does not sustain
    for step in range(steps - 1, -1, -1):
        stop = np.where(sustain[step], stop, step)
        stops[step] = stop
    padded = np.vstack([stops, np.full((1, onset.shape[1]), steps)])
    notes = np.empty((len(starts), 4), np.int64)
    notes[:, START], notes[:, PITCH], notes[:, VELOCITY] = starts, rows + lowest, velocity
    notes[:, END] = np.maximum(padded[np.minimum(starts + 1, steps), rows], starts + 1)
    return notes[np.lexsort((notes[:, PITCH], notes[:, START]))]
