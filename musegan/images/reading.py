"""Pictures of any kind, read as squares of bytes.

Whatever Pillow reads of the formats below becomes grey or red, green and blue, 8 bits each: the
first frame, turned upright by its EXIF tag, transparency laid over the ground, 16-bit values
divided by 257, so that white stays white.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from musegan.errors import FormatError

Fit = Literal["crop", "pad"]
Ground = Literal["black", "white"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
LARGEST = 100_000_000  # pixels; more is taken for an attack on the memory
_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def read_picture(
    path: Path, side: int, channels: int, *, fit: Fit = "crop", ground: Ground = "black"
) -> npt.NDArray[np.uint8]:
    """A picture as (channel, row, column): its middle square, or all of it with a border.

    Raises:
        FormatError: the file is missing, empty, damaged, too large or no picture.
    """
    with quiet_pillow():
        return read_square(path, side, channels, fit, ground)


def read_square(
    path: Path, side: int, channels: int, fit: Fit, ground: Ground
) -> npt.NDArray[np.uint8]:
    """As `read_picture`, where `quiet_pillow` is around it already; may be called by threads."""
    image = squared(open_picture(path, ground, shortest=2 * side), side, fit, ground)
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(side, side, channels).transpose(2, 0, 1)


def open_picture(path: Path, ground: Ground = "black", *, shortest: int = 0) -> Image.Image:
    """A picture as it is to be seen, of mode L or RGB.

    Args:
        shortest: a JPEG may be read smaller, by halves, down to so many pixels of its shorter side;
            0: as it is.

    Raises:
        FormatError: the file is missing, empty, damaged, too large or no picture.
    """
    name = shown(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > LARGEST:
                raise FormatError(
                    f"{name}: {width} x {height} pixels; at most {LARGEST:,} are read"
                )
            if shortest and isinstance(image, ImageFile.ImageFile):
                image.draft(None, (shortest, shortest))
            image.load()
            upright = ImageOps.exif_transpose(image)
            return _seen(upright, ground)
    except FormatError:
        raise
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        reason = "empty" if empty else f"no picture; read are {', '.join(FORMATS)}"
        raise FormatError(f"{name}: {reason}") from error
    except Image.DecompressionBombError as error:
        raise FormatError(f"{name}: too large; at most {LARGEST:,} pixels are read") from error
    except OSError as error:
        reason = error.strerror.lower() if error.strerror else f"damaged ({error})"
        raise FormatError(f"{name}: {reason}") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
        raise FormatError(f"{name}: damaged ({error or type(error).__name__})") from error


def squared(image: Image.Image, side: int, fit: Fit, ground: Ground) -> Image.Image:
    """The picture's middle square, or all of it with a border of the ground, `side` wide."""
    width, height = image.size
    if fit == "crop":
        edge = min(width, height)
        left, top = (width - edge) // 2, (height - edge) // 2
        return _resized(image.crop((left, top, left + edge, top + edge)), (side, side))
    scale = side / max(width, height)
    if scale >= 1:
        scale = int(scale)  # whole factors keep small pictures' pixels as they are
    size = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = Image.new(image.mode, (side, side), ground)
    canvas.paste(_resized(image, size), ((side - size[0]) // 2, (side - size[1]) // 2))
    return canvas


def shown(path: Path) -> str:
    """A path in one line that every terminal takes."""
    name = str(path).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def resized(grey: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """A grey picture (row, column) as a square of another size, without aliases."""
    return np.asarray(_resized(Image.fromarray(grey), (side, side)))


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Silence what Pillow remarks on odd files. Not for threads: put it around all of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Without aliases where it becomes smaller, pixel for pixel where larger by a whole factor."""
    if image.size == size:
        return image
    whole = size[0] % image.width == 0 and size[1] % image.height == 0
    how = Image.Resampling.NEAREST if whole else Image.Resampling.LANCZOS
    return image.resize(size, how, reducing_gap=3.0)


def _seen(image: Image.Image, ground: Ground) -> Image.Image:
    """A loaded picture of any mode as L or RGB."""
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        return Image.fromarray(_bytes(np.asarray(image)))
    if mode in _ALPHA or "transparency" in image.info:
        clear = image.convert("RGBA")
        canvas = Image.new("RGB", image.size, ground)
        canvas.paste(clear, mask=clear.getchannel("A"))
        return canvas
    if mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
        assert converted is not None  # it is only where it is done in place
        return converted
    return image.convert("L" if mode in ("1", "L") else "RGB")


def _bytes(values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Whole numbers of 16 bits as bytes; floats of 0 to 1, or of bytes, or of 16 bits."""
    numbers = np.nan_to_num(values.astype(np.float64))
    full = 65535.0
    if values.dtype.kind == "f":
        full = next((top for top in (1.0, 255.0) if numbers.max(initial=0) <= top), full)
    scaled: npt.NDArray[np.float64] = (numbers / full).clip(0, 1) * 255
    return np.round(scaled).astype(np.uint8)
