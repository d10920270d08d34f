"""Pictures to files: whole or absent, and each says how it was made.

What made a picture lies in the text chunks of its PNG, so `exiftool` or any viewer shows it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from musegan.data.pictures import as_bytes
from musegan.files import written_aside
from musegan.images.sheet import sheet_of

Facts = Mapping[str, str]  # what a picture's file says of itself, by keyword
GIF_MILLISECONDS = 80  # a frame


def write_picture(path: Path, image: Tensor, facts: Facts) -> None:
    """Write an image (channel, row, column) in [-1, 1] as PNG."""
    pixels = as_bytes(image).numpy()
    shown = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    save(Image.fromarray(shown), path, facts)


def write_sheet(path: Path, images: Tensor, facts: Facts, *, columns: int = 0) -> None:
    """Write images (image, channel, row, column) in [-1, 1] on one sheet."""
    save(sheet_of(as_bytes(images).numpy(), columns=columns), path, facts)


def save(picture: Image.Image, path: Path, facts: Facts) -> None:
    """Write a picture as PNG with its facts in text chunks."""
    info = PngInfo()
    for keyword, text in facts.items():
        info.add_text(keyword, text)
    with written_aside(path) as aside:
        picture.save(aside, "PNG", pnginfo=info)


def write_animation(path: Path, images: Tensor, facts: Facts, *, smallest: int = 128) -> None:
    """Write images (frame, channel, row, column) in [-1, 1] as a GIF that goes on for ever."""
    frames = [enlarged(image, smallest) for image in as_bytes(images).numpy()]
    comment = "; ".join(f"{keyword}: {text}" for keyword, text in facts.items())
    with written_aside(path) as aside:
        frames[0].save(
            aside,
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=GIF_MILLISECONDS,
            loop=0,
            comment=comment.encode("ascii", "replace"),
        )


def enlarged(pixels: npt.NDArray[np.uint8], smallest: int) -> Image.Image:
    """Pixels (channel, row, column) as a picture, by a whole factor at least `smallest` wide."""
    factor = -(-smallest // min(pixels.shape[1:]))
    grown = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    return Image.fromarray(grown[0] if len(grown) == 1 else grown.transpose(1, 2, 0).copy())


def safe_name(name: str, taken: Sequence[str] = ()) -> str:
    """A class's name as a folder's: no separators, no dots in front; not one of those taken."""
    kept = "".join(mark if mark.isalnum() or mark in " -_+.,'()" else "-" for mark in name)
    kept = kept.strip(" .") or "class"
    number, free = 2, kept
    while free.casefold() in {other.casefold() for other in taken}:
        free, number = f"{kept}-{number}", number + 1
    return free
