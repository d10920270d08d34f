"""Holes filled: what is known of a picture stays as it is, to the pixel."""

from math import ceil, floor
from pathlib import Path

import torch
from torch import Tensor

from musegan.data.views import with_hole
from musegan.errors import UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import Tick, silent
from musegan.experiments.translating import translate_images
from musegan.picturing.opening import use_of
from musegan.picturing.projection import project
from musegan.picturing.reading import Picture, read_for

Box = tuple[int, int, int, int]  # left, top, width, height, in pixels


def fills_holes(model: ImageModelFile) -> bool:
    """Whether a model was trained to fill holes."""
    return use_of(model) == "inpaint"


def fill(
    model: ImageModelFile,
    picture: Tensor,
    known: Tensor,
    *,
    steps: int = 200,
    restarts: int = 8,
    label: int | None = None,
    seed: int = 0,
    tick: Tick = silent,
) -> Tensor:
    """A picture (channel, row, column) with what is not `known` (row, column) filled in.

    A model that was trained to does it at once; of one that draws, the image is taken whose
    latent fits what is known.
    """
    if fills_holes(model):
        shown = with_hole(picture[None], ~known[None])
        made = translate_images(model, shown)[0]
        tick(steps)
    else:
        made = project(
            model,
            picture,
            known=known,
            label=label,
            steps=steps,
            restarts=restarts,
            seed=seed,
            tick=tick,
        ).image
    return torch.where(known, picture, made)


def known_around(box: Box, picture: Picture) -> Tensor:
    """What is known of a picture around a hole in its own pixels: (row, column), as fitted.

    Raises:
        UsageError: the hole lies outside, or is all of the picture.
    """
    left, top, width, height = box
    wide, high = picture.size
    if left + width > wide or top + height > high:
        raise UsageError(
            f"--hole {left},{top},{width},{height}: reaches beyond the picture's {wide} x {high}"
        )
    if (width, height) == (wide, high):
        raise UsageError("--hole: the whole picture is missing; `musegan image sample` draws one")
    side = picture.pixels.shape[-1]
    first, last = picture.place(left, top), picture.place(left + width, top + height)
    columns, rows = (
        slice(max(0, floor(begin)), max(0, min(side, ceil(end))))
        for begin, end in zip(first, last, strict=True)
    )
    known = torch.ones(side, side, dtype=torch.bool)
    known[rows, columns] = False
    if bool(known.all()):
        raise UsageError(
            f"--hole {left},{top},{width},{height}: lies where the picture is cut off to be a "
            f"square; cut it yourself first"
        )
    if not bool(known.any()):
        raise UsageError("--hole: nothing is known; leave some of the picture")
    return known


def read_mask(model: ImageModelFile, path: Path) -> Tensor:
    """What is known by a mask that is white where something is missing: (side, side).

    Raises:
        FormatError: it is no picture.
        UsageError: it is all white, or nowhere.
    """
    missing = read_for(model, path, model.sizes.side, 1).pixels[0] > 0
    if bool(missing.all()) or not bool(missing.any()):
        raise UsageError(
            f"--mask {path}: is {'all white' if missing.any() else 'nowhere white'}; it shall be "
            f"white where something is missing, and black elsewhere"
        )
    return ~missing
