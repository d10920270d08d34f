import numpy as np
import pytest

from musegan.evaluate.twosample import told_apart

SONGS = np.repeat(np.arange(20), 10)


def test_equal_distributions_are_told_apart_as_by_a_coin():
    random = np.random.default_rng(0)
    real, ours = random.standard_normal((2, 200, 4))
    told = told_apart(real, ours, SONGS, SONGS)
    assert told.low < 0.5 < told.high
    assert told.accuracy == pytest.approx(0.5, abs=0.08)


def test_the_very_same_windows_give_exactly_a_half():
    real = np.random.default_rng(1).standard_normal((200, 4))
    assert told_apart(real, real, SONGS, SONGS).accuracy == 0.5


def test_a_shift_gives_ours_away():
    random = np.random.default_rng(2)
    real, ours = random.standard_normal((2, 200, 4))
    told = told_apart(real, ours + 5, SONGS, SONGS)
    assert told.accuracy > 0.98
    assert told.low > 0.95


def test_what_only_names_the_song_does_not_help():
    random = np.random.default_rng(3)
    of_song = random.standard_normal((20, 1)).repeat(10, axis=0)
    real = np.concatenate([of_song, random.standard_normal((200, 1))], axis=1)
    ours = np.concatenate([of_song + 1e-3, random.standard_normal((200, 1))], axis=1)
    assert told_apart(real, ours, SONGS, SONGS).accuracy < 0.6


def test_one_song_cannot_be_cross_validated():
    one = np.zeros((4, 2))
    with pytest.raises(ValueError, match="two or more; got 1"):
        told_apart(one, one, np.zeros(4, int), np.zeros(4, int))
