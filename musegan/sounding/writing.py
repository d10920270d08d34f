"""Sounds and their spectrograms to files: whole or absent, and each says how it was made."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL.PngImagePlugin import PngInfo

from musegan.audio.waveform import write_wav
from musegan.files import written_aside
from musegan.images.sheet import sheet_of
from musegan.images.spectrogram import coloured
from musegan.sounding.drawing import Floats, levels_of

Facts = Mapping[str, str]  # what a file says of itself, by keyword


def write_sound(path: Path, sound: Floats, rate: int, facts: Facts, title: str = "") -> None:
    """Write a sound (sample,) as WAV; its title is the file's name if none is given, its comment the facts."""
    comment = "; ".join(f"{keyword}: {text}" for keyword, text in facts.items())
    write_wav(path, sound, rate, title=title or path.stem, comment=comment)


def write_spectrograms(
    path: Path,
    sounds: Sequence[Floats],
    rate: int,
    samples: int,
    facts: Facts,
    *,
    columns: int = 0,
) -> None:
    """Write the spectrograms of sounds of at most so many samples on one sheet, as PNG."""
    levels = levels_of(list(sounds), rate, samples)
    sheet = sheet_of(coloured(np.asarray(levels)), columns=columns)
    info = PngInfo()
    for keyword, text in facts.items():
        info.add_text(keyword, text)
    with written_aside(path) as aside:
        sheet.save(aside, "PNG", pnginfo=info)
