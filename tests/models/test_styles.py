"""Layers of style: closed forms of modulation, equalised rates, deviation, truncation."""

import math

import pytest
import torch
from torch.nn.functional import conv2d

from musegan.models.styles import (
    EqualConvolution,
    EqualLinear,
    Mapping,
    MinibatchDeviation,
    StyledConvolution,
    activated,
    doubled,
    halved,
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_a_styled_convolution_is_one_of_its_own_weights_for_each_sample():
    layer = StyledConvolution(6, 5, 4)
    x, style = torch.randn(3, 6, 8, 8), torch.randn(3, 4)
    factors = layer.affine(style)
    for one in range(3):
        weight = layer.weight * layer.scale * factors[one][None, :, None, None]
        weight = weight / weight.square().sum((1, 2, 3), keepdim=True).sqrt()
        wanted = conv2d(x[one : one + 1], weight, padding=1)
        torch.testing.assert_close(layer(x, style)[one : one + 1], wanted, rtol=1e-4, atol=1e-5)


def test_a_styled_convolution_keeps_variance_one_whatever_the_style():
    layer = StyledConvolution(64, 32, 8, 1)
    out = layer(torch.randn(4, 64, 64, 64), 5 * torch.randn(4, 8))
    torch.testing.assert_close(out.var((2, 3)), torch.ones(4, 32), rtol=0.1, atol=0.0)


def test_without_demodulation_the_style_sets_the_size():
    layer = StyledConvolution(3, 2, 4, 1, demodulated=False)
    with torch.no_grad():
        layer.affine.weight.zero_()
        layer.affine.bias.fill_(3.0)
    x = torch.randn(2, 3, 4, 4)
    plain = conv2d(x, layer.weight / math.sqrt(3))
    torch.testing.assert_close(layer(x, torch.zeros(2, 4)), 3 * plain)


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_an_equalised_layer_keeps_variance_one_and_learns_at_its_rate(rate):
    layer = EqualLinear(256, 256, rate=rate, bias=2.0)
    out = layer(torch.randn(512, 256))
    assert out.mean().item() == pytest.approx(2.0, abs=0.02)
    assert out.var().item() == pytest.approx(1.0, abs=0.05)
    before = layer.weight.detach() * layer.scale
    with torch.no_grad():
        layer.weight.add_(1.0)  # what one step of Adam may do
    moved = (layer.weight * layer.scale - before).mean().item()
    assert moved == pytest.approx(rate / 16, rel=1e-3)


def test_an_equalised_convolution_keeps_variance_one():
    out = EqualConvolution(64, 32, 3)(torch.randn(8, 64, 34, 34))[:, :, 1:-1, 1:-1]
    assert out.var().item() == pytest.approx(1.0, abs=0.05)


def test_the_rectifier_keeps_the_mean_square():
    assert activated(torch.randn(100_000)).square().mean().item() == pytest.approx(1.04, abs=0.02)


def test_the_deviation_of_a_group_is_its_own():
    x = torch.ones(8, 3, 2, 2)
    x[::2] = torch.arange(4.0)[:, None, None, None]  # members of group 0 differ, those of 1 do not
    out = MinibatchDeviation()(x)
    assert out.shape == (8, 4, 2, 2)
    torch.testing.assert_close(out[:, :3], x)
    added = out[:, 3, 0, 0]
    wanted = torch.arange(4.0).var(unbiased=False).sqrt().item()
    torch.testing.assert_close(added[::2], torch.full((4,), wanted))
    torch.testing.assert_close(added[1::2], torch.full((4,), 1e-4))


def test_a_batch_that_no_group_divides_has_smaller_ones():
    assert MinibatchDeviation(4)(torch.randn(6, 1, 2, 2))[:, 1, 0, 0].unique().numel() == 2  # 3 + 3


def test_resampling_keeps_constants_and_halving_undoes_doubling_of_ramps():
    ramp = torch.arange(8.0).expand(1, 1, 8, 8).contiguous()
    torch.testing.assert_close(halved(ramp)[0, 0, 0], torch.tensor([0.5, 2.5, 4.5, 6.5]))
    twice = doubled(ramp)[0, 0, 0]
    torch.testing.assert_close(
        twice[1:-1:2] * 0.75 + twice[2:-1:2] * 0.25, torch.arange(7.0) + 0.375
    )


def test_truncation_leads_to_the_mean_in_the_layers_up_to_the_cutoff():
    mapping = Mapping(8, 8, 6, classes=3)
    latent, labels = torch.randn(64, 8), torch.arange(64) % 3
    for _ in range(50):
        mapping(latent, labels)
    mapping.eval()
    whole = mapping(latent, labels)
    none = mapping(latent, labels, psi=0.0)
    torch.testing.assert_close(none, mapping.mean.expand_as(none))
    half = mapping(latent, labels, psi=0.5, cutoff=2)
    torch.testing.assert_close(half[:, :2], (whole[:, :2] + mapping.mean) / 2)
    torch.testing.assert_close(half[:, 2:], whole[:, 2:])


def test_the_mean_style_is_followed_in_training_only_and_saved():
    mapping = Mapping(4, 4, 2)
    mapping.eval()(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))
    assert not mapping.mean.any()
    w = mapping.train()(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))
    torch.testing.assert_close(mapping.mean, 0.005 * w[:, 0].mean(0).detach())
    assert "mean" in mapping.state_dict()


def test_the_label_changes_the_style_only_where_there_are_classes():
    latent = torch.randn(4, 8)
    zeros, ones = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.long)
    known, unknown = Mapping(8, 8, 2, classes=2).eval(), Mapping(8, 8, 2).eval()
    assert not torch.equal(known(latent, zeros), known(latent, ones))
    assert torch.equal(unknown(latent, zeros), unknown(latent, ones))
