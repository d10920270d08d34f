"""What a row tells of patterns, copies and variety, on songs whose values are known."""

import math

import numpy as np
import pytest

from musegan.evaluate.structure import measure_structure, over
from musegan.evaluate.variety import Difference
from musegan.music.arrangement import Arrangement
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

BAR, BARS = 16, 8
ROLES = (Role.PIANO,)


def part(pitches):
    """A whole note a bar."""
    rows = [(bar * BAR, bar * BAR + 16, pitch, 80) for bar, pitch in enumerate(pitches)]
    return np.array(rows, np.int64)


def song(first=(48, 50, 52, 53), second=(55, 57, 59, 60)):
    """The same verse twice, with a band that plays something else the second time."""
    grid = grid_of_metres([(0.0, 4, 4)], BARS * 1920 - 1, 480)
    melody = part([72, 74, 76, 77] * 2)
    return Arrangement("song", grid, melody, {Role.PIANO: part([*first, *second])})


SONGS = [song(), song()]
LOW = [{Role.PIANO: part([48] * BARS)} for _ in SONGS]
HIGH = [{Role.PIANO: part([60] * BARS)} for _ in SONGS]
REAL = [one.band for one in SONGS]


def structures(training=None, **takes):
    return measure_structure(SONGS, "real", {"real": [REAL], **takes}, ROLES, ROLES, training)


def test_two_seeds_that_play_the_same_do_not_differ():
    ours = structures(ours=[LOW, LOW])["ours"]
    assert ours.two_bands == Difference(0, 0, 0)
    assert ours.over_real["notes"].ratio == 0
    assert ours.again == Difference(0, 0, 0)


def test_two_seeds_as_far_apart_as_the_real_passages_have_ratio_one():
    found = structures(ours=[LOW, HIGH])
    assert found["real"].two_bands == Difference(1, 0, 1)
    assert found["ours"].two_bands == Difference(1, 0, 0)  # an octave
    one = found["ours"].over_real["notes"]
    assert (one.ratio, one.low, one.high) == (1, 1, 1)
    assert math.isnan(found["ours"].over_real["rhythm"].ratio)  # no real rhythm differs


def test_one_seed_has_nothing_to_differ_from():
    ours = structures(ours=[LOW])["ours"]
    assert math.isnan(ours.two_bands.notes)
    assert math.isnan(ours.over_real["notes"].ratio)
    assert math.isnan(ours.patterns_reach[Role.PIANO].repeats)


def test_the_real_band_is_at_no_distance_from_itself():
    found = structures(ours=[LOW])
    assert found["real"].from_real == Difference(0, 0, 0)
    assert found["ours"].from_real.notes == pytest.approx(7 / 8)  # the first bar is the real one


def test_patterns_are_means_over_takes_with_their_reach():
    mixed = [{Role.PIANO: part([48] * BARS)} for _ in SONGS]
    for band in mixed:
        # bar 4 begins otherwise: it changes, and so does the bar after it
        band[Role.PIANO][4, 0] += 2
    ours = structures(ours=[LOW, mixed])["ours"]
    assert ours.patterns[Role.PIANO].changes == pytest.approx((0 + 2 / 7) / 2)
    # half the difference times t of one degree of freedom, 12.706
    assert ours.patterns_reach[Role.PIANO].changes == pytest.approx(12.706 / 7, rel=1e-4)


def test_copies_are_counted_for_each_row_in_the_same_training_songs():
    training = {Role.PIANO: [part([47, 49, 51, 52])]}  # the first verse a semitone lower
    found = structures(training, ours=[LOW])
    real, ours = found["real"].copies[Role.PIANO], found["ours"].copies[Role.PIANO]
    assert (real.mean, real.most) == (4, 4)
    assert (ours.mean, ours.most) == (0, 0)
    assert structures(ours=[LOW])["ours"].copies == {}


def test_a_role_that_a_row_neither_plays_nor_is_judged_for_is_not_shown():
    both = (Role.PIANO, Role.STRINGS)
    songs = [Arrangement(one.name, one.grid, one.melody, {**one.band, Role.STRINGS: part([60] * 8)})
             for one in SONGS]  # fmt: skip
    played = {"real": [[one.band for one in songs]], "ours": [LOW]}
    found = measure_structure(songs, "real", played, ROLES, both)
    assert list(found["real"].patterns) == [Role.PIANO, Role.STRINGS]
    assert list(found["ours"].patterns) == [Role.PIANO]


def test_a_ratio_leaves_out_what_is_not_known():
    nan = float("nan")
    found = over(np.array([0.2, 0.4, nan]), np.array([0.5, nan, 0.1]))
    assert found.ratio == pytest.approx(1)
    assert found.low <= 1 <= found.high
    assert math.isnan(over(np.array([nan, nan]), np.array([1.0, 1.0])).ratio)
