"""Numbers for latents."""

import pytest
import torch

from musegan.train.noise import truncated


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("bound", [0.2, 1.0, 2.0])
def test_truncated_numbers_are_those_that_rejection_would_leave(bound):
    found = truncated(torch.randn(20_000, 2, generator=dice()), bound).flatten()
    assert found.abs().max() <= bound
    drawn = torch.randn(2_000_000, generator=dice(1))
    kept = drawn[drawn.abs() <= bound][: len(found)]
    shares = torch.linspace(0.05, 0.95, 19)
    torch.testing.assert_close(
        found.quantile(shares), kept.quantile(shares), atol=0.03 * bound, rtol=0.0
    )


def test_a_wide_bound_leaves_normal_numbers():
    found = truncated(torch.randn(50_000, 1, generator=dice()), 50.0)
    assert found.isfinite().all()
    assert found.std().item() == pytest.approx(1.0, abs=0.02)
    assert found.abs().max() > 3


def test_truncated_numbers_keep_their_order_and_come_nearer_to_0_with_the_bound():
    numbers = torch.tensor([-3.0, -1.0, 0.0, 0.5, 2.0])
    near, nearer = truncated(numbers, 1.0), truncated(numbers, 0.2)
    assert (near.diff() > 0).all()
    assert near[2] == 0
    assert (nearer.abs()[numbers != 0] < near.abs()[numbers != 0]).all()
