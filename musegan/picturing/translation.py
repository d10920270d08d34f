"""Pictures turned into others by a model that was trained to: upscaled, coloured, translated."""

from pathlib import Path

import torch
from torch import Tensor

from musegan.data.views import edges
from musegan.errors import FormatError, UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.translating import translate_images
from musegan.gans.unpaired import BothWays
from musegan.picturing.opening import use_of
from musegan.picturing.reading import Picture, read_for, read_whole

LARGEST = 1 << 20  # pixels of what is enlarged; sixteen times as many come out


def check_turns(model: ImageModelFile, command: str) -> None:
    """Refuse a model that does not do what a command is for. Raises UsageError with what it does."""
    use = use_of(model)
    if use == command:
        return
    name = model.experiment.name
    if use == "sample":
        raise UsageError(
            f"{name} draws from latents; `musegan image sample` uses it, {command} wants a model "
            f"that was trained to"
        )
    raise UsageError(f"{name} is for `musegan image {use}`; {command} wants another model")


def check_back(model: ImageModelFile) -> None:
    """Refuse a translator that knows one way alone. Raises UsageError."""
    if not isinstance(model.networks["generator"], BothWays):
        raise UsageError(
            f"{model.experiment.name} translates one way; --back is for cyclegan and discogan"
        )


def read_shown(
    model: ImageModelFile, path: Path, *, back: bool = False, drawn: bool = False
) -> Picture:
    """A picture as a translator wants it: (channel, row, column).

    One that enlarges takes any size. One that turns edges into pictures is shown the edges of a
    photo; with `drawn` the picture is a line drawing already, light on dark. Raises FormatError.
    """
    sizes = model.sizes
    if use_of(model) == "upscale":
        picture = read_whole(path, sizes.shown_channels)
        if picture.pixels[0].numel() > LARGEST:
            width, height = picture.size
            raise FormatError(
                f"{path}: {width} x {height} pixels; at most {LARGEST:,} are enlarged, so cut it "
                f"into parts"
            )
        return picture
    if back:
        return read_for(model, path, sizes.side, sizes.channels)
    picture = read_for(model, path, sizes.shown_side, sizes.shown_channels)
    if model.experiment.data.view == "edges":
        lines = edges(picture.pixels[None])[0]
        if drawn:
            lines = torch.where(picture.pixels > 0, 1.0, -1.0)
        picture = picture._replace(pixels=lines)
    return picture


def turn(model: ImageModelFile, shown: Tensor, *, back: bool = False) -> Tensor:
    """What a translator makes of a picture (channel, row, column) in [-1, 1]."""
    return translate_images(model, shown[None], back=back)[0]
