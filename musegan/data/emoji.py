"""Emoji as pictures: those of Noto's colour font that are one character, drawn at its own size."""

from bisect import bisect_right
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from musegan.config import ImageData
from musegan.errors import CorpusError
from musegan.images.reading import squared

FONT = "NotoColorEmoji.ttf"
FOLDERS = ("/usr/share/fonts/truetype/noto", "/usr/share/fonts/noto", "/usr/share/fonts/noto-emoji")
SIZE, WIDTH, HEIGHT = 109, 136, 128  # of the font's bitmaps: what it is asked for, pixels
KINDS = ("face", "food", "nature", "object", "person", "place", "sign")
# From each code point up to the next; as Unicode lays them out, near enough.
_FROM = {
    0x00A9: "sign", 0x1F300: "nature", 0x1F32D: "food", 0x1F330: "nature", 0x1F345: "food",
    0x1F380: "object", 0x1F3D4: "place", 0x1F3F1: "sign", 0x1F3F8: "object", 0x1F3FB: "sign",
    0x1F400: "nature", 0x1F440: "person", 0x1F451: "object", 0x1F463: "person", 0x1F484: "object",
    0x1F486: "person", 0x1F488: "object", 0x1F48B: "sign", 0x1F4A1: "object", 0x1F500: "sign",
    0x1F525: "object", 0x1F52E: "sign", 0x1F56F: "object", 0x1F574: "person", 0x1F576: "object",
    0x1F57A: "person", 0x1F587: "object", 0x1F590: "person", 0x1F5A4: "object", 0x1F5FB: "place",
    0x1F600: "face", 0x1F645: "person", 0x1F648: "nature", 0x1F64B: "person", 0x1F680: "place",
    0x1F6A3: "person", 0x1F6A4: "place", 0x1F6AA: "object", 0x1F6AB: "sign", 0x1F6B2: "place",
    0x1F6B3: "sign", 0x1F6B4: "person", 0x1F6B7: "sign", 0x1F6BF: "object", 0x1F6C2: "sign",
    0x1F6CB: "object", 0x1F6D5: "place", 0x1F6DC: "sign", 0x1F6DD: "place", 0x1F7E0: "sign",
    0x1F90C: "person", 0x1F90D: "sign", 0x1F90F: "person", 0x1F910: "face", 0x1F918: "person", 0x1F920: "face", 0x1F930: "person",
    0x1F93F: "object", 0x1F950: "food", 0x1F970: "face", 0x1F97B: "object", 0x1F980: "nature",
    0x1F9AF: "object", 0x1F9B4: "person", 0x1F9BA: "object", 0x1F9BB: "person", 0x1F9BC: "object",
    0x1F9C0: "food", 0x1F9CC: "person", 0x1F9D0: "face", 0x1F9D1: "person", 0x1F9E0: "object",
    0x1FA75: "sign", 0x1FA78: "object", 0x1FAB0: "nature", 0x1FAC0: "person", 0x1FACD: "nature", 0x1FAD0: "food", 0x1FAE0: "face",
    0x1FAF0: "person",
}  # fmt: skip
_BLOCKS = ((0xA9, 0xAF), (0x2000, 0x3300), (0x1F000, 0x1F300), (0x1F300, 0x1F800), (0x1F900, 0x1FB00))  # fmt: skip


def open_emoji(data: ImageData) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """All emoji, (image, channel, row, column), in the order of their code points, and their kinds.

    Raises:
        CorpusError: the font is not there, or has no bitmaps.
    """
    path = font_file(data.folder)
    try:
        font = ImageFont.truetype(path, SIZE, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise CorpusError(f"{path}: no colour font with bitmaps of {SIZE} ({error})") from error
    images, labels = [], []
    starts = list(_FROM)
    for code in (code for begin, end in _BLOCKS for code in range(begin, end)):
        picture = _drawn(chr(code), font, data)
        if picture is not None:
            images.append(picture)
            labels.append(KINDS.index(_FROM[starts[bisect_right(starts, code) - 1]]))
    if not images:
        raise CorpusError(f"{path}: holds no emoji; give Noto's {FONT} as data.folder")
    return np.stack(images), np.array(labels, np.int64)


def font_file(folder: str) -> Path:
    """The font, where `folder` says or where distributions put it; `folder` may be the file."""
    for place in [folder] if folder else FOLDERS:
        for path in (Path(place), Path(place, FONT)):
            if path.is_file():
                return path
    raise CorpusError(
        f"no {FONT} in {folder or ', '.join(FOLDERS)}; "
        "install fonts-noto-color-emoji (Debian) or set data.folder"
    )


def _drawn(
    character: str, font: ImageFont.FreeTypeFont, data: ImageData
) -> npt.NDArray[np.uint8] | None:
    """An emoji as bytes (channel, row, column); None where the font has none."""
    left, _, right, _ = font.getbbox(character)
    if right - left < WIDTH:
        return None
    canvas = Image.new("RGBA", (WIDTH, HEIGHT))
    ImageDraw.Draw(canvas).text((0, 0), character, font=font, embedded_color=True)
    if canvas.getbbox() is None:
        return None
    ground = Image.new("RGB", (WIDTH, WIDTH), data.ground)
    ground.paste(canvas, (0, (WIDTH - HEIGHT) // 2), canvas)
    small = squared(ground, data.side, "crop", data.ground)
    pixels = np.asarray(small.convert("L" if data.channels == 1 else "RGB"))
    return pixels.reshape(data.side, data.side, data.channels).transpose(2, 0, 1)
