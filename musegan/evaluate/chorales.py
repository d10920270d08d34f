"""Measures of AWS DeepComposer's notebook on rolls of chorales, as they are and as they are published.

The notebook calls "empty bar rate" the share of bars that are not empty, and counts as pitch classes
twelve bands of ten neighbouring semitones. Its scale is C major whatever the key. Rolls are (clip, track,
bar, step, pitch), all 128 pitches, true where one sounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from musegan.music.texture import MAJOR_SCALE, folded, scale_consistency

Rolls = npt.NDArray[np.bool_]

BANDS, BAND = 12, 10


@dataclass(frozen=True)
class ChoraleFigures:
    """What is measured of clips, all their tracks together."""

    name: str
    empty_bars: float  # share of bars in which nothing sounds
    pitches: float  # distinct pitches a bar, of bars that are not empty
    polyphony: (
        float  # share of a track's steps with two pitches or more, of bars that are not empty
    )
    in_scale: float  # share of sounding time in the best of the twelve major scales
    published_empty_bars: float  # the share of bars that are NOT empty
    published_in_scale: float  # of bands of ten semitones, those numbered as the notes of C major


def chorale_figures(name: str, rolls: Rolls) -> ChoraleFigures:
    """All measures of clips; NaN where nothing sounds."""
    bars = rolls.any((3, 4))  # (clip, track, bar)
    full = rolls[bars]  # (full bar, step, pitch)
    profile = rolls.sum((0, 1, 2, 3)).astype(np.float64)
    bands = profile[: BANDS * BAND].reshape(BANDS, BAND).sum(1)
    return ChoraleFigures(
        name,
        empty_bars=float(1 - bars.mean()),
        pitches=_mean(full.any(1).sum(1)),
        polyphony=_mean(full.sum(2) >= 2),
        in_scale=scale_consistency(folded(profile)),
        published_empty_bars=float(bars.mean()),
        published_in_scale=float(bands[list(MAJOR_SCALE)].sum() / bands.sum())
        if bands.sum()
        else float("nan"),
    )


def print_chorales(rows: Sequence[ChoraleFigures], console: Console | None = None) -> None:
    """Print a table of the figures; to the terminal where no console is given."""
    table = Table(title="Chorales of two bars, four tracks together")
    table.add_column("clips", no_wrap=True)
    for name in ("EB", "pitches", "PP ≥2", "scale", "published “EB”", "published scale"):
        table.add_column(name, justify="right")
    for row in rows:
        figures = (
            row.empty_bars,
            row.pitches,
            row.polyphony,
            row.in_scale,
            row.published_empty_bars,
            row.published_in_scale,
        )
        table.add_row(row.name, *(f"{figure:.3f}" for figure in figures))
    (console or Console(width=120)).print(table)


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")
