"""How long a part stays on one harmony."""

import numpy as np

from musegan.music.patterns import patterns
from musegan.music.standstill import (
    ENOUGH,
    STILL,
    harmony_to_leave,
    longest_standstill,
    pitch_classes,
    stands_still,
)

C, F, G = (36, 43, 48), (41, 45, 48), (43, 47, 50)
BARS = np.arange(11) * 16


def cells(*chords):
    """What sounds, (cell, pitch), of chords in turn."""
    sounding = np.zeros((len(chords), 128), bool)
    for row, chord in zip(sounding, chords, strict=True):
        row[list(chord)] = True
    return sounding


def bars(*chords):
    """Notes of a chord a bar of sixteen steps; an empty one is a rest."""
    rows = [
        (16 * bar, 16 * bar + 16, pitch, 80) for bar, chord in enumerate(chords) for pitch in chord
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def test_octaves_are_one_pitch_class():
    assert pitch_classes(cells((0, 12, 36), (1, 14)))[:, :3].tolist() == [
        [True, False, False],
        [False, True, True],
    ]


def test_a_part_stands_still_after_four_cells_of_a_chord_however_it_lies():
    higher = tuple(pitch + 12 for pitch in C)
    assert stands_still(cells(*[C, higher] * (STILL // 2)))
    assert stands_still(cells(F, *[C] * STILL))
    assert not stands_still(cells(*[C] * (STILL - 1)))
    assert not stands_still(cells(F, *[C] * (STILL - 1)))
    assert not stands_still(cells(*[C] * (STILL - 1), (*C, 45)))


def test_a_silent_part_does_not_stand_still():
    assert not stands_still(cells(*[()] * STILL))
    assert not stands_still(cells())


def test_a_harmony_is_to_be_left_after_eight_cells_broken_over_a_bar_or_not():
    def to_leave(*chords):
        return np.flatnonzero(harmony_to_leave(cells(*chords))).tolist()

    assert to_leave(*[C] * ENOUGH) == [0, 7]
    assert to_leave(G, *[C] * ENOUGH) == [0, 7]
    assert to_leave(*[(36,), (43, 48)] * (ENOUGH // 2)) == [0, 7]
    assert to_leave(*[C] * (ENOUGH - 1)) == []
    assert to_leave(G, *[C] * (ENOUGH - 1)) == []
    assert to_leave(*[C, C, F, F] * (ENOUGH // 4)) == []
    assert to_leave(*[()] * ENOUGH) == []


def test_the_longest_standstill_is_counted_in_bars_and_ends_with_a_rest():
    song = bars(C, C, F, G, G, G, C, (), C, C)
    assert longest_standstill(song, BARS) == 3
    assert longest_standstill(bars(*[()] * 10), BARS) == 0
    assert longest_standstill(bars(C, C, (), C, C, C, C, F, F, F), BARS) == 4


def test_a_held_note_sounds_in_every_bar_it_lasts():
    held = np.array([[0, 100, 60, 80], [100, 160, 67, 80]], np.int64)
    assert longest_standstill(held, BARS) == 6  # and G with C in the seventh


def test_how_long_a_track_stays_is_a_measure_of_it_and_drums_have_none():
    song = bars(C, C, F, G, G, G, C, (), C, C)
    assert patterns(song, BARS).stays == 3
    assert np.isnan(patterns(song, BARS, drums=True).stays)
    assert np.isnan(patterns(song[:0], BARS).stays)
