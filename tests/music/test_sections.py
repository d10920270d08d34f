"""Who plays in which phrase."""

import numpy as np
import pytest

from musegan.music.band import ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.sections import (
    HABITS,
    PHRASE_BARS,
    bar_roles,
    breaths,
    entrances,
    habits_of,
    phrase_roles,
    span_of_band,
)


def even(grid, every=4):
    """A melody of quarters."""
    return np.array([[s, s + every, 60, 80] for s in range(0, grid.steps - every, every)])


@pytest.mark.parametrize("style", ["pop", "rock", "classical", "polka", None])
def test_roles_come_and_go_as_often_as_their_habits_say(style):
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4 * 2000, 480)
    plays = entrances(grid, 0, grid.cells, ROLES, 0, even(grid), style)[::8]
    for role in (Role.GUITAR, Role.STRINGS):
        habit, states = habits_of(style)[role], plays[:, ROLES.index(role)]
        assert abs(states.mean() - habit.share) < 0.05
        assert abs(states[1:][states[:-1]].mean() - habit.stays) < 0.02
        assert abs(states[1:][~states[:-1]].mean() - habit.returns) < 0.1
    assert plays[:, :3].all()


def test_changes_come_between_phrases_of_four_bars():
    grid = grid_of_metres([(0, 3, 4)], 1440 * 400, 480)
    plays = entrances(grid, 4, grid.cells, ROLES, 3, even(grid))
    changes = np.flatnonzero((plays[1:] != plays[:-1]).any(1)) + 1
    assert len(changes) > 0
    assert (changes % 8 == 0).all()


def test_strings_alone_always_play():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 100, 480)
    assert entrances(grid, 0, grid.cells, [Role.STRINGS], 1, even(grid)).all()
    assert not breaths(grid, 0, grid.cells, [Role.STRINGS], 1, even(grid)).any()


def test_strings_play_more_where_less_is_sung():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4 * 1000, 480)
    melody = even(grid)
    busy = (
        melody[:, 0] // 64 % 2 == 0
    )  # every second phrase; in the others a half note for two quarters
    melody = melody[busy | (melody[:, 0] % 8 == 0)]
    plays = entrances(grid, 0, grid.cells, ROLES, 0, melody, "pop")[::8, ROLES.index(Role.STRINGS)]
    assert plays[1::2].mean() > plays[::2].mean() + 0.04


def test_songs_of_other_lengths_have_other_entrances():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 400, 480)
    whole = entrances(grid, 0, grid.cells, ROLES, 0, even(grid))
    shorter = entrances(grid, 0, grid.cells - 8, ROLES, 0, even(grid))
    assert (whole[: len(shorter)] != shorter).any()


def test_strings_leave_out_bars_that_are_sung_but_never_a_whole_phrase():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 4 * 1000, 480)
    melody = even(grid)
    sung = melody[:, 0] // 16 % 2 == 0  # every second bar
    left = breaths(grid, 0, grid.cells, ROLES, 0, melody[sung], "pop")
    assert not left[:, [ROLES.index(role) for role in ROLES if role not in HABITS["pop"]]].any()
    bars = left[::2, ROLES.index(Role.STRINGS)]
    assert (left[1::2, ROLES.index(Role.STRINGS)] == bars).all()
    phrases = bars.reshape(-1, 4)
    assert not phrases.all(1).any()
    some = phrases.any(1)
    breathing = 1 - (1 - 0.51) ** 2 * (1 - 0.10) ** 2  # of those that breathe leave out a bar
    assert abs(some.mean() - 0.38 * breathing) < 0.04
    assert abs(phrases[some, ::2].mean() - 0.51 / breathing) < 0.06
    assert abs(phrases[some, 1::2].mean() - 0.10 / breathing) < 0.04


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


@pytest.mark.parametrize("style", ["pop", "rock"])
def test_music_without_a_known_end_has_phrases_by_the_same_habits(style):
    planned = [
        phrase_roles(phrase, ROLES, seed, style) for phrase in range(40) for seed in range(40)
    ]
    assert all(set(ROLES[:3]) <= set(playing) for playing in planned)
    for role in (Role.GUITAR, Role.STRINGS):
        share = np.mean([role in playing for playing in planned])
        assert abs(share - habits_of(style)[role].share) < 0.05


def test_a_phrase_is_the_same_whenever_it_is_asked_for():
    first = [phrase_roles(phrase, ROLES, 5) for phrase in range(40)]
    assert [phrase_roles(phrase, ROLES, 5) for phrase in reversed(range(40))] == first[::-1]
    assert len(set(first)) > 1


def test_live_strings_rest_by_what_was_sung_in_the_bar_before_but_never_through_a_phrase():
    after, phrases = {True: [], False: []}, []
    for seed in range(1200):
        sung = [True, True, False, False] if seed % 2 else [False, True, True, False]
        planned = phrase_roles(1, ROLES, seed, "pop")
        bars = [
            bar_roles([True] * 3 + sung[:1] + sung[1 : 1 + n], ROLES, seed, "pop")
            for n in range(PHRASE_BARS)
        ]
        for bar in bars:
            assert set(bar) <= set(planned)
            assert set(planned) - set(bar) <= {Role.GUITAR, Role.STRINGS}
        if Role.STRINGS not in planned:
            assert all(Role.STRINGS not in bar for bar in bars)
            continue
        rests = [Role.STRINGS not in bar for bar in bars]
        phrases.append(any(rests))
        assert not all(rests)
        if any(rests):
            for before, rest in zip(sung, rests, strict=True):
                after[before].append(rest)
    breathing = 1 - (1 - 0.51) ** 2 * (1 - 0.24) ** 2  # of those that breathe leave out a bar
    assert abs(np.mean(phrases) - 0.38 * breathing) < 0.05
    assert abs(np.mean(after[True]) - 0.51 / breathing) < 0.06
    assert abs(np.mean(after[False]) - 0.24 / breathing) < 0.06


def test_strings_that_play_alone_rest_in_no_bar():
    for seed in range(40):
        assert bar_roles([True] * 5, [Role.STRINGS], seed, "pop") == (Role.STRINGS,)


def test_where_all_would_rest_all_play():
    for seed in range(40):
        assert phrase_roles(3, [Role.STRINGS], seed) == (Role.STRINGS,)
        assert phrase_roles(3, [Role.GUITAR, Role.STRINGS], seed)
    assert phrase_roles(3, [], 0) == ()
