"""What a player is told of the notes of a part, and what a touch of them is."""

import numpy as np
import pytest

from musegan.music.band import DRUM_KEYS, ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.metre import parse_metre
from musegan.music.touch import (
    BETWEEN,
    CHORD,
    CLOCK,
    DRUMS,
    FARTHEST,
    HIGHEST,
    LATEST,
    LOWEST,
    NOMINAL,
    PLAYER,
    TOLD,
    VOICES,
    told,
    touch_of,
    touched,
    voices_of,
)


def grid_in(numerator, denominator, bars=4):
    return grid_of_metres([(0, numerator, denominator)], 480 * 4 * numerator * bars // denominator, 480)  # fmt: skip


def test_every_drum_is_a_voice_of_its_own_and_a_chord_has_three():
    drums = np.array([[s, s + 1, key, 90] for s, key in enumerate(DRUM_KEYS.values())])
    assert voices_of(drums, Role.DRUMS).tolist() == list(range(VOICES))
    chord = np.array([[0, 4, p, 90] for p in (48, 52, 55, 60)] + [[4, 8, 50, 90], [8, 9, 50, 90], [8, 9, 62, 90]])  # fmt: skip
    wanted = [LOWEST, BETWEEN, BETWEEN, HIGHEST, LOWEST, LOWEST, HIGHEST]
    assert voices_of(chord, Role.PIANO).tolist() == wanted
    assert voices_of(chord[:0], Role.PIANO).shape == (0,)


def test_a_player_is_told_what_is_struck_when_and_whose_part_it_is():
    grid = grid_in(4, 4)
    notes = np.array([[0, 4, 48, 90], [0, 8, 72, 90], [10, 11, 60, 90]])
    known = told(notes, Role.PIANO, grid.cell_table())
    assert known.shape == (TOLD, grid.steps)
    assert np.argwhere(known[:VOICES]).tolist() == [[LOWEST, 0], [LOWEST, 10], [HIGHEST, 0]]
    assert known[CHORD[0], [0, 10, 1]].tolist() == [0.5, 0.25, 0]
    assert known[CHORD[1], [0, 10]].tolist() == [
        0.5,
        0,
    ]  # the highest, in two octaves from middle C
    assert known[CHORD[2], [0, 10]].tolist() == [-0.5, 0]
    assert known[CHORD[3], 0] == pytest.approx(np.log2(9) / 4)
    assert (known[PLAYER].sum(1) == grid.steps * np.eye(5)[ROLES.index(Role.PIANO)]).all()
    assert not known[DRUMS].any()
    assert told(notes[:0], Role.DRUMS, grid.cell_table())[DRUMS].all()
    np.testing.assert_array_equal(told(notes, Role.GUITAR, grid.cell_table()), known)


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8", "7/8", "5/4"])
def test_the_clock_is_the_same_in_every_bar_live_and_in_a_song(metre):
    numerator, denominator = map(int, metre.split("/"))
    grid, live = grid_in(numerator, denominator), parse_metre(metre)
    none = np.zeros((0, 4), np.int64)
    clock = told(none, Role.BASS, grid.cell_table())[CLOCK]
    bars = clock.reshape(len(CLOCK), grid.bars, -1)
    assert (bars == bars[:, :1]).all()
    assert len(np.unique(bars[:, 0], axis=1).T) == bars.shape[2]  # no two steps of a bar are alike
    per_bar = live.cells_per_bar
    beside = told(none, Role.BASS, live.places(per_bar, 3 * per_bar))[CLOCK]
    np.testing.assert_array_equal(beside, clock[:, live.steps : 3 * live.steps])


def test_notes_outside_the_cells_are_not_told():
    grid = grid_in(4, 4)
    notes = np.array([[0, 1, 60, 90], [16, 17, 60, 90], [40, 41, 60, 90]])
    known = told(notes, Role.BASS, grid.cell_table()[2:4])
    assert known.shape == (TOLD, 16)
    assert np.argwhere(known[:VOICES]).tolist() == [[LOWEST, 0]]


def test_the_touch_of_a_part_is_read_back_as_it_was():
    notes = np.array([[0, 4, 48, 60], [0, 4, 64, 100], [4, 8, 50, 80]])
    delays = np.array([0.1, -0.05, 0.2])
    touch, there = touch_of(notes, Role.PIANO, np.full(8, 80.0), delays)
    assert there.sum() == 3
    assert not touch.reshape(2, VOICES, 8)[:, ~there].any()
    found = touched(notes, Role.PIANO, touch)
    np.testing.assert_allclose(found.velocities, notes[:, 3], atol=1e-4)
    np.testing.assert_allclose(found.delays, delays, atol=1e-6)


def test_touch_is_beside_the_level_around():
    notes = np.array([[0, 1, 36, 50], [4, 5, 36, 30]])
    touch, _ = touch_of(notes, Role.DRUMS, np.full(8, 40.0), np.zeros(2))
    found = touched(notes, Role.DRUMS, touch)
    np.testing.assert_allclose(found.velocities, [NOMINAL * 1.25, NOMINAL * 0.75], rtol=1e-5)


def test_notes_between_the_lowest_and_the_highest_share_their_mean():
    notes = np.array([[0, 4, p, v] for p, v in ((40, 80), (50, 60), (55, 70), (64, 80))])
    touch, _ = touch_of(notes, Role.PIANO, np.full(4, 80.0), np.zeros(4))
    np.testing.assert_allclose(touched(notes, Role.PIANO, touch).velocities, [80, 65, 65, 80], rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_no_note_is_struck_as_nobody_would(role):
    notes = np.array([[0, 1, 36, 1], [1, 2, 36, 127]])
    touch, _ = touch_of(notes, role, np.full(2, 40.0), np.zeros(2))
    assert touched(notes, role, 3 * touch).velocities.tolist() == [80 + n for n in FARTHEST[role]]


def test_no_note_is_so_late_that_it_is_another_steps():
    notes = np.array([[0, 1, 36, 80], [1, 2, 36, 80]])
    touch, _ = touch_of(notes, Role.DRUMS, np.full(2, 80.0), np.array([3.0, -3.0]))
    assert touched(notes, Role.DRUMS, touch).delays.tolist() == [LATEST, -LATEST]
    assert LATEST < 0.5
