"""Batches of images, whole galleries held on the device that trains."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from musegan.config import ImageData
from musegan.data.galleries import Gallery


class Pictures(NamedTuple):
    """A batch of images, as every recipe gets it."""

    images: Tensor  # (batch, channel, row, column), -1 black, 1 white
    labels: Tensor  # (batch,) class numbers, int64; 0 where there are no classes
    shown: Tensor | None = None  # of a translator: what it is shown, as images
    tokens: Tensor | None = None  # (batch, word) of captions, int64; 0 is none


class PictureSource:
    """Draws batches from a gallery, with replacement."""

    def __init__(
        self, gallery: Gallery, data: ImageData, batch_size: int, device: torch.device
    ) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(gallery.images)).to(device)
        self.labels = torch.from_numpy(gallery.labels).to(device)
        self.data, self.batch_size, self.device = data, batch_size, device

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`."""
        rows = torch.from_numpy(rng.integers(len(self.images), size=self.batch_size))
        rows = rows.to(self.device, non_blocking=self.device.type == "cuda")
        images = as_floats(self.images[rows])
        if self.data.flip:
            mirrored = torch.from_numpy(rng.random(self.batch_size) < 0.5)
            mirrored = mirrored.to(self.device, non_blocking=self.device.type == "cuda")
            images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        return Pictures(images, self.labels[rows])


def as_floats(images: Tensor) -> Tensor:
    """Bytes 0 to 255 as floats -1 to 1; floats as they are."""
    return images.float() / 127.5 - 1 if images.dtype == torch.uint8 else images


def as_bytes(images: Tensor) -> Tensor:
    """Floats -1 to 1 as bytes 0 to 255, rounded."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
