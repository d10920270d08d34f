"""Exact tones, beside sums of sines."""

import math

import pytest
import torch

from musegan.models.tones import BRIGHT, LOUDNESS, envelopes, hertz_of, tones

RATE = 24_000


def made(pitch, onset, first=-512, blocks=20, block=256):
    return tones(torch.tensor([[pitch]]), torch.tensor([[onset]]), first, blocks, block, RATE)


def harmonics(pitch, onset, count, first=-512, samples=5_120):
    """The same as a sum, in float64."""
    hertz = float(hertz_of(torch.tensor(pitch)))
    time = (torch.arange(first, first + samples) - onset).double() / RATE
    falls = [math.exp(-k * hertz / BRIGHT) for k in range(1, count + 1)]
    sines = [a * (2 * math.pi * k * hertz * time).sin() for k, a in enumerate(falls, 1)]
    return sum(sines) / math.sqrt(sum(a * a for a in falls)) * (time >= 0)


def test_an_a_has_440_hertz():
    found = hertz_of(torch.tensor([69, 57, 70]))
    assert found.tolist() == pytest.approx([440, 220, 440 * 2 ** (1 / 12)])


@pytest.mark.parametrize(("pitch", "onset", "count"), [(69, 0, 27), (33, 5, 218), (100, -1_000, 4)])
def test_a_tone_is_the_sum_of_its_harmonics_below_half_the_rate(pitch, onset, count):
    assert count == (RATE / 2 - 1) // float(hertz_of(torch.tensor(pitch)))
    wanted = harmonics(pitch, onset, count).float()
    torch.testing.assert_close(made(pitch, onset).flatten(), wanted, atol=3e-4, rtol=0)


def test_a_tone_begins_at_its_onset_with_phase_nothing():
    tone = made(69, 700).flatten()
    start = 512 + 700
    assert torch.equal(tone[:start], torch.zeros(start))
    assert tone[start].abs() < 1e-4
    period = torch.stack([tone[start + 1], made(69, 0).flatten()[513]])
    assert period[0] == pytest.approx(period[1].item(), abs=1e-5)
    assert period[0] > 0


def test_a_tone_is_exact_after_an_hour():
    hour = 3_600 * RATE  # whole turns of an A
    late, early = made(69, -hour).flatten(), made(69, 0, first=RATE).flatten()
    torch.testing.assert_close(late[512:], early[: len(late) - 512], atol=1e-3, rtol=0)


def test_a_tone_is_the_same_however_it_is_cut():
    whole = made(60, 30, first=0, blocks=8, block=64).flatten()
    later = made(60, 30, first=256, blocks=4, block=64).flatten()
    torch.testing.assert_close(whole[256:], later, atol=1e-5, rtol=0)


def test_loudness_follows_the_velocitys_square_and_falls_when_let_go():
    one = torch.ones(1, 1, dtype=torch.int64)
    loud = envelopes(one * 64, one * 10, one * 60, torch.tensor([20.0]), 0, 2, 50).flatten()
    assert torch.equal(loud[:10], torch.zeros(10))
    torch.testing.assert_close(loud[10:61], torch.full((51,), LOUDNESS * (64 / 127) ** 2))
    assert loud[80] / loud[60] == pytest.approx(math.exp(-1))
