"""Notes that instruments have, at velocities that follow the melody."""

import numpy as np
import pytest

from musegan.music.band import PARTS, ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.playing import (
    LOUDNESS,
    between,
    in_ticks,
    levels_around,
    playable,
    step_weights,
    with_dynamics,
)


@pytest.mark.parametrize("role", [role for role in ROLES if role is not Role.DRUMS])
def test_every_note_comes_into_range_by_octaves(role):
    notes = np.array([[2 * k, 2 * k + 1, pitch, 80] for k, pitch in enumerate(range(128))])
    moved = playable(notes, role)
    assert moved[:, 2].min() >= PARTS[role].lowest
    assert moved[:, 2].max() <= PARTS[role].highest
    assert ((moved[:, 2] - notes[:, 2]) % 12 == 0).all()


def test_a_bass_plays_the_lowest_of_a_chord_and_one_note_at_a_time():
    notes = np.array([[0, 8, 36, 80], [0, 8, 43, 80], [4, 8, 38, 80]])
    assert playable(notes, Role.BASS)[:, :3].tolist() == [[0, 4, 36], [4, 8, 38]]


def test_notes_that_fall_together_by_octaves_are_one():
    notes = np.array([[0, 4, 20, 80], [0, 4, 32, 80]])
    assert len(playable(notes, Role.STRINGS)) == 1


def test_a_downbeat_weighs_most():
    weights = step_weights(grid_of_metres([(0, 4, 4)], 1920, 480))
    assert weights[[0, 8, 4, 2, 1]].tolist() == [1.0, 0.8, 0.6, 0.3, 0.0]


def test_the_band_is_loud_where_the_melody_is_loud():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 16, 480)
    melody = np.array([[s, s + 4, 72, 40 if s < 128 else 110] for s in range(0, 256, 4)])
    band = np.array([[s, s + 2, 60, 80] for s in range(0, 256, 2)])
    levels = levels_around(melody[:, 0], melody[:, 3], grid)
    played = with_dynamics(band, Role.PIANO, levels[band[:, 0]])
    soft, loud = played[played[:, 0] < 96, 3], played[played[:, 0] > 160, 3]
    assert loud.mean() > 2 * soft.mean()
    assert played[:, :3].tolist() == band[:, :3].tolist()


def test_where_the_melody_rests_for_long_the_band_plays_as_loud_as_on_the_whole():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 1000, 480)
    melody = np.array([[0, 4, 72, 40], [15_000, 15_004, 72, 80]])
    band = np.array([[s, s + 2, 60, 80] for s in range(7_000, 8_000, 8)])
    levels = levels_around(melody[:, 0], melody[:, 3], grid)
    played = with_dynamics(band, Role.STRINGS, levels[band[:, 0]])
    assert abs(played[:, 3].mean() - 60 * 0.70) < 2


def test_only_notes_that_begin_between_two_steps_are_kept():
    notes = np.array([[0, 9, 60, 80], [4, 5, 60, 80], [8, 9, 60, 80]])
    assert between(notes, 4, 8).tolist() == [[4, 5, 60, 80]]


@pytest.mark.parametrize("role", ROLES)
def test_a_note_is_as_loud_as_the_player_times_its_role_and_its_touch(role):
    notes = np.array([[0, 1, 60, 80], [1, 2, 60, 80], [2, 3, 60, 100]])
    level = 100 * LOUDNESS[role]
    played = with_dynamics(notes, role, 100.0)
    assert played[:, 3].tolist() == [round(level), round(level), round(level * 1.25)]
    played = with_dynamics(notes, role, 100.0, np.array([40.0, 80.0, 120.0]))
    assert played[:, 3].tolist() == [round(level / 2), round(level), round(min(127, level * 1.5))]
    assert played[:, :3].tolist() == notes[:, :3].tolist()
    assert notes[:, 3].tolist() == [80, 80, 100]


def test_no_note_is_louder_than_midi_allows_or_silent():
    notes = np.array([[0, 1, 60, 80]] * 100)
    for loudness, limit in ((500.0, 127), (0.1, 1)):
        assert (with_dynamics(notes, Role.BASS, loudness)[:, 3] == limit).all()


def test_each_note_may_have_its_own_loudness_and_none_is_fine():
    notes = np.array([[0, 1, 60, 80], [1, 2, 60, 80]])
    played = with_dynamics(notes, Role.PIANO, np.array([30.0, 120.0]))
    assert played[:, 3].tolist() == [23, 94]
    assert with_dynamics(notes[:0], Role.PIANO, 80.0).shape == (0, 4)


def test_notes_are_late_and_early_by_their_share_of_the_step_and_never_before_the_song():
    grid = grid_of_metres([(0, 4, 4)], 1920, 480)
    notes = np.array([[0, 1, 36, 80], [0, 1, 42, 80], [4, 5, 38, 80], [4, 6, 42, 80]])
    assert in_ticks(notes, grid)[:, :2].tolist() == [[0, 120], [0, 120], [480, 600], [480, 720]]
    moved = in_ticks(notes, grid, np.array([-0.25, 0.25, -0.1, 0.3]))
    assert moved[:, :2].tolist() == [[0, 120], [30, 150], [468, 588], [516, 756]]
    assert moved[:, 2:].tolist() == notes[:, 2:].tolist()


def test_a_note_that_is_late_ends_where_its_key_is_struck_again():
    grid = grid_of_metres([(0, 4, 4)], 1920, 480)
    notes = np.array([[0, 1, 42, 80], [1, 2, 42, 80]])
    moved = in_ticks(notes, grid, np.array([0.4, -0.4]))
    assert moved[:, :2].tolist() == [[48, 72], [72, 192]]
