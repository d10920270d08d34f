"""Standing still: a part that stays on one harmony for longer than people do.

A band goes on from what it played, so a chord that has lasted is the likeliest to last, and nothing ends
it whatever is sung: unhelped, a bass kept to one pitch for 50 bars over a melody that moved. Whoever
stands still is therefore asked anew, as if nothing had been played before; and who then stays has to
leave that harmony after four bars.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes

Bools = npt.NDArray[np.bool_]
Steps = npt.NDArray[np.int64]

STILL = 4  # cells, two bars: the most that a part stays in a song of POP909, in the mean
ENOUGH = 8  # cells, four bars: the same in one of Simutrans; then it has to move


def pitch_classes(sounding: Bools) -> Bools:
    """Which of the twelve sound, (span, 12), of the pitches (span, pitch) that do, from any key up."""
    return np.stack([sounding[:, first::12].any(1) for first in range(12)], 1)


def stands_still(sounding: Bools) -> bool:
    """Whether a part has sounded the same pitch classes in each of its last `STILL` cells.

    `sounding` is (cell, pitch). One that has fewer cells, or is silent in them, does not stand still.
    """
    classes = pitch_classes(sounding[-STILL:])
    return bool(len(classes) == STILL and classes[0].any() and (classes == classes[0]).all())


def harmony_to_leave(sounding: Bools) -> Bools:
    """The pitch classes, (12,), that a part has sounded for `ENOUGH` cells; none if it has moved since.

    `sounding` is (cell, pitch). Cells are taken by twos, since many a part breaks a chord over a bar. A part
    that has fewer cells, or is silent, has none to leave.
    """
    classes = pitch_classes(sounding[-ENOUGH:])
    if len(classes) < ENOUGH:
        return np.zeros(12, bool)
    bars = classes[0::2] | classes[1::2]
    return bars[0] if (bars == bars[0]).all() else np.zeros(12, bool)


def longest_standstill(notes: Notes, starts: Steps) -> int:
    """The most spans in a row in which a part sounds the same pitch classes, and is not silent.

    `starts` are the spans' first steps, ending with where the last one ends.
    """
    longest = row = 0
    before: frozenset[int] = frozenset()
    for start, end in pairwise(starts.tolist()):
        there = (notes[:, START] < end) & (notes[:, END] > start)
        now = frozenset((notes[there, PITCH] % 12).tolist())
        row = 0 if not now else row + 1 if now == before else 1
        longest, before = max(longest, row), now
    return longest
