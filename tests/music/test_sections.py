"""Who plays in which phrase."""

import numpy as np
import pytest

from musegan.music.band import ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.sections import HABITS, entrances, phrase_roles, span_of_band


def test_roles_come_and_go_as_often_as_their_habits_say():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4 * 2000, 480)
    plays = entrances(grid, 0, grid.cells, ROLES, seed=0)[::8]
    strings = plays[:, ROLES.index(Role.STRINGS)]
    assert abs(strings.mean() - HABITS[Role.STRINGS].share) < 0.04
    assert abs((strings[1:] == strings[:-1]).mean() - HABITS[Role.STRINGS].stay) < 0.02
    assert plays[:, :3].all()


def test_changes_come_between_phrases_of_four_bars():
    grid = grid_of_metres([(0, 3, 4)], 1440 * 400, 480)
    plays = entrances(grid, 4, grid.cells, ROLES, seed=3)
    changes = np.flatnonzero((plays[1:] != plays[:-1]).any(1)) + 1
    assert len(changes) > 0
    assert (changes % 8 == 0).all()


def test_strings_alone_always_play():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 100, 480)
    assert entrances(grid, 0, grid.cells, [Role.STRINGS], seed=1).all()


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (0, 64, (0, 64)),
        (2, 62, (0, 64)),  # a rest on the first eighth: the band is there on the downbeat
        (12, 64, (16, 64)),  # the melody picks up before the first bar
        (28, 64, (32, 64)),
        (12, 14, (0, 16)),  # nothing but a pick-up: the band plays it
        (16, 37, (16, 40)),  # the band ends with the beat in which the melody ends
    ],
)
def test_the_band_enters_after_a_pick_up_and_ends_with_the_melody(begin, end, expected):
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4, 480)
    melody = np.array([[begin, begin + 1, 60, 80], [end - 1, end, 60, 80]])
    assert span_of_band(melody, grid) == expected


def test_a_first_bar_that_is_cut_short_is_a_pick_up():
    grid = grid_of_metres([(0, 1, 4), (480, 4, 4)], 480 + 1920 * 2, 480)
    melody = np.array([[0, 4, 60, 80], [4, 20, 64, 80]])
    assert span_of_band(melody, grid) == (4, 20)
    assert span_of_band(melody[:1], grid) == (0, 4)


def test_music_without_a_known_end_has_the_phrases_of_a_song_as_long():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4 * 200, 480)
    for seed in range(3):
        plays = entrances(grid, 0, grid.cells, ROLES, seed)[::8]
        assert plays.any(0).all()  # nobody plays all through because he would rest all through
        for phrase, row in enumerate(plays[:60]):
            playing = tuple(role for role, there in zip(ROLES, row, strict=True) if there)
            assert phrase_roles(phrase, ROLES, seed) == playing


def test_a_phrase_is_the_same_whenever_it_is_asked_for():
    first = [phrase_roles(phrase, ROLES, 5) for phrase in range(40)]
    assert [phrase_roles(phrase, ROLES, 5) for phrase in reversed(range(40))] == first[::-1]
    assert len(set(first)) > 1


def test_where_all_would_rest_all_play():
    for seed in range(40):
        assert phrase_roles(3, [Role.STRINGS], seed) == (Role.STRINGS,)
        assert phrase_roles(3, [Role.GUITAR, Role.STRINGS], seed)
    assert phrase_roles(3, [], 0) == ()
