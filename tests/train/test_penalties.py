import pytest
import torch
from torch import nn

from musegan.train.penalties import lipschitz, r1, r2


def linear_critic(x):
    return x @ torch.tensor([3.0, 4.0])


@pytest.mark.parametrize(("penalty", "value"), [(r1, 12.5), (r2, 12.5), (lipschitz, 16.0)])
def test_penalties_of_a_linear_critic(penalty, value):
    real, fake = torch.randn(7, 2), torch.randn(7, 2)
    assert penalty(linear_critic, real, fake).item() == pytest.approx(value)


def test_r1_looks_at_the_real_and_r2_at_the_fake():
    def critic(x):  # gradient x, so half the squared norm
        return x.square().sum(1) / 2

    real, fake = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]])
    assert r1(critic, real, fake).item() == pytest.approx(2.5)
    assert r2(critic, real, fake).item() == pytest.approx(12.5)


def test_lipschitz_looks_between_the_two():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.sum((1, 2))

    lipschitz(critic, torch.ones(50, 2, 3), torch.zeros(50, 2, 3))
    (x,) = seen
    assert ((x > 0) & (x < 1)).all()
    assert torch.equal(x, x[:, :1, :1].expand_as(x))  # one mixture per sample
    assert len(x.unique()) > 40  # and another for the next


@pytest.mark.parametrize("penalty", [r1, r2, lipschitz])
def test_penalties_reach_the_weights(penalty):
    critic = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1))
    penalty(critic, torch.randn(5, 3, 4), torch.randn(5, 3, 4)).backward()
    assert critic[1].weight.grad.abs().sum() > 0


def test_penalties_stay_in_full_precision_under_autocast():
    seen = []

    def critic(x):
        logits = nn.functional.linear(x, torch.tensor([[3.0, 4.0]]))
        seen.append((x.dtype, logits.dtype))
        return logits

    x = torch.randn(3, 2, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert r1(critic, x, x).item() == pytest.approx(12.5)
        assert lipschitz(critic, x, x).item() == pytest.approx(16)
    assert set(seen) == {(torch.float32, torch.float32)}
