"""Who plays in which phrase."""

import numpy as np

from musegan.music.band import ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.sections import HABITS, entrances


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
