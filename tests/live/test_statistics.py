"""Distributions of milliseconds."""

import json

import numpy as np
import pytest

from musegan.live.statistics import Distribution


def distribution(values):
    found = Distribution()
    for value in values:
        found.add(value)
    return found


def test_where_nothing_was_seen_all_figures_are_zero():
    assert Distribution().as_json() == {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}


@pytest.mark.parametrize("scale", [0.01, 1.0, 1000.0, 1e6])
def test_percentiles_are_right_to_one_part_in_a_hundred(scale):
    values = scale * np.random.default_rng(0).lognormal(size=3000)
    found = distribution(values)
    for share in (1, 25, 50, 90, 99, 99.95, 100):
        exact = np.percentile(values, share, method="inverted_cdf")
        assert exact <= found.percentile(share) <= 1.0101 * exact + 0.0011
    assert found.max == values.max() and found.count == 3000


def test_one_value_is_every_percentile():
    found = distribution([12.5])
    assert [found.percentile(share) for share in (1, 50, 99, 100)] == [12.5] * 4


def test_a_share_that_falls_on_a_value_is_that_value():
    found = distribution(range(1, 101))
    for share in range(1, 100):
        assert share <= found.percentile(share) <= 1.0101 * share + 0.0011


def test_what_is_early_counts_as_zero():
    found = distribution([-5.0, 0.0])
    assert found.max == 0.0 and found.percentile(99) == 0.0 and found.count == 2


def test_a_day_is_counted_and_longer_is_counted_as_the_longest():
    found = distribution([86_400_000.0, 1e12])
    assert 86_400_000 <= found.percentile(50) <= 1.011 * 86_400_000
    assert found.max == 1e12 and found.count == 2


def test_it_takes_no_more_room_however_much_it_counts():
    found = distribution([1.0])
    room = found._counts.nbytes
    for value in range(10_000):
        found.add(value)
    assert found._counts.nbytes == room == 2100 * 8
    assert found._counts.sum() == found.count == 10_001


def test_figures_can_be_written_as_json():
    figures = json.loads(json.dumps(distribution([np.float64(1.23456), 2]).as_json()))
    assert figures == {"count": 2, "p50": figures["p50"], "p99": 2.0, "max": 2.0}
    assert 1.2345 <= figures["p50"] <= 1.25
