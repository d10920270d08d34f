"""Drawing and tracing undo one another."""

import numpy as np
import pytest

from musegan.music.pianoroll import ONSET, SUSTAIN, draw, trace


def random_notes(rng):
    """Notes that do not overlap on one pitch."""
    notes = []
    for pitch in rng.choice(128, 12, replace=False):
        edges = np.sort(rng.choice(33, 6, replace=False))
        notes += [[a, b, pitch, 80] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    notes = np.array(notes, np.int64)
    return notes[np.lexsort((notes[:, 2], notes[:, 0]))]


@pytest.mark.parametrize("seed", range(20))
def test_tracing_undoes_drawing(seed):
    notes = random_notes(np.random.default_rng(seed))
    assert trace(draw(notes, 32)).tolist() == notes.tolist()


def test_a_repeated_note_stays_two_notes():
    notes = np.array([[0, 4, 60, 80], [4, 8, 60, 80]])
    assert trace(draw(notes, 8)).tolist() == notes.tolist()


def test_a_note_ends_where_its_pitch_is_struck_again():
    notes = np.array([[0, 8, 60, 80], [4, 6, 60, 80]])
    assert trace(draw(notes, 8))[:, :2].tolist() == [[0, 4], [4, 8]]


def test_a_sustain_without_an_onset_is_no_note():
    planes = np.zeros((2, 8, 128), np.uint8)
    planes[SUSTAIN, 2:5, 60] = 1
    planes[ONSET, 6, 61] = 1
    assert trace(planes).tolist() == [[6, 7, 61, 80]]


def test_rows_begin_at_the_lowest_note():
    planes = np.zeros((2, 4, 84), np.uint8)
    planes[ONSET, 0, 0] = 1
    assert trace(planes, lowest=24)[0, 2] == 24
