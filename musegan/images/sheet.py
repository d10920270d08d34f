"""Many small images on one sheet."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from musegan.files import written_aside

GAP = 2  # pixels between images, before they are enlarged


def sheet_of(images: npt.NDArray[np.uint8], *, columns: int = 0, smallest: int = 64) -> Image.Image:
    """Images (image, channel, row, column) in rows, enlarged by a whole factor where they are small.

    Args:
        columns: images a row; 0 for about as many as rows.
        smallest: pixels that an image is enlarged to at least.
    """
    count, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    shape = (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3)
    canvas = np.full(shape, 255, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
        colours = image if channels == 3 else image[:1].repeat(3, axis=0)
        canvas[top : top + height, left : left + width] = colours.transpose(1, 2, 0)
    factor = max(1, math.ceil(smallest / max(height, width)))
    return Image.fromarray(canvas.repeat(factor, axis=0).repeat(factor, axis=1))


def save_sheet(images: npt.NDArray[np.uint8], path: Path, *, columns: int = 0) -> None:
    """Write a sheet as PNG, whole or not at all."""
    with written_aside(path) as aside:
        sheet_of(images, columns=columns).save(aside, "PNG")
