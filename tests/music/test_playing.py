"""Notes that instruments have, at velocities that follow the melody."""

import numpy as np
import pytest

from musegan.music.band import PARTS, ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.playing import between, playable, step_weights, with_dynamics


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
    played = with_dynamics(band, Role.PIANO, melody, grid, np.random.default_rng(0))
    soft, loud = played[played[:, 0] < 96, 3], played[played[:, 0] > 160, 3]
    assert loud.mean() > 2 * soft.mean()
    assert played[:, :3].tolist() == band[:, :3].tolist()


def test_where_the_melody_rests_for_long_the_band_plays_as_loud_as_on_the_whole():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 1000, 480)
    melody = np.array([[0, 4, 72, 40], [15_000, 15_004, 72, 80]])
    band = np.array([[s, s + 2, 60, 80] for s in range(7_000, 8_000, 8)])
    played = with_dynamics(band, Role.STRINGS, melody, grid, np.random.default_rng(0))
    assert abs(played[:, 3].mean() - 60 * 0.70) < 2


def test_only_notes_that_begin_between_two_steps_are_kept():
    notes = np.array([[0, 9, 60, 80], [4, 5, 60, 80], [8, 9, 60, 80]])
    assert between(notes, 4, 8).tolist() == [[4, 5, 60, 80]]
