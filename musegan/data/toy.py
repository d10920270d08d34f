"""A toy corpus, made and not read: scales over chords, in every key, for all five roles.

Small enough that a whole model is learned in a minute: to see the path from nothing to a band,
and to test it.
"""

import numpy as np

from musegan.music.arrangement import Arrangement, Notes
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
PROGRESSIONS = ((0, 4, 5, 3), (0, 3, 4, 0), (0, 5, 3, 4), (5, 3, 0, 4))  # degrees, a bar each
BAR, TICKS = 16, 1920


def toy_song(seed: int, bars: int = 16) -> Arrangement:
    """A song of `bars` bars of 4/4: a melody in eighths and quarters over one of four progressions."""
    rng = np.random.default_rng(seed)
    grid = grid_of_metres([(0, 4, 4)], TICKS * bars, 480)
    tonic = int(rng.integers(0, 12))
    chords = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    parts: dict[Role | None, list[list[int]]] = {role: [] for role in (None, *Role)}
    degree = 7
    for bar in range(bars):
        at, chord = bar * BAR, chords[bar % 4]
        triad = [_pitch(tonic, chord + third, 48) for third in (0, 2, 4)]
        for step in range(0, BAR, 2 if bar % 2 else 4):
            degree = int(np.clip(degree + rng.integers(-2, 3), 3, 12))
            if step == 0:
                degree = 7 + chord % 7 + 2 * int(rng.integers(0, 2)) - 7 * (chord > 3)
            length = 2 if bar % 2 else 4
            parts[None].append([at + step, at + step + length, _pitch(tonic, degree, 60), 90])
        parts[Role.BASS] += [[at + s, at + s + 8, triad[0] - 12, 85] for s in (0, 8)]
        parts[Role.PIANO] += [[at + s, at + s + 4, p, 75] for s in (4, 12) for p in triad]
        parts[Role.STRINGS] += [[at, at + BAR, p + 12, 60] for p in triad]
        parts[Role.GUITAR] += [
            [at + 2 * k, at + 2 * k + 2, triad[k % 3] + 12, 70] for k in range(8)
        ]
        beat = [(0, 36), (4, 38), (8, 36), (12, 38), *((s, 42) for s in range(0, BAR, 2))]
        parts[Role.DRUMS] += [[at + s, at + s + 1, key, 80] for s, key in beat]
    band = {role: _sorted(notes) for role, notes in parts.items() if role is not None}
    return Arrangement(f"toy {seed}", grid, _sorted(parts[None]), band)


def toy_songs(count: int, first_seed: int = 0) -> list[Arrangement]:
    """`count` songs, of seeds from `first_seed` on."""
    return [toy_song(seed) for seed in range(first_seed, first_seed + count)]


def _pitch(tonic: int, degree: int, octave: int) -> int:
    """The pitch of a degree of a major scale, counted from 0, above MIDI note `octave`."""
    return octave + tonic + 12 * (degree // 7) + int(MAJOR[degree % 7]) - 12 * (tonic > 6)


def _sorted(notes: list[list[int]]) -> Notes:
    table = np.array(notes, np.int64)
    return table[np.lexsort((table[:, 2], table[:, 0]))]
