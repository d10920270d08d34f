"""The measures of one arrangement."""

import numpy as np
import pytest

from musegan.music.agreement import agreement
from musegan.music.arrangement import Arrangement, no_notes
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres
from musegan.music.harmony import harmony
from musegan.music.sounding import pooled, sounding_classes

GRID = grid_of_metres([(0, 4, 4)], 1920 * 4, 480)
MELODY = np.array([[16 + 4 * k, 20 + 4 * k, 60 + (0, 4, 7, 2)[k % 4], 90] for k in range(8)])


def measured(band):
    return agreement(Arrangement("song", GRID, MELODY, band))


def triads(step=0):
    return np.array([[s, s + 2, p + step, 80] for s in range(16, 48, 4) for p in (48, 52, 55)])


def test_a_melody_over_its_own_triad_agrees_in_three_notes_of_four():
    found = measured({Role.PIANO: triads(), Role.DRUMS: np.array([[16, 17, 36, 90]])})
    assert found["NiC"] == 0.75
    assert found["notes"] == {"piano": 24, "drums": 1}
    clash = measured({Role.PIANO: triads(6)})
    assert clash["NiC"] == 0
    assert clash["PCS"] < 0 < found["PCS"]
    assert clash["MCTD"] > found["MCTD"]


def test_the_measures_are_those_of_harmony_pooled_per_beat():
    found = measured({Role.PIANO: triads()})
    heard = pooled(sounding_classes(triads(), GRID.steps), GRID.beat_starts)
    expected = harmony(MELODY, triads(), GRID.beat_starts, heard=heard)
    assert found["MCTD"] == pytest.approx(expected.centroid_distance, abs=1e-4)
    assert found["PCS"] == pytest.approx(expected.pitch_consonance, abs=1e-4)


@pytest.mark.parametrize(
    "band", [{}, {Role.BASS: no_notes()}, {Role.BASS: np.array([[0, 4, 40, 80]])}]
)
def test_a_band_that_never_meets_the_melody_has_no_measures(band):
    found = measured(band)
    assert (found["MCTD"], found["PCS"], found["NiC"]) == (None, None, None)
