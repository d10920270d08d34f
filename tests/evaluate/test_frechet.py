import numpy as np
import pytest

from musegan.evaluate.frechet import (
    frechet_distance,
    sample_covariance,
    shrunk_covariance,
    standardised,
)


def gaussian(seed, items=400, width=5):
    return np.random.default_rng(seed).standard_normal((items, width))


def test_equal_sets_are_no_distance_apart():
    assert frechet_distance(gaussian(0), gaussian(0)) == pytest.approx(0, abs=1e-9)


def test_a_shift_costs_its_square():
    items = gaussian(0)
    assert frechet_distance(items, items + np.array([3, 0, 4, 0, 0])) == pytest.approx(25)


def test_a_scale_costs_the_square_of_the_difference_of_deviations():
    items = gaussian(0)
    expected = np.trace(sample_covariance(items))  # (2 s - s)^2, summed over directions
    assert frechet_distance(items, 2 * items - items.mean(axis=0), shrink=False) == pytest.approx(
        expected
    )


def test_fewer_items_than_features_stay_finite_and_never_negative():
    distance = frechet_distance(gaussian(0, 6, 40), gaussian(1, 7, 40))
    assert 0 <= distance < 100


def test_shrinking_fades_with_the_number_of_items():
    scale = np.array([1.0, 2, 3, 4, 5])

    def shrunk_by(items):
        sample = gaussian(2, items) * scale
        return np.abs(shrunk_covariance(sample) - sample_covariance(sample)).max()

    assert shrunk_by(20) > 10 * shrunk_by(20000)


def test_shrinking_keeps_the_total_variance():
    items = gaussian(3, 10)
    assert np.trace(shrunk_covariance(items)) == pytest.approx(np.trace(sample_covariance(items)))


def test_standardising_spares_features_that_never_vary():
    items = np.column_stack([gaussian(0, 50, 1), np.full(50, 7.0)])
    scaled = standardised(items, items)
    assert scaled[:, 0].std() == pytest.approx(1)
    assert scaled[:, 1].tolist() == [0] * 50


def test_sets_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="two items; got 1"):
        frechet_distance(gaussian(0, 1), gaussian(0))
    with pytest.raises(ValueError, match="cannot be compared"):
        frechet_distance(gaussian(0, 5, 3), gaussian(0, 5, 4))
