"""Residual blocks, spectral norm, conditional norms and projections, by their closed forms."""

import pytest
import torch
from torch import nn

from musegan.errors import ConfigError
from musegan.models.residual import (
    ConditionalNorm,
    DownBlock,
    ProjectionHead,
    UpBlock,
    begun,
    convolution,
    dense,
    doubled,
    halvings,
    one_of,
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("side", "found"), [(28, (7, 2)), (32, (4, 3)), (64, (4, 4)), (48, (6, 3)), (8, (4, 1))]
)
def test_sides_are_halved_down_to_four_to_seven(side, found):
    assert halvings(side) == found


@pytest.mark.parametrize("side", [1, 4, 7, 9, 27, 31, 44])
def test_a_side_that_cannot_be_halved_is_named(side):
    with pytest.raises(ConfigError, match=rf"^data.side={side} is not .*\Z"):
        halvings(side)


def test_spectral_norm_divides_by_the_largest_singular_value():
    layer = begun(nn.Linear(12, 7), spectral=True)
    with torch.no_grad():
        layer.parametrizations.weight.original.copy_(3 * torch.randn(7, 12))
    for _ in range(200):
        layer(torch.randn(2, 12))
    assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1.0, abs=1e-3)


def test_spectral_norm_works_under_autocast_and_keeps_its_vectors_in_float32():
    layer = convolution(4, 8, spectral=True).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        layer(torch.randn(2, 4, 8, 8)).float().sum().backward()
    assert {b.dtype for b in layer.buffers()} == {torch.float32}
    assert layer.parametrizations.weight.original.grad.isfinite().all()


def test_power_iterations_are_saved_and_stand_still_in_evaluation():
    layer = dense(9, 5, spectral=True)
    with torch.no_grad():
        layer.parametrizations.weight.original.copy_(torch.randn(5, 9))
    before = {k: v.clone() for k, v in layer.state_dict().items()}
    assert sum("_u" in name or "_v" in name for name in before) == 2
    layer.eval()(torch.randn(1, 9))
    assert all(torch.equal(v, before[k]) for k, v in layer.state_dict().items())
    layer.train()(torch.randn(1, 9))
    assert not all(torch.equal(v, before[k]) for k, v in layer.state_dict().items())


def test_a_norms_gain_and_bias_are_its_conditions():
    norm, x = ConditionalNorm(3, size=2), torch.randn(16, 3, 4, 4)
    with torch.no_grad():  # rows: gains of three channels, biases of three channels
        norm.affine.weight.copy_(torch.tensor([[1.0, 0], [0, 0], [0, 0], [0, 5], [0, 0], [0, 0]]))
    condition = torch.tensor([[1.0, 0.0]]).expand(16, 2)
    plain = nn.BatchNorm2d(3, affine=False)(x)
    found = norm(x, condition)
    torch.testing.assert_close(found[:, 0], 2 * plain[:, 0])
    torch.testing.assert_close(found[:, 1:], plain[:, 1:])
    found = norm(x, torch.tensor([[0.0, 1.0]]).expand(16, 2))
    torch.testing.assert_close(found[:, 0], plain[:, 0] + 5)


def test_a_norm_without_a_condition_is_batch_norm():
    norm, x = ConditionalNorm(3), torch.randn(4, 3, 5, 5)
    torch.testing.assert_close(norm(x, torch.zeros(4, 0)), nn.BatchNorm2d(3)(x))


def test_a_block_up_doubles_the_side_and_its_skip_is_that_of_the_doubled_image():
    block, x = UpBlock(4, 6), torch.randn(3, 4, 5, 5)
    with torch.no_grad():
        block.conv2.weight.zero_()
    torch.testing.assert_close(block(x, torch.zeros(3, 0)), block.skip(doubled(x)))


def test_a_block_down_halves_the_side_or_keeps_it():
    x = torch.randn(2, 4, 8, 8)
    assert DownBlock(4, 6)(x).shape == (2, 6, 4, 4)
    assert DownBlock(4, 4, halve=False)(x).shape == x.shape
    assert DownBlock(4, 6, halve=False)(x).shape == (2, 6, 8, 8)


def test_the_first_block_sees_what_is_below_zero():
    first, later = DownBlock(1, 4, first=True), DownBlock(1, 4)
    dark, darker = -torch.ones(1, 1, 4, 4), -2 * torch.ones(1, 1, 4, 4)
    for block in (first, later):
        block.eval()
        nn.init.zeros_(block.skip.parametrizations.weight.original)
        block.skip.parametrizations.weight[0]._u.zero_()
    inner = [(b.conv1(x) if b.first else b.conv1(x.relu())) for b in (first, later) for x in (dark, darker)]  # fmt: skip
    assert not torch.equal(inner[0], inner[1])
    assert torch.equal(inner[2], inner[3])


def test_a_projection_adds_the_product_with_the_classs_vector():
    head = ProjectionHead(3, classes=4).eval()
    x, labels = torch.rand(2, 3, 2, 2) - 0.5, torch.tensor([1, 3])
    features = x.relu().sum((2, 3))
    expected = (head.linear.weight * features).sum(1) + (head.embedding.weight[labels] * features).sum(1)  # fmt: skip
    torch.testing.assert_close(head(x, labels), expected)


def test_without_classes_labels_are_not_read():
    head = ProjectionHead(3).eval()
    x = torch.randn(2, 3, 2, 2)
    assert torch.equal(head(x, torch.tensor([0, 0])), head(x, torch.tensor([900, -1])))


def test_labels_become_rows_of_one_one():
    assert one_of(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_of(torch.tensor([2, 0]), 0).shape == (2, 0)
