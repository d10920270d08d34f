import pytest
import torch
from torch import nn

from musegan.train.penalties import Judged, gradient_at, input_gradient, lipschitz, r1, r2


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


def test_a_judged_sample_is_asked_about_once():
    asked = []

    def critic(x):
        asked.append(len(x))
        return x.square().sum(1)

    judged = Judged(critic)
    x, logits = judged.judge(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert logits.tolist() == [5, 25]
    assert judged(x) is logits
    assert input_gradient(judged, x).tolist() == [[2, 4], [6, 8]]
    assert asked == [2]
    assert input_gradient(judged, torch.ones(3, 2)).tolist() == [[2, 2]] * 3
    assert asked == [2, 3]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_gradient_can_be_differentiated_again(compiled):
    def cube_slope(x, scale):
        return gradient_at(lambda z: (scale * z**3).sum(), x)

    x, scale = torch.tensor([2.0]), torch.tensor(5.0, requires_grad=True)
    if compiled:
        cube_slope = torch.compile(cube_slope, backend="aot_eager")
    else:
        x.requires_grad_()
    slope = cube_slope(x, scale)
    assert slope.item() == 3 * 5 * 4
    slope.sum().backward()
    assert scale.grad.item() == 3 * 4
