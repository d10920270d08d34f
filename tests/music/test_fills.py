"""Drum fills and the crash after them."""

import numpy as np
import pytest

from musegan.music.arrangement import no_notes
from musegan.music.band import DRUM_KEYS
from musegan.music.fills import drum_fill, with_crash

FILL_DRUMS = {DRUM_KEYS[name] for name in ("kick", "snare", "high tom", "mid tom", "low tom")}


def fills(steps, compound=False):
    return [
        drum_fill(steps, compound=compound, rng=np.random.default_rng(seed)) for seed in range(40)
    ]


@pytest.mark.parametrize("compound", [False, True])
@pytest.mark.parametrize("steps", range(1, 9))
def test_a_fill_stays_in_its_cell_and_strikes_drums_of_a_fill(steps, compound):
    for fill in fills(steps, compound):
        start, end, pitch, velocity = fill.T
        assert (start >= 0).all() and (end <= steps).all() and (end == start + 1).all()
        assert set(pitch.tolist()) <= FILL_DRUMS
        assert (velocity >= 1).all() and (velocity <= 127).all()
        assert len(set(start.tolist())) == len(fill)


@pytest.mark.parametrize("steps", [4, 6, 8])
def test_a_fill_grows_towards_its_end(steps):
    for fill in fills(steps):
        assert len(fill) >= 2
        assert (np.diff(fill[:, 0]) > 0).all()
        assert (np.diff(fill[:, 3]) > 0).all()


def test_a_short_cell_has_the_end_of_a_fill_for_a_long_one():
    for short, long in zip(fills(4), fills(8), strict=True):
        late = long[long[:, 0] >= 4]
        assert short[:, 0].tolist() == (late[:, 0] - 4).tolist()
        assert short[:, 2].tolist() == late[:, 2].tolist()


def test_fills_differ():
    assert len({fill[:, [0, 2]].tobytes() for fill in fills(8)}) >= 4


def test_a_fill_in_six_eight_strikes_eighths_or_sixteenths_of_its_beat():
    for fill in fills(6, compound=True):
        assert {0, 2, 4} & set(fill[:, 0].tolist())
        assert len(fill) >= 3


def test_a_crash_with_the_kick_takes_the_place_of_the_first_step():
    drums = np.array([[0, 1, 42, 60], [0, 1, 36, 60], [2, 3, 42, 60]])
    assert with_crash(drums, 100).tolist() == [[0, 1, 36, 100], [0, 1, 49, 100], [2, 3, 42, 60]]


def test_a_crash_sounds_where_the_drums_rest():
    assert with_crash(no_notes(), 90).tolist() == [[0, 1, 36, 90], [0, 1, 49, 90]]
