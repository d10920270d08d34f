"""Self-attention between pixels."""

import pytest
import torch

from musegan.models.attention import SelfAttention


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return SelfAttention(16).eval()


def test_it_begins_as_the_identity_and_its_gate_hears_of_it(layer):
    x = torch.randn(2, 16, 4, 4)
    assert layer.gate.item() == 0
    assert torch.equal(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.gate.grad.abs() > 0


def test_an_open_gate_adds_what_each_pixel_sees_of_all(layer):
    torch.nn.init.constant_(layer.gate, 0.5)
    x = torch.randn(1, 16, 3, 3)
    query, key, value = (part(x)[0].flatten(1).T for part in (layer.query, layer.key, layer.value))
    seen = torch.zeros(9, 8)
    for pixel in range(9):
        chances = torch.stack([query[pixel] @ key[other] for other in range(9)]).softmax(0)
        for other in range(9):
            seen[pixel] += chances[other] * value[other]
    expected = x + 0.5 * layer.back(seen.T.reshape(1, 8, 3, 3))
    torch.testing.assert_close(layer(x), expected)


def test_a_pixel_hears_of_the_farthest_one(layer):
    torch.nn.init.constant_(layer.gate, 1.0)
    x = torch.randn(1, 16, 8, 8)
    changed = x.clone()
    changed[..., 7, 7] += 1
    assert not torch.equal(layer(x)[..., 0, 0], layer(changed)[..., 0, 0])


def test_it_can_be_differentiated_twice():
    torch.manual_seed(0)
    layer = SelfAttention(2).double().eval()
    torch.nn.init.constant_(layer.gate, 0.7)
    x = torch.randn(1, 2, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: layer(x).square().sum(), (x,))
