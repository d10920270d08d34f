"""What released translators make: of views, of another domain, of small images."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from musegan.config import ImageData
from musegan.data.domains import KNOWN_MAPS, open_pair
from musegan.data.galleries import Split, open_gallery
from musegan.data.pictures import as_floats
from musegan.data.views import shown_of
from musegan.errors import UsageError
from musegan.experiments.images import ImageModelFile
from musegan.gans.unpaired import BothWays

AT_ONCE = 250  # images


class Shown(NamedTuple):
    """What a translator is shown, and what it should make of it, if anybody knows."""

    shown: Tensor  # (image, shown channel, row, column)
    truth: Tensor | None  # (image, channel, row, column)
    labels: Tensor  # (image,) classes of what is shown


def translate_images(model: ImageModelFile, shown: Tensor, *, back: bool = False) -> Tensor:
    """Images (batch, channel, row, column) in [-1, 1] of what a translator is shown.

    Args:
        shown: (batch, shown channel, row, column), as `data.views.shown_of` makes it of images;
            of an unpaired translator images of its first domain.
        back: from the second domain to the first, of an unpaired translator.

    Raises:
        UsageError: the model is no translator, or not of such images.
    """
    if model.system.draws:
        raise UsageError(
            f"{model.experiment.name} draws images from noise; give a translator, such as pix2pix"
        )
    generator, sizes = model.networks["generator"], model.sizes
    channels = sizes.shown_channels
    if back:
        if not isinstance(generator, BothWays):
            raise UsageError(f"{model.experiment.name} translates one way only")
        generator, channels = generator.back, sizes.channels
    if shown.ndim != 4 or shown.shape[1] != channels:
        raise UsageError(
            f"images of shape {tuple(shown.shape)}: this translator is shown "
            f"(batch, {channels}, row, column)"
        )
    return _in_parts(generator, shown)


def upscale(model: ImageModelFile, images: Tensor) -> Tensor:
    """Images (batch, channel, row, column) of any size, four times as wide and high.

    Raises:
        UsageError: the model is of another kind, or learned other channels.
    """
    if model.experiment.data.view != "small":
        raise UsageError(f"{model.experiment.name} does not make images larger; give an srgan")
    return translate_images(model, images)


def shown_split(data: ImageData, split: Split = "test", count: int = 0) -> Shown:
    """A split as a translator of these settings is shown it, holes in the middle; `count` 0: all."""
    some = slice(count or None)
    if data.onto:
        first, second = open_pair(data, split)
        truth = None
        if data.onto in KNOWN_MAPS and split == "test":
            truth = as_floats(torch.from_numpy(second.images[some]))
        shown = as_floats(torch.from_numpy(first.images[some]))
        return Shown(shown, truth, torch.from_numpy(first.labels[some]))
    gallery = open_gallery(data, split)
    images = as_floats(torch.from_numpy(gallery.images[some]))
    return Shown(shown_of(data.view, images), images, torch.from_numpy(gallery.labels[some]))


def translation_rows(model: ImageModelFile, count: int = 10, each: int = 2) -> tuple[Tensor, int]:
    """A sheet's images, in rows of what is shown, what is made of it, and what it should be.

    Of an unpaired translator the last but one is what comes back. Returns the images,
    (image, channel, row, column), all of one size, and how many are in a row.
    """
    wanted = shown_split(model.experiment.data, "test", count * each)
    made = translate_images(model, wanted.shown)
    kinds: list[Tensor] = [wanted.shown[:, :-1] if model.sizes.masked else wanted.shown, made]
    if isinstance(model.networks["generator"], BothWays):
        kinds.append(translate_images(model, made, back=True))
    if wanted.truth is not None:
        kinds.append(wanted.truth)
    channels = max(images.shape[1] for images in kinds)
    alike = [_alike(images, channels, model.sizes.side) for images in kinds]
    rows = [
        part[first : first + count] for first in range(0, count * each, count) for part in alike
    ]
    return torch.cat(rows), count


def _alike(images: Tensor, channels: int, side: int) -> Tensor:
    """Images of all rows alike: small ones with larger pixels, grey ones in as many channels."""
    factor = side // images.shape[-1]
    larger = images.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    return larger.expand(-1, channels, -1, -1)


def _in_parts(network: nn.Module, shown: Tensor) -> Tensor:
    device = next(network.parameters()).device
    with torch.no_grad():
        parts = [
            network(shown[first : first + AT_ONCE].to(device)).float().clamp(-1, 1).cpu()
            for first in range(0, len(shown), AT_ONCE)
        ]
    return torch.cat(parts)
