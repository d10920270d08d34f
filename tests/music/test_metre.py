"""A metre that goes on for ever."""

import numpy as np
import pytest

from musegan.errors import ConfigError
from musegan.music.grid import grid_of_metres
from musegan.music.metre import TICKS, Metre, parse_metre

USUAL = ["4/4", "3/4", "6/8", "7/8", "5/4", "2/2", "12/8", "3/8", "5/8", "7/16", "1/4"]


@pytest.mark.parametrize("text", USUAL)
def test_steps_beats_and_cells_lie_where_those_of_a_long_grid_lie(text):
    metre = parse_metre(text)
    bars = 5
    grid = grid_of_metres(
        [(0, metre.numerator, metre.denominator)], bars * metre.quarters * TICKS, TICKS
    )
    quarters = grid.step_ticks / TICKS
    assert [metre.quarter_of(step) for step in range(grid.steps + 1)] == quarters.tolist()
    beats = [metre.quarter_of_beat(beat) for beat in range(len(grid.beat_starts))]
    assert beats == quarters[grid.beat_starts].tolist()
    cells = [metre.step_of_cell(cell) for cell in range(grid.cells + 1)]
    assert cells == grid.cell_starts.tolist()
    assert [metre.cell_steps(cell) for cell in range(grid.cells)] == np.diff(cells).tolist()
    assert metre.places(0, grid.cells).tolist() == grid.cell_table().tolist()
    assert [metre.bar_at(quarter) for quarter in quarters[grid.bar_starts]] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("text", USUAL)
def test_what_lies_before_the_first_downbeat_is_as_regular(text):
    metre = parse_metre(text)
    for step in range(-2 * metre.steps, 2 * metre.steps):
        quarter = metre.quarter_of(step)
        assert metre.quarter_of(step + metre.steps) == quarter + metre.quarters
        assert metre.nearest_step(quarter) == step
        assert metre.nearest_step(quarter + 0.12) == step
        assert metre.nearest_step(quarter - 0.12) == step
    for cell in range(-2 * metre.cells_per_bar, 0):
        assert metre.quarter_of_cell(cell) < metre.quarter_of_cell(cell + 1)
    assert metre.quarter_of_beat(-metre.beats_per_bar) == -metre.quarters
    places = metre.places(-metre.cells_per_bar, 0)
    assert places[0, 0] == -metre.steps
    assert places[:, 1:].tolist() == metre.places(0, metre.cells_per_bar)[:, 1:].tolist()


@pytest.mark.parametrize(
    ("text", "quarters", "steps", "beats", "cells", "beat"),
    [
        ("4/4", 4.0, 16, 4, (0, 8, 16), 1.0),
        ("3/4", 3.0, 12, 3, (0, 8, 12), 1.0),
        ("6/8", 3.0, 12, 2, (0, 6, 12), 1.5),
        ("7/8", 3.5, 14, 3, (0, 8, 14), 1.0),
        ("2/2", 4.0, 16, 4, (0, 8, 16), 1.0),
    ],
)
def test_usual_bars_have_these_parts(text, quarters, steps, beats, cells, beat):
    metre = parse_metre(text)
    assert (metre.quarters, metre.steps, metre.beats_per_bar) == (quarters, steps, beats)
    assert (metre.cells, metre.beat_quarters) == (cells, beat)


def test_a_position_half_way_between_two_steps_is_of_the_later():
    assert Metre().nearest_step(0.125) == 1
    assert Metre().nearest_step(-0.125) == 0


def test_positions_of_no_size_before_a_downbeat_are_the_downbeat():
    assert Metre().nearest_step(-1e-17) == 0
    assert Metre().nearest_step(8 - 1e-15) == 32


@pytest.mark.parametrize(
    ("quarter", "bar", "beat"),
    [(0, 0, 0), (0.99, 0, 0), (1.0, 0, 1), (3.99, 0, 3), (4.0, 1, 0), (-0.01, -1, 3), (-4, -1, 0)],
)
def test_bar_and_beat_of_a_position(quarter, bar, beat):
    assert (Metre().bar_at(quarter), Metre().beat_at(quarter)) == (bar, beat)


def test_the_second_beat_of_six_eight_begins_with_the_fourth_eighth():
    metre = Metre(6, 8)
    assert [metre.beat_at(quarter) for quarter in (0, 1.49, 1.5, 2.99)] == [0, 0, 1, 1]


def test_hours_later_steps_lie_exactly_where_they_should():
    metre = Metre(7, 8)
    assert metre.quarter_of(100_000 * 14 + 3) == 100_000 * 3.5 + 0.75
    assert metre.nearest_step(100_000 * 3.5 + 0.75) == 100_000 * 14 + 3


def test_no_cells_have_no_places():
    assert Metre().places(3, 3).shape == (0, 5)


@pytest.mark.parametrize("text", ["4/4", " 6 / 8 ", "12/8", "24/1"])
def test_a_metre_reads_as_it_is_written(text):
    assert str(parse_metre(text)) == text.replace(" ", "")


@pytest.mark.parametrize("text", ["", "4", "4/", "/4", "4:4", "-4/4", "4/4/4", "four", "4.5/4"])
def test_what_is_no_metre_is_told_how_to_be_one(text):
    with pytest.raises(ConfigError, match="write it as 4/4"):
        parse_metre(text)


@pytest.mark.parametrize("text", ["0/4", "4/0", "4/3", "25/4", "3/16", "1/8", "4/32"])
def test_an_impossible_metre_is_told_what_is_possible(text):
    with pytest.raises(ConfigError, match=f"metre {text}: bars have 1 to 24 notes"):
        parse_metre(text)


def test_equal_metres_are_equal():
    assert Metre(3, 4) == parse_metre("3/4") != Metre(6, 8)
    assert hash(Metre(3, 4)) == hash(Metre(3, 4))


@pytest.mark.parametrize("text", USUAL)
def test_many_positions_have_the_steps_that_each_has_alone(text):
    metre = parse_metre(text)
    sixteenths = np.arange(-200, 200) / 8
    quarters = np.concatenate([sixteenths, np.random.default_rng(0).uniform(-1e6, 1e6, 500)])
    alone = [metre.nearest_step(quarter) for quarter in quarters.tolist()]
    assert metre.nearest_steps(quarters).tolist() == alone
