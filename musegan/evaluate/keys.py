"""The key of a melody, good enough to line up songs by scale degree."""

import numpy as np

from musegan.music.arrangement import END, PITCH, START, Notes

# The major scale's share decides; tonic and dominant break ties between neighbouring keys.
_WEIGHTS = np.array([1.2, 0, 1, 0, 1, 1, 0, 1.1, 0, 1, 0, 1])


def major_key(melody: Notes) -> int:
    """The tonic (0 is C) of the major scale that holds most of a melody's time; 0 for silence.

    A melody in minor gets its relative major.
    """
    lengths = melody[:, END] - melody[:, START]
    profile = np.bincount(melody[:, PITCH] % 12, lengths, 12)
    return int(np.argmax([np.roll(profile, -key) @ _WEIGHTS for key in range(12)]))
