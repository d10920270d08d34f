import pytest
import torch

from musegan.train.pool import FakePool


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_an_empty_pool_gives_fakes_back_as_they_are():
    pool = FakePool(50, 2)
    fakes = torch.arange(64.0).view(32, 2)
    assert torch.equal(pool(fakes), fakes)
    held = pool.held[~pool.empty]
    assert sorted(held[:, 0].tolist()) == fakes[:, 0].tolist()


def test_a_full_pool_changes_half_and_keeps_what_it_changed():
    pool = FakePool(50, 1)
    pool(torch.zeros(50, 1))
    given = pool(torch.ones(50, 1))
    old = int((given == 0).sum())
    assert 12 < old < 38  # each with a chance of a half
    assert int((pool.held == 1).sum()) == old


def test_every_fake_is_handed_on_once_or_still_held():
    pool = FakePool(8, 1)
    fakes = torch.arange(1.0, 41.0).view(-1, 1)
    given = torch.cat([pool(part) for part in fakes.split(4)])
    after = [*given.flatten().tolist(), *pool.held.flatten().tolist()]
    first = fakes[:8].flatten().tolist()  # those that filled it were also handed on
    assert set(after) == set(fakes.flatten().tolist())
    assert len(after) == 48 and all(after.count(one) <= 2 for one in first)


def test_more_fakes_than_places_pass_by():
    pool = FakePool(2, 1)
    pool(torch.zeros(2, 1))
    given = pool(torch.ones(6, 1))
    assert len(given) == 6 and (given[2:] == 1).all()


def test_what_it_holds_is_in_its_state():
    pool, other = FakePool(10, 3), FakePool(10, 3)
    pool(torch.randn(7, 3))
    other.load_state_dict(pool.state_dict())
    fakes = torch.randn(5, 3)
    torch.manual_seed(1)
    wanted = pool(fakes)
    torch.manual_seed(1)
    assert torch.equal(other(fakes), wanted)
