"""What a hand can strike together on a guitar."""

import numpy as np
import pytest

from musegan.music.fretboard import NOWHERE, can_hold, fingered, in_reach

OPEN_E = (40, 47, 52, 56, 59, 64)  # E B E G# B E, as everybody learns it
BARRE_F = (41, 48, 53, 57, 60, 65)


@pytest.mark.parametrize(
    ("pitches", "can"),
    [
        (OPEN_E, True),
        (BARRE_F, True),
        ((40, 47, 52), True),  # a fifth and its octave
        ((45, 64, 69), True),  # an open string below a high position
        ((41, 42), False),  # both lie on the lowest string alone
        ((43, 45, 69), True),
        ((43, 57, 60, 79), False),  # two octaves and more under one hand
        ((39, 64), False),  # below the lowest string
        ((41, 48, 53, 57, 60, 65, 70), False),  # more notes than strings
    ],
)
def test_a_chord_is_held_or_not(pitches, can):
    assert can_hold(pitches) == can


def test_a_chord_that_no_hand_can_hold_is_voiced_anew():
    assert fingered(OPEN_E) == OPEN_E
    assert fingered((40, 45, 48)) == (40, 45, 60)  # E A C: the C is an octave higher
    for chord in ((43, 57, 60, 79), (41, 42), (40, 43, 48)):
        placed = fingered(chord)
        assert can_hold(sorted(placed))
        assert [one % 12 for one in placed] == [one % 12 for one in chord]
        assert sum(one != other for one, other in zip(placed, chord, strict=True)) <= 2


def test_what_no_voicing_holds_keeps_its_lowest_note_and_as_many_as_can_be():
    kept = [pitch for pitch in fingered((*BARRE_F, 66)) if pitch != NOWHERE]
    assert kept[0] == 41
    assert len(kept) == 6
    assert can_hold(kept)
    assert fingered((41, 42, 43, 44, 45))[0] == 41
    assert sum(pitch != NOWHERE for pitch in fingered(tuple(range(40, 85)))) > 1  # soon, too


def test_notes_that_begin_apart_are_left_as_they_are():
    notes = np.array([[0, 8, 40, 80], [2, 8, 45, 80], [4, 8, 48, 80]])
    assert np.array_equal(in_reach(notes), notes)
    chord = notes[[2, 0, 1]].copy()
    chord[:, 0] = 4
    assert in_reach(chord)[:, 2].tolist() == [60, 40, 45]
    assert len(in_reach(notes[:0])) == 0
