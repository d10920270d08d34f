"""Several bands for one melody as one picture: the melody on top, then a lane for each band.

A lane holds all roles of a band, each in its colour: the drums at its foot, a row for each of the nine,
and above them the pitched roles. All lanes have the same rows, so that they can be compared.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from symusic.core import ScoreTick

from musegan.images.lanes import COLOURS, MOST_LANES, Lane
from musegan.images.rollplot import draw_lanes
from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes, no_notes
from musegan.music.band import DRUM_KEYS, PARTS, ROLES, Role, nearest_drums
from musegan.music.grid import Grid

SEMITONE, GROUND = 3, 2  # pixels a row; rows between drums and pitches
COLOUR_OF: Mapping[Role, str] = dict(
    zip(ROLES, ("#4D4D4D", "#D55E00", "#0072B2", "#009E73", "#CC79A7"), strict=True)
)
_DRUM_ROWS = {key: row for row, key in enumerate(DRUM_KEYS.values())}


def draw_stack(
    score: ScoreTick,
    songs: Sequence[Arrangement],
    names: Sequence[str],
    path: Path | None = None,
    *,
    title: str = "",
) -> Image.Image:
    """Draw the bands of some songs that have one melody and grid, named in the margin.

    `score` is one of them, for its bars. Writes a PNG to `path` if there is one; of very many bands
    the first are drawn.
    """
    roles = [role for role in ROLES if any(len(song.band.get(role, ())) for song in songs)]
    legend = [(PARTS[role].title, COLOUR_OF[role]) for role in roles]
    return draw_lanes(score, stacked(songs, names), path, title=title, legend=legend)


def stacked(songs: Sequence[Arrangement], names: Sequence[str]) -> list[Lane]:
    """The lanes of `draw_stack`: the first song's melody, then each band."""
    pitched = [
        part
        for song in songs
        for role, part in song.band.items()
        if role is not Role.DRUMS and len(part)
    ]
    pitches = np.concatenate([no_notes(), *pitched])[:, PITCH]
    lowest, highest = (int(pitches.min()), int(pitches.max())) if len(pitches) else (60, 72)
    lanes = [_melody_lane(songs[0])]
    for song, name in zip(songs[: MOST_LANES - 1], names, strict=False):
        lanes.append(_band_lane(song, name, lowest, highest))
    return lanes


def _melody_lane(song: Arrangement) -> Lane:
    pitch = song.melody[:, PITCH]
    lowest = (int(pitch.min()) if len(pitch) else 60) - 1
    rows = max(14, int(pitch.max(initial=60)) + 2 - lowest)
    labels = _octaves(lowest, lowest + rows - 1, 0)
    notes = _in_ticks(song.melody, song.grid, pitch - lowest)
    return Lane("Melody", COLOURS[4], notes, rows, SEMITONE + 1, labels, frozenset(labels))


def _band_lane(song: Arrangement, name: str, lowest: int, highest: int) -> Lane:
    foot = len(_DRUM_ROWS) + GROUND
    labels = _octaves(lowest, highest, foot) | {len(_DRUM_ROWS) // 2: "drums"}
    parts, colours = [], []
    for role, part in song.band.items():
        notes = nearest_drums(part) if role is Role.DRUMS else part
        if role is Role.DRUMS:
            rows = np.array([_DRUM_ROWS[key] for key in notes[:, PITCH].tolist()], np.int64)
        else:
            rows = notes[:, PITCH] - lowest + foot
        parts.append(_in_ticks(notes, song.grid, rows))
        colours += [COLOUR_OF[role]] * len(notes)
    notes = np.concatenate([no_notes(), *parts])
    rows_in_all = foot + highest - lowest + 1
    lines = frozenset(row for row, label in labels.items() if label != "drums")
    return Lane(name, "#222222", notes, rows_in_all, SEMITONE, labels, lines, tuple(colours))


def _octaves(lowest: int, highest: int, foot: int) -> dict[int, str]:
    return {
        c - lowest + foot: f"C{c // 12 - 1}" for c in range(0, 128, 12) if lowest <= c <= highest
    }


def _in_ticks(notes: Notes, grid: Grid, rows: Notes) -> Notes:
    """Notes in steps as a lane has them: ticks, rows for pitches."""
    drawn = notes.copy()
    ticks = np.round(grid.step_ticks).astype(np.int64)
    drawn[:, START], drawn[:, END] = ticks[notes[:, START]], ticks[notes[:, END]]
    drawn[:, PITCH] = rows
    return drawn
