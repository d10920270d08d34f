"""Stacked greys: each channel an image of its own, so ten classes make a hundred modes, or a thousand.

Stacked-MNIST (Metz et al. 2017, arXiv:1611.02163; Srivastava et al. 2017) on any grey gallery.
"""

from itertools import product

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import ImageData
from musegan.data.galleries import Gallery
from musegan.data.pictures import Pictures, as_floats


class StackSource:
    """Draws `data.stack` images for each image of a batch, independently, with replacement."""

    def __init__(
        self, gallery: Gallery, data: ImageData, batch_size: int, device: torch.device
    ) -> None:
        self.images = torch.from_numpy(gallery.images[:, 0].copy()).to(device)
        self.labels = torch.from_numpy(gallery.labels).to(device)
        self.classes = max(1, len(gallery.classes))
        self.data, self.batch_size, self.device = data, batch_size, device

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`; the first channel's class counts most."""
        drawn = rng.integers(len(self.images), size=(self.batch_size, self.data.stack))
        rows = torch.from_numpy(drawn).to(self.device)
        images = as_floats(self.images[rows])
        if self.data.flip:
            mirrored = torch.from_numpy(rng.random(drawn.shape) < 0.5).to(self.device)
            images = torch.where(mirrored[:, :, None, None], images.flip(3), images)
        places = self.classes ** torch.arange(self.data.stack - 1, -1, -1, device=self.device)
        return Pictures(images, (self.labels[rows] * places).sum(1))


def stacked_names(classes: tuple[str, ...], stack: int) -> tuple[str, ...]:
    """The names of the modes of a stack, by number: "00" to "99" of two digits."""
    joint = "" if all(len(name) == 1 for name in classes) else "+"
    return tuple(joint.join(names) for names in product(classes, repeat=stack)) if classes else ()


def unstacked(labels: npt.NDArray[np.int64], classes: int, stack: int) -> npt.NDArray[np.int64]:
    """The class of each channel, (image, channel), of modes (image,)."""
    return labels[:, None] // classes ** np.arange(stack - 1, -1, -1) % classes
