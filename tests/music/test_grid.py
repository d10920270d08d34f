"""The grid, metre by metre, and the feel of a melody."""

import numpy as np
import pytest

from musegan.music.grid import (
    beats_of_metre,
    cells_of_bar,
    grid_of_beats,
    grid_of_metres,
    measure_feel,
)


@pytest.mark.parametrize(
    ("metre", "steps", "cells"),
    [
        ((4, 4), 16, [8, 8]),
        ((3, 4), 12, [8, 4]),
        ((2, 4), 8, [8]),
        ((2, 2), 16, [8, 8]),
        ((6, 8), 12, [6, 6]),
        ((12, 8), 24, [6, 6, 6, 6]),
        ((9, 8), 18, [6, 6, 6]),
        ((5, 4), 20, [8, 4, 8]),
        ((7, 8), 14, [8, 6]),
        ((5, 8), 10, [6, 4]),
        ((3, 8), 6, [6]),
        ((1, 8), 2, [2]),
        ((7, 16), 7, [7]),
    ],
)
def test_a_bar_of_each_metre_has_its_steps_and_cells(metre, steps, cells):
    beats = [count for _, count in beats_of_metre(*metre)]
    assert sum(beats) == steps
    assert cells_of_bar(beats) == cells


@pytest.mark.parametrize("metre", [(4, 4), (6, 8), (7, 8), (5, 4), (11, 16), (13, 32)])
def test_the_beats_of_a_bar_are_as_long_as_the_bar(metre):
    numerator, denominator = metre
    assert sum(q for q, _ in beats_of_metre(*metre)) == pytest.approx(4 * numerator / denominator)


def test_metre_changes_begin_bars_where_they_are_written():
    grid = grid_of_metres([(0, 4, 4), (1920, 3, 4), (1920 + 1440, 6, 8)], 5000, 480)
    assert grid.step_ticks[grid.bar_starts].tolist() == [0, 1920, 3360, 4800, 6240]
    assert np.diff(grid.bar_starts).tolist() == [16, 12, 12, 12]


def test_a_file_without_a_metre_is_in_four():
    assert grid_of_metres([], 1920 * 2, 480).bars == 2


def test_a_metre_that_cuts_a_bar_short_leaves_a_short_bar():
    grid = grid_of_metres([(0, 4, 4), (960, 4, 4)], 960 + 1920, 480)
    assert np.diff(grid.bar_starts).tolist() == [8, 16]


def test_notes_fall_on_the_nearest_step_and_last_at_least_one():
    grid = grid_of_metres([(0, 4, 4)], 1920, 480)
    notes = np.array([[130, 140, 60, 90], [5, 475, 64, 80]])
    assert grid.quantise(notes).tolist() == [[0, 4, 64, 80], [1, 2, 60, 90]]


def test_swung_eighths_move_the_steps_with_them():
    grid = grid_of_metres([(0, 4, 4)], 1920, 480, feel="swing", swing=2 / 3)
    assert grid.step_ticks[:5].tolist() == pytest.approx([0, 160, 320, 400, 480])
    assert grid.nearest_steps([320]).tolist() == [2]


def test_triplets_get_six_steps_a_beat():
    grid = grid_of_metres([(0, 4, 4)], 1920, 480, feel="triplet")
    assert grid.steps == 24
    assert np.diff(grid.cell_starts).tolist() == [6, 6, 6, 6]
    assert grid.nearest_steps([160, 320]).tolist() == [2, 4]


def test_the_cell_table_says_where_each_cell_lies():
    grid = grid_of_metres([(0, 7, 8)], 1680, 480)
    assert grid.cell_table().tolist() == [[0, 8, 0, 2, 0], [8, 6, 1, 2, 8]]


def test_beats_of_a_performance_make_bars_at_the_downbeats():
    beats = np.array([0.0, 500, 1010, 1500, 2020, 2500])
    grid = grid_of_beats(beats, np.array([False, True, False, False, True]))
    assert grid.bar_starts.tolist() == [0, 4, 16, 20]
    assert grid.step_ticks[[4, 8]].tolist() == [500, 1010]


@pytest.mark.parametrize(
    ("places", "feel", "swing"),
    [
        ([0, 0.5, 0.25, 0.75], "straight", 0.5),
        ([0, 0.66], "swing", 0.66),
        ([0, 0.6], "swing", 0.6),
        ([0, 1 / 3, 2 / 3], "triplet", 0.5),
        ([0], "straight", 0.5),
        ([0, 0.5, 0.5, 0.5, 2 / 3], "straight", 0.5),
    ],
)
def test_the_feel_is_heard_in_where_onsets_fall(places, feel, swing):
    phases = np.tile(places, 20) + 0.004
    found, second = measure_feel(phases)
    assert found == feel
    assert second == pytest.approx(swing, abs=0.01)


def test_notes_outside_the_grid_are_left_out():
    grid = grid_of_beats(np.arange(5) * 480.0 + 960, np.array([True, False, False, False]))
    starts = np.array([0, 890, 910, 960, 2800, 2870, 2880])
    notes = np.column_stack([starts, starts + 100, np.full(7, 60), np.full(7, 80)])
    assert grid.quantise(notes)[:, 0].tolist() == [0, 0, 15, 15]


def test_a_longer_grid_has_more_bars_like_its_last():
    whole = grid_of_metres([(0, 4, 4), (1920, 6, 8)], 1920 + 1440 * 5 - 1, 480)
    part = whole.bars_between(0, 3).longer(3)
    assert np.allclose(part.step_ticks, whole.step_ticks)
    assert np.array_equal(part.bar_starts, whole.bar_starts)
    assert np.array_equal(part.beat_starts, whole.beat_starts)
    assert np.array_equal(part.cell_starts, whole.cell_starts)
    assert part.longer(0) is part
    assert [whole.bar_at(15), whole.bar_at(16), whole.cell_at(7), whole.cell_at(8)] == [0, 1, 0, 1]
