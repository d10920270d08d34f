"""Pictures from latents: by number, on the way from one to another, and mixed.

Picture `number` of a seed is a function of the two and of the model, however many are drawn with
it. So a picture that is liked on a sheet can be drawn again, alone or as the end of a path.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from musegan.experiments.images import ImageModelFile, drawing

Tick = Callable[[int], object]  # is told how many pictures more are done
BATCH = 64  # images drawn at once


def silent(count: int) -> None:
    """A tick that nobody hears."""


def latents_of(seed: int, numbers: Sequence[int], size: int) -> Tensor:
    """The latents of pictures by number, (picture, size)."""
    rows = [np.random.default_rng([seed, number]).standard_normal(size) for number in numbers]
    return torch.from_numpy(np.stack(rows)).float()


def labels_in_turn(model: ImageModelFile, numbers: Sequence[int]) -> Tensor:
    """The classes of pictures by number, from 1, (picture,): in turn, or 0 where there are none."""
    return (torch.tensor(numbers) - 1) % max(model.sizes.classes, 1)


def draw(
    model: ImageModelFile,
    latents: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    truncation: float = 0.0,
    tick: Tick = silent,
) -> Tensor:
    """Images (picture, channel, row, column) in [-1, 1] of latents (picture, latent).

    For `truncation` see `musegan.experiments.images.drawing`.
    """
    make = drawing(model, truncation)
    return in_batches(lambda rows: make(latents[rows], labels[rows]), len(latents), seed, tick)


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
    """A latent between two, (latent,): along the sphere, since normal latents lie near one.

    The angle grows evenly, and so does the length; 0 gives `a`, 1 gives `b`. Shoemake 1985.
    """
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle = torch.arccos(cosine)
    length = torch.lerp(a.norm(), b.norm(), share)
    if angle.sin() < 1e-3:  # one line: there is no arc, or any
        return torch.lerp(a, b, share)
    from_a, to_b = ((1 - share) * angle).sin() / a.norm(), (share * angle).sin() / b.norm()
    way: Tensor = (from_a * a + to_b * b) / angle.sin() * length
    return way


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


def there_and_back(frames: Tensor) -> Tensor:
    """A path's frames and those between them in reverse, so that an endless loop has no jump."""
    return torch.cat([frames, frames[1:-1].flip(0)])
