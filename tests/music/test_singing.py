"""A line's faults are counted, and its end is brought home."""

import numpy as np
import pytest

from musegan.music.grid import grid_of_metres
from musegan.music.singing import faults, mode_of, settled, sung


def line(*pitches, steps=4):
    return np.array([[steps * k, steps * k + steps, p, 80] for k, p in enumerate(pitches)])


PLAIN = line(60, 62, 64, 65, 67, 65, 64, 62)


def test_a_plain_line_has_no_faults():
    assert faults(PLAIN, 0, 32, None, None) == 0


def test_a_long_rest_counts_by_its_bars_half_and_a_breath_does_not():
    assert faults(PLAIN, 0, 32 + 10, None, None) == 0
    assert faults(PLAIN, 0, 32 + 18, None, None) == 1


def test_time_out_of_the_key_counts_double():
    off = line(60, 61, 64, 66, 67, 65, 64, 62)
    assert faults(off, 0, 32, None, None) == pytest.approx(2 * 2 / 8)


def test_leaps_count_by_what_they_have_beyond_a_fourth():
    wide = line(60, 72, 60)
    assert faults(wide, 0, 12, None, None) == pytest.approx(12 - 5)


def test_silence_is_the_worst():
    assert faults(np.zeros((0, 4), np.int64), 0, 32, None, None) == 10


def test_a_tune_should_end_on_a_long_tonic():
    home = np.array([[0, 8, 67, 80], [8, 16, 60, 80]])
    third, away = (home + np.array([[0], [1]]) * np.array([0, 0, by, 0]) for by in (4, 2))
    ends = [faults(one, 0, 16, "major", 16) - faults(one, 0, 16, "major", None) for one in (home, third, away)]  # fmt: skip
    assert ends == pytest.approx([0, 0.7, 2])


def test_a_mode_that_is_asked_for_is_told_from_the_other():
    minor = line(57, 60, 64, 57)
    assert faults(minor, 0, 16, "minor", None) < faults(minor, 0, 16, "major", None)
    assert mode_of(line(69, 71, 72, 76, 69, 68, 69, 69)) == "minor"
    assert mode_of(line(60, 64, 67, 65, 67, 59, 60, 60)) == "major"


@pytest.mark.parametrize(("last", "home"), [(62, 60), (65, 64), (69, 67), (60, 60), (71, 72)])
def test_a_line_settles_on_the_nearest_note_of_its_triad_and_is_held(last, home):
    settled_line = settled(line(60, 64, last), 16, 16, "major")
    assert settled_line[-1].tolist() == [8, 16, home, 80]
    assert settled_line[:-1].tolist() == line(60, 64).tolist()


def test_the_first_note_of_the_last_half_bar_is_the_last_of_the_line():
    ended = settled(line(60, 64, 65, 62), 16, 16, "major")
    assert ended[:, 0].tolist() == [0, 4, 8]
    assert ended[-1].tolist() == [8, 16, 64, 80]


def test_a_last_note_that_begins_long_before_the_end_is_not_held_to_it():
    assert settled(line(60, 64, 67), 64, 16, "major")[-1, 1] == 12


def test_velocities_lie_about_the_loudness_and_follow_the_bar():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 8 - 1, 480)
    played = sung(line(*[60] * 32), grid, 90, np.random.default_rng(0))
    assert played[:, 3].mean() == pytest.approx(92, abs=3)
    assert played[::4, 3].mean() > played[1::4, 3].mean() + 2
    assert (played[:, :3] == line(*[60] * 32)[:, :3]).all()
