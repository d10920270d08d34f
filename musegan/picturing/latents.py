"""Pictures from latents, and paths of them that have no end."""

import torch
from torch import Tensor

from musegan.experiments.images import ImageModelFile, drawing
from musegan.experiments.latents import Tick, in_batches, silent


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


def there_and_back(frames: Tensor) -> Tensor:
    """A path's frames and those between them in reverse, so that an endless loop has no jump."""
    return torch.cat([frames, frames[1:-1].flip(0)])
