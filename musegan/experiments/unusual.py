"""What an encoder of the usual makes of test pictures, usual ones and others."""

from dataclasses import replace

import torch
from torch import Tensor

from musegan.data.galleries import open_gallery
from musegan.data.pictures import as_floats
from musegan.experiments.images import ImageModelFile
from musegan.gans.fanogan import Encoder


def is_encoder(model: ImageModelFile) -> bool:
    """Whether a model judges pictures."""
    return isinstance(model.networks.get("encoder"), Encoder)


def unusual_rows(model: ImageModelFile, count: int = 10, each: int = 2) -> tuple[Tensor, int]:
    """A sheet's images, (image, channel, row, column), and how many are in a row.

    A row of test pictures of all classes, and below it the usual that is nearest to each.
    """
    encoder = model.networks["encoder"]
    assert isinstance(encoder, Encoder)
    gallery = open_gallery(replace(model.experiment.data, classes=()), "test")
    shown = as_floats(torch.from_numpy(gallery.images[: count * each]))
    with torch.no_grad():
        usual = encoder.back(shown)
    rows = [
        part[first : first + count]
        for first in range(0, count * each, count)
        for part in (shown, usual)
    ]
    return torch.cat(rows), count
