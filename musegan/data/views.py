"""What of an image a translator is shown.

Images are floats (batch, channel, row, column), -1 black, 1 white.
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError

SHRINK = 4  # how many times smaller, each way, a small image is
EDGE = 0.25  # a step in brightness that is an edge; 1 is from black to white
LUMA = (0.299, 0.587, 0.114)  # brightness of red, green and blue (ITU-R BT.601)


class Source(Protocol):
    """Draws batches; the same chances give the same batch."""

    def draw(self, rng: np.random.Generator) -> Pictures: ...


class ShownSize(NamedTuple):
    """The size of what a view shows."""

    channels: int
    side: int


def shown_size(view: str, channels: int, side: int) -> ShownSize:
    """What a view shows of images of so many channels and pixels.

    Raises ConfigError if there is no such view of them.
    """
    if view == "grey" and channels == 1:
        raise ConfigError("data.view=grey shows nothing less of grey images; set data.channels=3")
    if view == "small" and side % SHRINK:
        raise ConfigError(f"data.view=small needs data.side={side} to be a multiple of {SHRINK}")
    return {
        "edges": ShownSize(1, side),
        "grey": ShownSize(1, side),
        "hole": ShownSize(channels + 1, side),
        "small": ShownSize(channels, side // SHRINK),
    }[view]


def shown_of(view: str, images: Tensor, rng: np.random.Generator | None = None) -> Tensor:
    """What a view shows of images; holes lie where `rng` says, without one in the centre."""
    if view == "hole":
        count, _, side, _ = images.shape
        masks = central_masks(count, side) if rng is None else random_masks(count, side, rng)
        return with_hole(images, torch.from_numpy(masks).to(images.device))
    return {"edges": edges, "grey": grey, "small": small}[view](images)


def grey(images: Tensor) -> Tensor:
    """The brightness of images, (batch, 1, row, column)."""
    if images.shape[1] == 1:
        return images
    weights = images.new_tensor(LUMA)
    return (images * weights[:, None, None]).sum(1, keepdim=True)


def edges(images: Tensor) -> Tensor:
    """Where brightness steps, 1, and where not, -1: (batch, 1, row, column). Sobel's gradient."""
    slope = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=images.device) / 8
    filters = torch.stack([slope, slope.T])[:, None]
    gradients = conv2d(pad(grey(images), (1, 1, 1, 1), mode="replicate"), filters)
    return torch.where(gradients.norm(dim=1, keepdim=True) > EDGE, 1.0, -1.0)


def small(images: Tensor) -> Tensor:
    """Images a quarter as wide, each pixel the mean of sixteen."""
    return avg_pool2d(images, SHRINK)


def with_hole(images: Tensor, masks: Tensor) -> Tensor:
    """Images with a hole, and last a channel that is 1 there and -1 elsewhere.

    `masks` (batch, row, column) are true in the hole, where the image becomes 0.
    """
    hole = masks[:, None]
    return torch.cat([images.masked_fill(hole, 0.0), torch.where(hole, 1.0, -1.0)], dim=1)


def central_masks(count: int, side: int) -> npt.NDArray[np.bool_]:
    """A hole of half the side in the middle, (count, row, column)."""
    masks = np.zeros((count, side, side), bool)
    inner = slice(side // 4, side // 4 + side // 2)
    masks[:, inner, inner] = True
    return masks


def random_masks(count: int, side: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Holes of a quarter to over half the side each way, anywhere; a quarter of them central."""
    lengths = rng.integers(side // 4, side * 5 // 8 + 1, size=(2, count))
    begins = rng.integers(side - lengths + 1)
    line = np.arange(side)
    inside = (begins[..., None] <= line) & (line < (begins + lengths)[..., None])
    masks = inside[0][:, :, None] & inside[1][:, None, :]
    central = rng.random(count) < 0.25
    return np.where(central[:, None, None], central_masks(count, side), masks)


class ViewedSource:
    """Draws another source's batches, with what is shown of each image."""

    def __init__(self, source: Source, view: str) -> None:
        self.source, self.view = source, view

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`."""
        batch = self.source.draw(rng)
        return batch._replace(shown=shown_of(self.view, batch.images, rng))
