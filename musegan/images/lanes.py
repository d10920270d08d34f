"""The lanes of a picture: a track each, its notes by row from the bottom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreTick, TrackTick

from musegan.images.drumkit import drum_name

SEMITONE, DRUM_ROW, LEAST_LANE = 4, 11, 44  # pixels
MOST_LANES = 80
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#4D4D4D")


@dataclass(frozen=True, eq=False)
class Lane:
    """One track: its notes (note, 4), start, end, row from the bottom, velocity; its rows' names."""

    name: str
    colour: str
    notes: npt.NDArray[np.int64]
    rows: int
    row_height: int
    labels: dict[int, str]  # row -> what the margin says
    lines: frozenset[int]  # rows with a line at their foot
    colours: tuple[str, ...] = ()  # of each note, where they differ

    @property
    def height(self) -> int:
        """Pixels."""
        return max(self.rows * self.row_height, LEAST_LANE)


def lanes_of(score: ScoreTick) -> list[Lane]:
    """The tracks that have notes, the first `MOST_LANES` of them, as lanes in the file's order."""
    lanes = []
    sounding = [track for track in score.tracks if len(track.notes)]
    for index, track in enumerate(sounding[:MOST_LANES]):
        name = track.name.strip() or ("Drums" if track.is_drum else f"Track {index + 1}")
        lanes.append(_lane(track, name, COLOURS[index % len(COLOURS)]))
    return lanes


def _lane(track: TrackTick, name: str, colour: str) -> Lane:
    columns = track.notes.numpy()
    pitch = columns["pitch"].astype(np.int64)
    start = columns["time"].astype(np.int64)
    end = start + np.maximum(columns["duration"].astype(np.int64), 1)
    if track.is_drum:
        keys = sorted(set(pitch.tolist()))
        rows = np.searchsorted(keys, pitch)
        labels = {row: drum_name(key) for row, key in enumerate(keys)}
        count, row_height, lines = len(keys), DRUM_ROW, frozenset(range(1, len(keys)))
    else:
        lowest, highest = int(pitch.min()) - 1, int(pitch.max()) + 1
        if highest - lowest < 14:
            lowest, highest = (lowest + highest) // 2 - 7, (lowest + highest) // 2 + 7
        rows, count = pitch - lowest, highest - lowest + 1
        row_height = SEMITONE if count < 60 else SEMITONE - 1
        octaves = [c for c in range(0, 128, 12) if lowest <= c <= highest]
        labels = {c - lowest: f"C{c // 12 - 1}" for c in octaves}
        lines = frozenset(labels)
    notes = np.column_stack([start, end, rows, columns["velocity"].astype(np.int64)])
    order = np.argsort(start, kind="stable")
    return Lane(name, colour, notes[order], count, row_height, labels, lines)
