"""How notes are struck, as a picture: a row a voice, each note a bar as tall as it is loud, where it falls."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from musegan.files import written_aside
from musegan.music.band import DRUM_KEYS, Role
from musegan.music.touch import LATE, LOUD, NOMINAL, VOICES

STEP, ROW, MARGIN, HEAD, GAP, BAR = 14, 34, 84, 18, 12, 5  # pixels
GROUND, INK, LINE, BEAT = "#FFFFFF", "#222222", "#DDDDDD", "#BBBBBB"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
CHORD = ("lowest", "highest", "between")

Floats = npt.NDArray[np.float64]


def draw_touch(
    struck: npt.NDArray[np.bool_],
    touches: Mapping[str, Floats],
    path: Path | None = None,
    *,
    role: Role,
    beat: int = 4,
) -> Image.Image:
    """Draw touches of the same notes one under the other, each with its name.

    Args:
        struck: (VOICES, step), whether a voice is struck.
        touches: name -> (2 * VOICES, step), as `music.touch` has them.
        path: of a PNG, if one is to be written.
        role: whose part.
        beat: steps between two darker lines.
    """
    voices = [voice for voice in range(VOICES) if struck[voice].any()]
    names: Sequence[str] = list(DRUM_KEYS) if role is Role.DRUMS else CHORD
    steps, panel = struck.shape[1], HEAD + ROW * max(1, len(voices)) + GAP
    width = MARGIN + STEP * steps + GAP
    image = Image.new("RGB", (width, GAP + panel * len(touches)), GROUND)
    draw = ImageDraw.Draw(image)
    for number, (name, touch) in enumerate(touches.items()):
        top = GAP + number * panel
        draw.text((MARGIN, top), name, INK)
        foot = top + HEAD + ROW * len(voices)
        for step in range(steps + 1):
            x = MARGIN + step * STEP
            draw.line((x, top + HEAD, x, foot), BEAT if step % beat == 0 else LINE)
        for row, voice in enumerate(voices):
            base = top + HEAD + ROW * (row + 1)
            draw.text((GAP, base - ROW // 2 - 5), names[voice], INK)
            draw.line((MARGIN, base, width - GAP, base), BEAT)
            for step in np.flatnonzero(struck[voice]).tolist():
                velocity = float(np.clip(NOMINAL + LOUD * touch[voice, step], 1, 127))
                left = MARGIN + (step + LATE * float(touch[VOICES + voice, step])) * STEP
                tall = max(1.0, velocity / 127 * (ROW - 3))
                draw.rectangle(
                    (left, base - tall, left + BAR, base - 1), COLOURS[number % len(COLOURS)]
                )
    if path is not None:
        with written_aside(path) as aside:
            image.save(aside, "PNG")
    return image
