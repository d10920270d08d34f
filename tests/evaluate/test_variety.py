import math
from dataclasses import astuple

import numpy as np
import pytest

from musegan.evaluate.variety import (
    Difference,
    difference,
    heard,
    passage_difference,
    played_anew,
    recurrences,
)
from musegan.music.arrangement import Arrangement
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

BAR = 16
ROLES = (Role.BASS, Role.PIANO)


def notes(*rows):
    """(step, pitch, length) each."""
    table = [(step, step + length, pitch, 80) for step, pitch, length in rows]
    return np.array(table, np.int64).reshape(-1, 4)


def played(piano, bars=2, **others):
    """A band of a piano, and of others by role, on bars of 4/4."""
    grid = grid_of_metres([(0.0, 4, 4)], bars * 1920 - 1, 480)
    band = {Role.PIANO: piano, **{Role(name): part for name, part in others.items()}}
    return heard(Arrangement("song", grid, notes(), band), band, ROLES)


C, G = notes((0, 60, 4), (16, 60, 4)), notes((0, 67, 4), (16, 67, 4))


def test_two_equal_bands_do_not_differ():
    assert difference(played(C), played(C)) == Difference(0, 0, 0)


def test_bands_of_one_rhythm_and_other_pitches_differ_in_notes_and_harmony():
    assert difference(played(C), played(G)) == Difference(1, 0, 1)


def test_an_octave_is_another_note_in_the_same_harmony():
    assert difference(played(C), played(notes((0, 72, 4), (16, 72, 4)))) == Difference(1, 0, 0)


def test_notes_later_in_the_beat_are_another_rhythm_in_the_same_harmony():
    late = notes((2, 60, 2), (18, 60, 2))
    assert difference(played(C), played(late)) == Difference(1, 1, 0)


def test_a_bar_of_two_that_is_another_is_half():
    assert difference(played(C), played(notes((0, 60, 4), (16, 67, 4)))) == Difference(0.5, 0, 0.5)


def test_one_note_of_three_in_common_differs_by_two_thirds():
    one, two = played(notes((0, 60, 4), (4, 62, 4)), 1), played(notes((0, 60, 4), (8, 64, 4)), 1)
    assert astuple(difference(one, two)) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_drums_and_roles_that_are_not_judged_are_not_heard():
    louder = played(C, drums=notes((4, 36, 1)), strings=G)
    assert difference(played(C), louder) == Difference(0, 0, 0)


def test_two_silent_bands_have_no_difference():
    assert all(map(math.isnan, astuple(difference(played(notes()), played(notes())))))


VERSE = ((0, 60, 8), (24, 62, 4), (36, 64, 4), (50, 65, 4))  # four bars, a note in each


def twice(second=VERSE):
    first = [*VERSE, *((step + 4 * BAR, pitch, length) for step, pitch, length in second)]
    return notes(*first), np.arange(9) * BAR


def test_a_melody_that_comes_again_is_found():
    assert recurrences(*twice()).tolist() == [[0, 4]]


def test_one_that_differs_in_a_pitch_or_an_onset_does_not_come_again():
    for other in ((50, 66, 4), (51, 65, 4)):
        assert len(recurrences(*twice((*VERSE[:3], other)))) == 0


def test_a_bar_in_which_nothing_is_sung_belongs_to_no_passage():
    assert len(recurrences(*twice(VERSE[:3]))) == 0
    melody, bar_starts = twice(VERSE[:2])
    assert recurrences(melody, bar_starts, bars=2).tolist() == [[0, 4]]


def test_passages_do_not_overlap():
    melody = notes(*((bar * BAR, 60, 4) for bar in range(6)))
    pairs = recurrences(melody, np.arange(7) * BAR)
    assert len(pairs) == 0  # six bars alike hold no two passages of four
    assert recurrences(melody, np.arange(7) * BAR, bars=3).tolist() == [[0, 3]]


PAIR = np.array([[0, 4]])


def accompaniment(second_pitch):
    rows = [(bar * BAR, 48, 16) for bar in range(4)]
    rows += [(bar * BAR, second_pitch, 16) for bar in range(4, 8)]
    return played(notes(*rows), bars=8)


def test_a_band_that_plays_a_passage_again_note_for_note_does_not_differ():
    same = accompaniment(48)
    assert passage_difference(same, PAIR) == Difference(0, 0, 0)
    assert len(played_anew(same, PAIR)) == 0


def test_a_passage_played_anew_is_one_without_a_bar_that_is_a_copy():
    other = accompaniment(50)
    assert passage_difference(other, PAIR) == Difference(1, 0, 1)
    assert played_anew(other, PAIR).tolist() == [[0, 4]]
    rows = [(bar * BAR, pitch, 16) for bar, pitch in enumerate([48] * 5 + [50] * 3)]
    assert len(played_anew(played(notes(*rows), bars=8), PAIR)) == 0


def test_where_no_melody_comes_again_there_is_no_difference():
    nothing = passage_difference(accompaniment(48), np.zeros((0, 2), np.int64))
    assert all(map(math.isnan, astuple(nothing)))
