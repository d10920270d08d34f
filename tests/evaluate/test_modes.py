import numpy as np
import pytest

from musegan.data.stacks import unstacked
from musegan.evaluate.modes import modes_covered, points_hit, stacked


def test_shares_that_are_the_real_ones_diverge_by_nothing():
    modes = np.repeat(np.arange(4), 25)
    found = modes_covered(modes, modes, 4)
    assert (found.covered, found.of, found.divergence) == (4, 4, 0)
    assert found.shares == (0.25, 0.25, 0.25, 0.25)


def test_one_mode_of_eight_diverges_by_the_logarithm_of_eight():
    found = modes_covered(np.zeros(50, np.int64), np.arange(8), 8)
    assert found.covered == 1
    assert found.divergence == pytest.approx(np.log(8))


def test_the_divergence_is_of_the_fakes_from_the_real_ones():
    fake, real = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    expected = 0.75 * np.log(3) + 0.25 * np.log(1 / 3)
    assert modes_covered(fake, real, 2).divergence == pytest.approx(expected)


def test_a_fake_of_a_mode_that_is_not_real_diverges_without_end():
    assert modes_covered(np.array([0, 1]), np.array([0, 0]), 2).divergence == np.inf


def test_samples_of_no_mode_are_refused():
    with pytest.raises(ValueError, match="not all in 0 to 3"):
        modes_covered(np.array([4]), np.array([0]), 4)


def test_stacks_are_numbered_as_the_data_number_them():
    classes = np.array([[0, 0, 7], [9, 1, 0]])
    assert stacked(classes, 10).tolist() == [7, 910]
    assert unstacked(stacked(classes, 10), 10, 3).tolist() == classes.tolist()


CENTRES = np.array([[0.0, 0.0], [4.0, 0.0]])


def test_points_within_three_deviations_are_good_and_hit_their_mode():
    points = np.array([[0.0, 0.29], [0.31, 0.0], [2.0, 0.0], [0.1, 0.1]])
    hits = points_hit(points, CENTRES, 0.1)
    assert (hits.covered, hits.of, hits.good) == (1, 2, 0.5)
    assert hits.divergence == pytest.approx(np.log(2))


def test_of_points_of_the_mixture_989_in_a_thousand_are_good():
    random = np.random.default_rng(0)
    points = CENTRES[random.integers(2, size=20_000)] + 0.1 * random.standard_normal((20_000, 2))
    hits = points_hit(points, CENTRES, 0.1)
    assert hits.covered == 2
    assert hits.good == pytest.approx(0.989, abs=0.003)
    assert hits.divergence < 0.001


def test_where_no_point_is_good_no_mode_is_hit():
    assert points_hit(np.full((3, 2), 2.0), CENTRES, 0.1) == (0, 2, 0.0, np.inf)
