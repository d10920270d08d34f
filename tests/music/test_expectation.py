"""What is expected of melodies that repeat themselves, and of those that do not."""

import numpy as np
import pytest

from musegan.music.expectation import SILENCE, Expectation, agreement, expect

TUNE = (60, 64, 67, 65, 62, 69, 71, 67, 60, 65, 64, 62, 67, 71, 74, 72)  # quarters, four bars


def heard(pitches, length=4):
    """A melody of quarters that ends at step 0."""
    count = len(pitches)
    rows = [
        (length * (at - count), length * (at - count + 1), p, 80) for at, p in enumerate(pitches)
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def certain(*classes):
    """Each of these pitch classes for four steps."""
    return Expectation(np.repeat(np.eye(12)[list(classes)], 4, 0), 0, 0.0)


def sounding(*chords):
    """Each of these chords for four steps, (1, step, 12)."""
    roll = np.zeros((len(chords), 12), bool)
    for row, chord in zip(roll, chords, strict=True):
        row[list(chord)] = True
    return np.repeat(roll, 4, 0)[None]


@pytest.mark.parametrize("played", [4, 6, 9, 13])
def test_a_tune_that_comes_again_is_expected_to_go_on_as_before(played):
    expected = expect(heard(TUNE + TUNE[:played]), 16, 8)
    coming = (TUNE + TUNE)[played : played + 2]
    assert expected.lag == 64
    assert expected.likeness > 0.85
    assert expected.classes.argmax(1).tolist() == [p % 12 for p in np.repeat(coming, 4)]
    assert expected.classes.sum(1) == pytest.approx(np.ones(8))


def test_a_tune_that_is_new_is_expected_to_keep_to_its_notes():
    expected = expect(heard(TUNE[:6]), 16, 8)
    assert expected.likeness < 0.3
    used = expected.classes[:, [0, 2, 4, 5, 7, 9]].sum(1)
    assert (used > 0.8).all()


@pytest.mark.parametrize("pitches", [(), (60,), (60, 64)])
def test_where_hardly_anything_was_heard_nothing_is_remembered(pitches):
    expected = expect(heard(pitches), 16, 8)
    assert (expected.lag, expected.likeness) == (0, 0.0)
    assert expected.classes.shape == (8, 12)
    assert expected.classes.sum(1) == pytest.approx(np.ones(8))
    if pitches:
        assert (expected.classes.argmax(1) == 0).all()


def test_what_begins_in_the_unheard_steps_is_not_looked_at():
    tune = heard(TUNE + TUNE[:5])
    wrong = tune.copy()
    wrong[-1] = -1, 0, 61, 80  # begins in the last step
    wrong = np.concatenate([wrong, [[-4, -1, TUNE[4], 80]]])
    one, other = expect(tune, 16, 8), expect(wrong, 16, 8)
    assert one.lag == other.lag
    assert np.array_equal(one.classes, other.classes)


def test_of_notes_that_sound_at_once_the_highest_is_the_melody():
    tune = heard(TUNE + TUNE[:6])
    below = tune.copy()
    below[:, 2] -= 13
    both = np.concatenate([below, tune])
    assert np.array_equal(expect(both, 16, 8).classes, expect(tune, 16, 8).classes)


def test_a_fitting_chord_agrees_better_than_a_clash_and_silence_worst():
    expected = certain(0, 7)
    bands = [((0, 4, 7), (0, 4, 7)), ((5, 9, 0), (5, 9, 0)), ((1, 6, 10), (1, 6, 10)), ((), ())]
    roll = np.concatenate([sounding(*band) for band in bands])
    fits, half_fits, clashes, silent = agreement(roll, expected, np.array([8])).tolist()
    assert fits > half_fits > clashes
    assert silent == pytest.approx(SILENCE)
    assert clashes < -1.5


def test_agreement_is_half_the_consonance_and_the_share_in_the_chord_less_the_distance():
    alone = agreement(sounding((0,), (7,)), certain(0, 7), np.array([8]))
    assert alone.tolist() == pytest.approx([1.0])  # unison: PCS 1, NiC 1, MCTD 0


@pytest.mark.parametrize("lengths", [[8], [6], [8, 6], [4], [8, 4], [5]])
def test_cells_of_any_length_are_judged(lengths):
    steps = sum(lengths)
    expected = Expectation(np.full((steps, 12), 1 / 12), 0, 0.0)
    bands = np.ones((3, steps, 12), bool)
    assert agreement(bands, expected, np.array(lengths)).shape == (3,)
