"""Models on images for tests: untrained releases of any system, and one that is known by formula."""

import numpy as np
import torch
from torch import nn

from musegan.config import ImageData, ImageExperiment, ImageModel
from musegan.experiments.built import as_json
from musegan.experiments.images import ImageModelFile
from musegan.gans import SYSTEMS
from musegan.gans.system import Sizes
from musegan.train.checkpoint import save_release

CLASSES = ("t-shirt", "ankle boot", "bag")
SMALL = Sizes(side=16, channels=1, classes=0, latent=6, width=4)


def release(path, system, sizes=SMALL, *, data=None, classes=CLASSES, seed=0):
    """Write the weights of fresh networks as training would; returns the path."""
    torch.manual_seed(seed)
    data = data or ImageData(side=sizes.side, channels=sizes.channels)
    model = ImageModel(
        system=system, latent=sizes.latent, width=sizes.width, conditional=sizes.classes > 0
    )
    experiment = ImageExperiment(name=system, data=data, model=model)
    networks = SYSTEMS[system].networks(sizes)
    tensors = {}
    for name in SYSTEMS[system].released:
        with torch.no_grad():
            for weight in networks[name].parameters():
                weight.mul_(
                    1 if system == "stylegan2" else 3
                )  # so that images of two latents differ
        tensors |= {f"{name}.{key}": value for key, value in networks[name].state_dict().items()}
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(classes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_release(path, tensors, config)
    return path


def idx_folder(path, count=20, side=16, classes=10):
    """Write a set of random images as Fashion-MNIST lies in its folder; returns the folder."""
    rng = np.random.default_rng(0)
    path.mkdir(parents=True, exist_ok=True)
    for split in ("train", "t10k"):
        images = rng.integers(0, 256, (count, side, side), np.uint8)
        labels = (np.arange(count) % classes).astype(np.uint8)
        for kind, array in (("images", images), ("labels", labels)):
            shape = np.array(array.shape, ">u4").tobytes()
            head = bytes([0, 0, 8, array.ndim])
            name = f"{split}-{kind}-idx{array.ndim}-ubyte"
            (path / name).write_bytes(head + shape + array.tobytes())
    return path


class Linear(nn.Module):
    """Latents (batch, 6) -> images that are a linear map of them; the class shifts them."""

    def __init__(self, side=8, classes=0):
        super().__init__()
        dice = torch.Generator().manual_seed(0)
        self.map = nn.Parameter(torch.randn(side * side, 6, generator=dice) * 0.1)
        self.side, self.classes = side, classes

    def forward(self, latent, labels):
        images = (latent @ self.map.T).view(-1, 1, self.side, self.side)
        if self.classes:
            images = images + 0.5 * labels[:, None, None, None].float()
        return images


def linear_model(side=8, classes=0):
    """A model whose images are known by formula."""
    sizes = Sizes(side=side, channels=1, classes=classes, latent=6, width=1)
    experiment = ImageExperiment(data=ImageData(side=side))
    generator = Linear(side, classes).requires_grad_(False).eval()
    return ImageModelFile(
        experiment, SYSTEMS["dcgan"], sizes, CLASSES[:classes], {"generator": generator}
    )
