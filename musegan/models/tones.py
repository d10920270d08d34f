"""Tones whose pitch and onset are exact: what the synth's generator shapes into timbres.

A tone is all harmonics of its pitch below the Nyquist frequency, softer the higher they are. Its
phase is 0 at its onset and runs on from there, so a frame's phases need not be invented (Wang et al.
2019, arXiv:1904.12088; Li et al. 2023, HiFTNet, arXiv:2309.09493).
"""

import math

import torch
from torch import Tensor

BRIGHT = 2_000.0  # Hz in which harmonics fall by e
LOUDNESS = 0.05  # of a tone of velocity 127
CONCERT_KEY, CONCERT_HERTZ = 69, 440.0


def hertz_of(pitches: Tensor) -> Tensor:
    """The frequencies of keys, in equal temperament, float64."""
    return CONCERT_HERTZ * 2 ** ((pitches.double() - CONCERT_KEY) / 12)


@torch.no_grad()
def tones(
    pitches: Tensor,
    onsets: Tensor,
    first: int,
    blocks: int,
    block: int,
    rate: int,
    bright: float = BRIGHT,
) -> Tensor:
    """Tones of mean square a half, (batch, note, block, sample of it); silence before their onsets.

    Args:
        pitches: (batch, note) keys.
        onsets: (batch, note) samples.
        first: the number of the first sample.
        blocks: how many blocks.
        block: samples of each.
        rate: samples a second.
        bright: Hz in which harmonics fall by e.

    Sums of harmonics in closed form (Moorer 1976, The synthesis of complex audio spectra by means
    of discrete summation formulas): a sine and its like, whatever their number.
    """
    hertz = hertz_of(pitches)[..., None, None]
    starts = first + block * torch.arange(blocks, device=pitches.device)[:, None]
    turns = (starts - onsets[..., None, None]) * (hertz / rate)  # at a block's first sample
    inside = torch.arange(block, device=pitches.device)
    # Whole turns are left out in float64; what remains is small enough for float32.
    angle = (turns.frac().float() + inside * (hertz / rate).float()) * (2 * math.pi)
    count = ((rate / 2 - 1) / hertz).floor().clamp(min=1).float()  # of harmonics
    fall = torch.exp(-hertz / bright).float()  # from one to the next
    tail = fall**count
    whole = fall * angle.sin() - tail * (
        fall * ((count + 1) * angle).sin() - fall.square() * (count * angle).sin()
    )
    shared = (1 - fall).square() + 4 * fall * (angle / 2).sin().square()
    square = fall.square() * (1 - tail.square()) / (1 - fall.square())  # twice the mean square
    there = (starts + inside) >= onsets[..., None, None]
    made: Tensor = whole / shared * square.rsqrt() * there
    return made


def envelopes(
    velocities: Tensor, onsets: Tensor, ends: Tensor, releases: Tensor,
    first: int, blocks: int, block: int,
) -> Tensor:  # fmt: skip
    """How loud notes are, (batch, note, block, sample of it): by velocity, falling once let go.

    Args:
        velocities: (batch, note) 0 to 127.
        onsets: (batch, note) samples.
        ends: (batch, note) samples, where they are let go.
        releases: (batch,) samples in which they then fall by e.
        first: the number of the first sample.
        blocks: how many blocks.
        block: samples of each.
    """
    count = blocks * block
    time = first + torch.arange(count, device=onsets.device).view(blocks, block)
    past = (time - ends[..., None, None]).clamp(min=0)
    loud = LOUDNESS * (velocities.float() / 127).square()[..., None, None]
    fade: Tensor = torch.exp(-past / releases[:, None, None, None])
    return loud * fade * (time >= onsets[..., None, None])
