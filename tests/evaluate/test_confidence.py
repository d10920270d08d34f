from dataclasses import dataclass

import numpy as np
import pytest

from musegan.evaluate.confidence import interval, mean_of, reach_of


def test_three_values_by_hand():
    found = interval([1.0, 2.0, 3.0])
    # deviation 1, error 1 / sqrt(3), t of two degrees of freedom 4.303
    assert found == pytest.approx((2, 2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5, 3), abs=1e-3)
    assert str(found) == "2 (-0.484..4.48)"


def test_one_value_is_all_that_is_known():
    assert interval([7.0]) == (7, 7, 7, 1)
    assert str(interval([7.0])) == "7"


def test_it_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = [
        found.low < 0 < found.high
        for found in (interval(random.standard_normal(4), 0.8) for _ in range(1000))
    ]
    assert np.mean(held) == pytest.approx(0.8, abs=0.04)


def test_none_is_refused():
    with pytest.raises(ValueError, match="needs a value"):
        interval([])


@dataclass(frozen=True)
class Pair:
    one: float
    two: float


def test_means_and_reaches_are_of_each_field_and_leave_out_what_is_not_known():
    nan = float("nan")
    items = [Pair(1.0, nan), Pair(2.0, 5.0), Pair(3.0, nan)]
    assert mean_of(items) == Pair(2.0, 5.0)
    reach = reach_of(items)
    assert reach.one == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert np.isnan(reach.two)  # one value has no interval
