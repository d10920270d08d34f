"""Latents by number, and on the way from one to another.

Sample `number` of a seed is a function of the two and of the model, however many are drawn with it.
So what is liked on a sheet can be drawn again, alone or as the end of a path.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Tick = Callable[[int], object]  # is told how many samples more are done
BATCH = 64  # samples drawn at once


def silent(count: int) -> None:
    """A tick that nobody hears."""


def latents_of(seed: int, numbers: Sequence[int], size: int) -> Tensor:
    """The latents of samples by number, (sample, size)."""
    rows = [np.random.default_rng([seed, number]).standard_normal(size) for number in numbers]
    return torch.from_numpy(np.stack(rows)).float()


def in_batches(
    make: Callable[[slice], Tensor], count: int, seed: int = 0, tick: Tick = silent
) -> Tensor:
    """Rows made some at a time, without gradients; noise inside networks is drawn from the seed."""
    parts = []
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for first in range(0, count, BATCH):
            parts.append(make(slice(first, first + BATCH)).float())
            tick(len(parts[-1]))
    return torch.cat(parts)


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Latents between two, (..., latent): along the sphere, since normal latents lie near one.

    The angle grows evenly, and so does the length; 0 gives `a`, 1 gives `b`. Shoemake 1985.
    """
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1)[..., None].clamp(-1, 1)
    angle = torch.arccos(cosine)
    lengths = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    arc = angle.sin() >= 1e-3  # else one line: there is no arc, or any
    from_a = ((1 - share) * angle).sin() / lengths[0]
    to_b = (share * angle).sin() / lengths[1]
    way = (from_a * a + to_b * b) / angle.sin() * torch.lerp(*lengths, share)
    return torch.where(arc, way, torch.lerp(a, b, share))


def path_between(points: Tensor, frames: int, *, straight: bool = False) -> Tensor:
    """Latents (frame, latent) through all points (point, latent), `frames` from each to the next.

    With `straight` lines in place of arcs: for styles, which lie on no sphere.
    """
    move = torch.lerp if straight else slerp
    legs = [
        move(points[leg], points[leg + 1], step / frames)
        for leg in range(len(points) - 1)
        for step in range(frames)
    ]
    return torch.stack([*legs, points[-1]])
