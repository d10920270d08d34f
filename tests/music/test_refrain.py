"""Where a melody comes again."""

import numpy as np

from musegan.music.grid import grid_of_metres
from musegan.music.refrain import refrains


def cells(*bars):
    """Melodies of bars of two cells, a pitch for each quarter, None a rest -> (cell, step, pitch)."""
    onsets = np.zeros((2 * len(bars), 8, 72), bool)
    for bar, pitches in enumerate(bars):
        for beat, pitch in enumerate(pitches):
            if pitch is not None:
                onsets[2 * bar + beat // 2, beat % 2 * 4, pitch] = True
    return onsets


def table(count, metres=((0, 4, 4),)):
    return grid_of_metres(metres, 1920 * count, 480).cell_table()


VERSE = [(30, 31, 33, 30), (35, 33, 31, 30), (38, 36, 35, 33), (31, 30, 28, 30)]
OTHER = [(40, 41, 43, 40), (45, 43, 41, 40), (48, 46, 45, 43), (41, 40, 38, 40)]


def test_a_verse_that_is_sung_again_points_to_where_it_was():
    ago = refrains(cells(*VERSE, *OTHER, *VERSE), table(12))
    assert ago.tolist() == [0] * 16 + [16] * 8


def test_of_equal_passages_the_last_counts_and_the_likest_of_all():
    thrice = refrains(cells(*VERSE, *OTHER, *VERSE, *VERSE), table(16))
    assert thrice[24:].tolist() == [8] * 8
    changed = [(30, 31, 33, 29), *VERSE[1:]]
    ago = refrains(cells(*VERSE, *OTHER, *changed, *OTHER[::-1], *VERSE), table(20))
    assert ago[16:24].tolist() == [16] * 8
    assert ago[32:].tolist() == [32] * 8  # the exact one rather than the changed one, 16 ago


def test_a_passage_may_differ_in_a_note_of_five_and_no_more():
    def with_changes(count):
        flat = [pitch for bar in VERSE for pitch in bar]
        flat[: 3 * count : 3] = [10] * count
        return [tuple(flat[4 * bar : 4 * bar + 4]) for bar in range(4)]

    # n of 16 notes changed: 16 - n are in both, 16 + n in either
    assert refrains(cells(*VERSE, *with_changes(1)), table(8))[8:].all()
    assert not refrains(cells(*VERSE, *with_changes(2)), table(8)).any()


def test_three_bars_again_are_no_refrain_and_rests_are_not_either():
    assert not refrains(cells(*VERSE, *OTHER, *VERSE[:3], OTHER[3]), table(12)).any()
    assert not refrains(cells(*VERSE, *[(None,) * 4] * 8), table(12)).any()
    assert not refrains(cells(*VERSE), table(4)).any()
    assert refrains(np.zeros((0, 8, 72), bool), table(1)[:0]).tolist() == []


def test_bars_of_another_form_are_not_the_same():
    waltz = grid_of_metres([(0, 4, 4), (1920 * 4, 3, 4)], 1920 * 4 + 1440 * 4, 480).cell_table()
    melody = cells(*VERSE, *VERSE)
    assert refrains(melody, table(8))[8:].all()
    assert not refrains(melody[: len(waltz)], waltz).any()
