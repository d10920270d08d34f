"""Windows of tunes: melodies alone, drawn from prepared corpora for a model that writes them.

A tune is a stretch of a song, in whole bars, in which the melody never rests for longer than
`LONGEST_REST` cells; before its first bar and after its last there is nothing. So a window shows
where its tune begins and ends, and a model can learn both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from musegan.data.pianorolls import MELODY, TRACK_NAMES, Rolls
from musegan.data.windows import PITCHES, WindowBatch, place_features, track_planes
from musegan.music.grid import CELL_STEPS

LONGEST_REST, SHORTEST = 7, 8  # cells: a tune may rest for so many, and has so many at least

Cells = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tunes:
    """The tunes of one corpus.

    spans: (tune, 2), first cell and cell after the last;
    bars: (bar, 2), the first cell of every bar of a tune, and the number of its tune.
    """

    rolls: Rolls
    spans: Cells
    bars: Cells


def find_tunes(rolls: Rolls) -> Tunes:
    """The tunes of a corpus, in its own order."""
    busy = np.flatnonzero(rolls.planes[:, TRACK_NAMES.index(MELODY)].any((1, 2, 3)))
    apart = (np.diff(busy) > LONGEST_REST + 1) | (np.diff(rolls.song[busy]) > 0)
    edges = np.flatnonzero(np.concatenate([[True], apart, [True]]))
    downbeats = np.append(np.flatnonzero(rolls.table[:, 2] == 0), len(rolls.song))
    first = downbeats[np.searchsorted(downbeats, busy[edges[:-1]], "right") - 1]
    after = downbeats[np.searchsorted(downbeats, busy[edges[1:] - 1], "right")]
    spans = np.column_stack([first, after])
    spans = spans[after - first >= SHORTEST]
    tune = np.searchsorted(spans[:, 0], downbeats[:-1], "right") - 1
    within = (tune >= 0) & (downbeats[:-1] < np.append(spans[:, 1], 0)[tune])
    return Tunes(rolls, spans, np.column_stack([downbeats[:-1], tune])[within])


@dataclass(frozen=True, eq=False)
class TuneSource:
    """Draws windows of `cells` cells from several corpora, each with its share of the batch."""

    corpora: Sequence[Tunes]
    shares: Sequence[float]
    styles: Sequence[str]
    cells: int
    past: int  # cells of a window before the bar to be filled first
    batch_size: int
    begins: float = 0.2  # share of windows that are filled from a tune's first bar on
    ends: float = 0.2  # share of windows in which a tune ends
    any_style: float = 0.3  # share of windows whose style is not told

    def draw(self, rng: np.random.Generator) -> WindowBatch:
        """Draw a batch; its one role is the melody, and no other melody is heard."""
        shares = np.asarray(self.shares, np.float64)
        counts = rng.multinomial(self.batch_size, shares / shares.sum())
        parts = [
            self._draw_from(tunes, int(count), rng)
            for tunes, count in zip(self.corpora, counts, strict=True)
            if count
        ]
        planes, place, style, shift = (np.concatenate(x) for x in zip(*parts, strict=True))
        known = tune_masks(rng, self.batch_size, self.cells, self.past)
        outside = place[:, :, 0] == 0
        filled = (known | outside).all(1)
        known[filled] = np.arange(self.cells) < self.past
        given = (known | outside)[:, :, None].astype(np.float64)
        style = style * (rng.random((self.batch_size, 1)) >= self.any_style)
        return WindowBatch(
            torch.zeros(self.batch_size, self.cells, 0, CELL_STEPS, PITCHES),
            {MELODY: track_planes(planes, MELODY, shift)},
            torch.ones(self.batch_size, 1),
            torch.from_numpy(given).float(),
            torch.zeros(self.batch_size, self.cells),
            torch.from_numpy(place).float(),
            torch.from_numpy(style).float(),
        )

    def _draw_from(
        self, tunes: Tunes, count: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.generic], ...]:
        rolls = tunes.rolls
        first, tune = tunes.bars[rng.integers(0, len(tunes.bars), count)].T
        kind = rng.random(count)
        begin, after = tunes.spans[tune].T
        first = np.where(kind < self.begins, begin, first)
        late = tunes.bars[np.searchsorted(tunes.bars[:, 0], after - (self.cells - self.past)), 0]
        late = rng.integers(np.maximum(late, begin), after)
        late = tunes.bars[np.searchsorted(tunes.bars[:, 0], late, "right") - 1, 0]
        first = np.where(kind > 1 - self.ends, late, first)
        rows = first[:, None] - self.past + np.arange(self.cells)
        inside = (rows >= begin[:, None]) & (rows < after[:, None])
        rows = rows.clip(0, len(rolls.song) - 1)
        melody = rolls.planes[rows, TRACK_NAMES.index(MELODY)]
        song = rolls.song[first]
        return (
            melody * inside[..., None, None, None].astype(np.uint8),
            place_features(rolls.table[rows], inside),
            np.array([[rolls.style[s] == name for name in self.styles] for s in song]),
            rolls.shift[song],
        )


def tune_masks(
    rng: np.random.Generator, batch: int, cells: int, past: int
) -> npt.NDArray[np.bool_]:
    """Which cells of a window are given, (batch, cell).

    Four windows of ten know their past, as when a tune goes on, two of ten a stretch of what
    follows too, as where a tune comes back to what it was; one of ten knows a past of another
    length; one of twenty nothing; the others scattered cells, three to nine of ten, as when a tune
    is varied.
    """
    given = np.zeros((batch, cells), bool)
    for row in range(batch):
        kind = rng.random()
        if kind < 0.6:
            given[row, :past] = True
        if 0.4 <= kind < 0.6:
            first = past + 4 + int(rng.integers(0, max(1, cells - past - 8)))
            given[row, first : first + 4 * int(rng.integers(1, 4))] = True
        if 0.6 <= kind < 0.7:
            given[row, : int(rng.integers(2, cells - 1))] = True
        if kind >= 0.75:
            given[row] = rng.random(cells) < rng.uniform(0.3, 0.9)
    return given
