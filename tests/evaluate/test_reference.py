import numpy as np
import pytest

from musegan.evaluate.reference import chosen, classes_missing, gaussian_sampler


def stripes(count=2000):
    """Images whose rows are all alike: a few numbers decide each."""
    random = np.random.default_rng(0)
    columns = 120 + 30 * random.standard_normal((count, 1, 1, 6)) @ np.diag([1, 0.5, 1, 0, 0, 0.2])
    return np.clip(columns, 0, 255).astype(np.uint8).repeat(4, axis=2)


def test_the_gaussian_has_the_pixels_means_and_covariances():
    images = stripes()
    drawn = gaussian_sampler(images, components=6)(5000, 1)
    assert drawn.shape == (5000, 1, 4, 6)
    assert drawn.dtype == np.uint8
    real, fake = (x.reshape(len(x), -1).astype(float) for x in (images, drawn))
    assert fake.mean(0) == pytest.approx(real.mean(0), abs=1.5)
    assert np.cov(fake.T) == pytest.approx(np.cov(real.T), abs=60)  # variances up to 900


def test_what_is_not_kept_does_not_vary():
    drawn = gaussian_sampler(stripes(), components=1)(500, 0).reshape(500, -1).astype(float)
    values = np.linalg.eigvalsh(np.cov(drawn.T))
    assert values[-1] > 100 * values[-2]


def test_the_seed_decides_the_draw():
    sample = gaussian_sampler(stripes(200))
    assert (sample(3, 5) == sample(3, 5)).all()
    assert (sample(3, 5) != sample(3, 6)).any()


def test_missing_classes_are_left_out():
    labels = np.array([0, 3, 1, 2, 0, 3])
    assert classes_missing(labels).tolist() == [1, 3, 5]
    assert classes_missing(labels, (3,)).tolist() == [0, 2, 3, 4]


def test_chosen_rows_come_once_each_and_no_more_than_there_are():
    assert sorted(chosen(10, 4)) == [0, 1, 2, 3]
    assert len(set(chosen(3, 100))) == 3
