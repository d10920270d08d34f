"""Pictures of a user's own, as a model knows them: its size, its colours, fitted as in training."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from musegan.data.idx import holds_idx
from musegan.data.pictures import as_floats
from musegan.experiments.images import ImageModelFile
from musegan.images.reading import Fit, Ground, open_picture, quiet_pillow, squared

BORDERED = ("fashion-mnist", "digits", "mnist")  # sets whose images get a black border


class Picture(NamedTuple):
    """A picture that was read."""

    pixels: Tensor  # (channel, row, column), in [-1, 1]
    size: tuple[int, int]  # width and height that it had
    fit: Fit = "pad"

    @property
    def note(self) -> str:
        """What was done so that it fits; empty: nothing."""
        (rows, columns), (width, height) = self.pixels.shape[1:], self.size
        if (columns, rows) == (width, height):
            return ""
        what = "its middle square fitted" if self.fit == "crop" and width != height else "fitted"
        return f"{width} x {height}, {what} into {columns} x {rows}"

    def place(self, column: float, row: float) -> tuple[float, float]:
        """Where a place of the picture as it was lies in the square: column and row."""
        side, (width, height) = self.pixels.shape[-1], self.size
        if self.fit == "crop":
            edge = min(width, height)
            left, top = (width - edge) // 2, (height - edge) // 2
            return (column - left) * side / edge, (row - top) * side / edge
        scale = side / max(width, height)
        scale = int(scale) if scale >= 1 else scale
        left, top = ((side - max(1, round(length * scale))) // 2 for length in (width, height))
        return left + column * scale, top + row * scale


def read_for(model: ImageModelFile, path: Path, side: int, channels: int) -> Picture:
    """A picture fitted into a square of `side` pixels, as the pictures were that a model knows.

    Raises:
        FormatError: the file is missing, damaged or no picture.
    """
    data = model.experiment.data
    if data.source in BORDERED or holds_idx(Path(data.source)):
        return read_square(path, side, channels)
    return read_square(path, side, channels, data.fit, data.ground)


def read_square(
    path: Path, side: int, channels: int, fit: Fit = "pad", ground: Ground = "black"
) -> Picture:
    """A picture as a square; raises FormatError."""
    with quiet_pillow():
        image = open_picture(path, ground)
        size = image.size
        return Picture(_floats(squared(image, side, fit, ground), channels), size, fit)


def read_whole(path: Path, channels: int) -> Picture:
    """A picture as it is, of any size; raises FormatError."""
    with quiet_pillow():
        image = open_picture(path)
        return Picture(_floats(image, channels), image.size)


def _floats(image: Image.Image, channels: int) -> Tensor:
    pixels = np.array(image.convert("L" if channels == 1 else "RGB"))
    rows, columns = pixels.shape[:2]
    planes = torch.from_numpy(pixels).reshape(rows, columns, channels).permute(2, 0, 1)
    return as_floats(planes.contiguous())
