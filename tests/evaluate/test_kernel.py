import numpy as np
import pytest

from musegan.evaluate.kernel import kernel_distance, squared_discrepancy


def gaussian(seed, items=200, width=4, shift=0.0):
    return np.random.default_rng(seed).standard_normal((items, width)) + shift


def test_two_items_a_side_by_hand():
    first, second = np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[2.0, 2.0], [0.0, 2.0]])
    # k(x, y) = (x . y / 2 + 1)^3: within the first 1, within the second 27, across 1, 1, 27, 1
    assert squared_discrepancy(first, second) == pytest.approx(1 + 27 - 2 * 30 / 4)


def test_alike_sets_are_nothing_apart_on_average_and_sometimes_less():
    random = np.random.default_rng(0)
    found = [squared_discrepancy(*random.standard_normal((2, 50, 4))) for _ in range(1000)]
    assert min(found) < 0 < max(found)
    assert abs(np.mean(found)) < 3 * np.std(found) / 1000**0.5


def test_a_shift_is_found_and_grows():
    near, far = (kernel_distance(gaussian(0), gaussian(1, shift=s)).mean for s in (0.3, 1.0))
    assert 0 < 5 * near < far


def test_subsets_spread_and_the_seed_repeats_them():
    first, second = gaussian(0), gaussian(1, shift=0.5)
    found = kernel_distance(first, second, subsets=20, size=100, seed=3)
    assert found == kernel_distance(first, second, subsets=20, size=100, seed=3)
    assert found.deviation > 0
    assert found.mean == pytest.approx(squared_discrepancy(first, second), rel=0.5)


def test_sets_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="two items; got 1 and 200"):
        kernel_distance(gaussian(0, 1), gaussian(0))
    with pytest.raises(ValueError, match="cannot be compared"):
        kernel_distance(gaussian(0, 5, 3), gaussian(0, 5, 4))
