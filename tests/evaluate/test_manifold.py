import numpy as np
import pytest

from musegan.evaluate import manifold as module
from musegan.evaluate.manifold import manifold, neighbour_distances


def gaussian(seed, items=300, width=3):
    return np.random.default_rng(seed).standard_normal((items, width))


def by_definition(real, fake, nearest, dense):
    """The papers' formulas, item by item."""

    def distances(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=2)

    def radii(items, k):
        return np.sort(distances(items, items), axis=1)[:, k]

    between = distances(real, fake)
    precision = (between <= radii(real, nearest)[:, None]).any(axis=0).mean()
    recall = (between <= radii(fake, nearest)[None]).any(axis=1).mean()
    inside = between <= radii(real, dense)[:, None]
    return precision, recall, inside.sum(axis=0).mean() / dense, inside.any(axis=1).mean()


@pytest.mark.parametrize("rows", [7, 64, 500])
def test_blocks_of_any_size_give_what_the_papers_define(monkeypatch, rows):
    monkeypatch.setattr(module, "ROWS", rows)
    real, fake = gaussian(0), gaussian(1, 211) * 1.2 + 0.3
    assert manifold(real, fake) == pytest.approx(by_definition(real, fake, 3, 5))


def test_the_neighbours_of_four_points_on_a_line():
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert neighbour_distances(line, (1, 2)).tolist() == [[1, 9], [1, 4], [4, 9], [16, 36]]


def test_a_set_and_itself():
    items = gaussian(0)
    found = manifold(items, items)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(6 / 5)  # each ball holds its five, and its own centre


def test_far_away_everything_is_nothing():
    assert manifold(gaussian(0), gaussian(1) + 100) == (0, 0, 0, 0)


def test_one_of_two_modes_is_precise_and_recalls_half():
    two = np.concatenate([gaussian(0), gaussian(1) + 50])
    found = manifold(two, gaussian(2, 600))
    assert found.precision > 0.95
    assert found.recall == pytest.approx(0.5, abs=0.03)
    assert found.coverage == pytest.approx(0.5, abs=0.03)


def test_too_few_items_are_refused():
    with pytest.raises(ValueError, match="6 items a set; got 5 and 300"):
        manifold(gaussian(0, 5), gaussian(1))
    with pytest.raises(ValueError, match="cannot be compared"):
        manifold(gaussian(0), gaussian(1, width=4))
