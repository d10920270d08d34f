"""The grid: a song's own bars and beats, cut into steps and cells.

A step is a quarter of a beat (a sixteenth note), or a sixth of it where beats fall in three:
the dotted beat of 6/8, or a quarter that the melody divides into triplets. A cell is what the
band's model fills at once: up to `CELL_STEPS` steps, half a bar of 4/4. Steps, beats, bars and
cells all count from the grid's first bar; ticks are the file's own.

Why these steps: in a swung song the second eighth is late by a measured share of the beat, so the
sixteenths are bent to it and the band swings with the melody; a song in triplets has onsets at a
third of the beat too, which no bent sixteenth can hit, so its beats get six steps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Feel = Literal["straight", "swing", "triplet"]
Steps = npt.NDArray[np.int64]
Ticks = npt.NDArray[np.float64]

CELL_STEPS = 8  # the longest cell
MAX_BARS = 10_000  # a file with more is damaged, not long


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the steps, beats, bars and cells of a song lie.

    Each of `beat_starts`, `bar_starts` and `cell_starts` holds first steps and ends with the
    number of steps, so that `np.diff` gives lengths; `step_ticks` is (steps + 1,).
    """

    step_ticks: Ticks
    beat_starts: Steps
    bar_starts: Steps
    cell_starts: Steps
    feel: Feel = "straight"
    swing: float = 0.5  # where in the beat the second eighth falls

    @property
    def steps(self) -> int:
        """The number of steps."""
        return len(self.step_ticks) - 1

    @property
    def bars(self) -> int:
        """The number of bars."""
        return len(self.bar_starts) - 1

    @property
    def cells(self) -> int:
        """The number of cells."""
        return len(self.cell_starts) - 1

    def nearest_steps(self, ticks: npt.ArrayLike) -> Steps:
        """The step boundary nearest to each tick, 0..steps."""
        middles = (self.step_ticks[1:] + self.step_ticks[:-1]) / 2
        return np.searchsorted(middles, np.asarray(ticks, np.float64), side="right").astype(
            np.int64
        )

    def quantise(self, notes: npt.NDArray[np.int64] | Ticks) -> Steps:
        """Notes (note, 4) in ticks -> in steps: at least one step long, sorted, inside the grid.

        Notes that begin after the last step, or more than half a step before the first, are left
        out.
        """
        if not len(notes):
            return np.zeros((0, 4), np.int64)
        start = np.minimum(self.nearest_steps(notes[:, 0]), self.steps - 1)
        end = np.maximum(self.nearest_steps(notes[:, 1]), start + 1)
        rest = np.asarray(notes[:, 2:], np.int64)
        out: Steps = np.column_stack([start, end, rest]).astype(np.int64)
        early = 1.5 * self.step_ticks[0] - 0.5 * self.step_ticks[1]
        out = out[(notes[:, 0] >= early) & (notes[:, 0] < self.step_ticks[-1])]
        out[:, 1] = np.minimum(out[:, 1], self.steps)
        return out[np.lexsort((out[:, 2], out[:, 0]))]

    def cell_at(self, step: int) -> int:
        """The cell that a step lies in."""
        return int(np.searchsorted(self.cell_starts, step, side="right")) - 1

    def bar_at(self, step: int) -> int:
        """The bar that a step lies in."""
        return int(np.searchsorted(self.bar_starts, step, side="right")) - 1

    def bars_between(self, first: int, last: int) -> "Grid":
        """The grid of the bars `first` to `last`, the latter left out; steps count anew."""
        start, end = int(self.bar_starts[first]), int(self.bar_starts[last])

        def part(starts: Steps) -> Steps:
            return starts[(starts >= start) & (starts <= end)] - start

        return Grid(
            self.step_ticks[start : end + 1],
            part(self.beat_starts),
            part(self.bar_starts),
            part(self.cell_starts),
            self.feel,
            self.swing,
        )

    def longer(self, bars: int) -> "Grid":
        """The grid with so many more bars, each like its last."""
        if bars < 1:
            return self
        start = int(self.bar_starts[-2])
        pattern = self.step_ticks[start + 1 :] - self.step_ticks[start]
        ends = self.step_ticks[-1] + pattern[-1] * np.arange(bars)

        def more(starts: Steps) -> Steps:
            own = starts[starts > start] - start
            far = self.steps + (self.steps - start) * np.arange(bars)
            return np.concatenate([starts, (far[:, None] + own).ravel()])

        return Grid(
            np.concatenate([self.step_ticks, (ends[:, None] + pattern).ravel()]),
            more(self.beat_starts),
            more(self.bar_starts),
            more(self.cell_starts),
            self.feel,
            self.swing,
        )

    def cell_table(self) -> Steps:
        """What the model is told of each cell, (cell, 5).

        Columns: first step, steps, index in its bar, cells in its bar, first step in its bar.
        """
        starts = self.cell_starts[:-1]
        bar = np.searchsorted(self.bar_starts, starts, side="right") - 1
        counts = np.bincount(bar, minlength=self.bars)
        first = np.searchsorted(bar, bar)
        position = starts - self.bar_starts[bar]
        return np.column_stack(
            [
                starts,
                np.diff(self.cell_starts),
                np.arange(self.cells) - first,
                counts[bar],
                position,
            ]
        ).astype(np.int64)


Beat = tuple[float, int]  # quarter notes, steps


def beats_of_metre(numerator: int, denominator: int, *, triplet: bool = False) -> list[Beat]:
    """The beats of one bar: (length in quarter notes, steps) each.

    Eighth metres in threes have dotted beats (6/8, 9/8, 12/8); 5/8 is 3 + 2, 7/8 is 2 + 2 + 3.
    """
    if denominator <= 4:
        quarters = numerator * 4 // denominator
        return [(1.0, 6 if triplet else 4)] * max(1, quarters)
    if denominator == 8:
        if numerator % 3 == 0:
            return [(1.5, 6)] * (numerator // 3)
        if numerator == 5:
            return [(1.5, 6), (1.0, 4)]
        if numerator % 2 == 0:
            return [(1.0, 4)] * (numerator // 2)
        if numerator == 1:
            return [(0.5, 2)]
        return [(1.0, 4)] * ((numerator - 3) // 2) + [(1.5, 6)]
    quarters_long = numerator * 4 / denominator
    steps = max(1, round(quarters_long * 4))
    whole, rest = divmod(steps, 6 if steps % 6 == 0 else 4)
    unit = quarters_long / steps
    size = 6 if steps % 6 == 0 else 4
    return [(size * unit, size)] * whole + ([(rest * unit, rest)] if rest else [])


def cells_of_bar(beat_steps: Sequence[int]) -> list[int]:
    """Group the beats of a bar into cells of at most `CELL_STEPS` steps; 5/4 falls in 2 + 1 + 2."""
    if len(beat_steps) == 5 and all(steps == 4 for steps in beat_steps):
        return [8, 4, 8]
    cells: list[int] = []
    for steps in beat_steps:
        if cells and cells[-1] + steps <= CELL_STEPS:
            cells[-1] += steps
        else:
            cells.append(steps)
    return cells


def grid_of_metres(
    metres: Iterable[tuple[float, int, int]],
    end_tick: float,
    ticks_per_quarter: int,
    *,
    feel: Feel = "straight",
    swing: float = 0.5,
) -> Grid:
    """Cut a song by its written metres, each (first tick, numerator, denominator), in order.

    The last bar is the one that holds `end_tick`. A metre that changes inside a bar cuts it short.
    """
    changes = list(metres) or [(0.0, 4, 4)]
    if changes[0][0] > 0:
        changes.insert(0, (0.0, 4, 4))
    ticks: list[Ticks] = []
    beat_lengths: list[int] = []
    bar_lengths: list[int] = []
    cell_lengths: list[int] = []
    for index, (first, numerator, denominator) in enumerate(changes):
        last = changes[index + 1][0] if index + 1 < len(changes) else max(end_tick, first + 1)
        beats = beats_of_metre(numerator, denominator, triplet=feel == "triplet")
        position = float(first)
        while position < last - 0.5 and len(bar_lengths) < MAX_BARS:
            bar: list[int] = []
            for quarters, steps in beats:
                length = quarters * ticks_per_quarter
                if index + 1 < len(changes) and position >= last - 0.5:
                    break
                share = _step_positions(steps, swing if feel == "swing" else 0.5)
                ticks.append(position + length * share)
                bar.append(steps)
                position += length
            beat_lengths += bar
            bar_lengths.append(sum(bar))
            cell_lengths += cells_of_bar(bar)
    ticks.append(np.array([position]))
    step_ticks = np.maximum.accumulate(np.concatenate(ticks))
    return _grid(step_ticks, beat_lengths, bar_lengths, cell_lengths, feel, swing)


def grid_of_beats(
    beat_ticks: Ticks,
    downbeats: npt.NDArray[np.bool_],
    *,
    feel: Feel = "straight",
    swing: float = 0.5,
) -> Grid:
    """Cut a song by its beats (beat + 1,), the last closing it; `downbeats` (beat,) begin bars."""
    steps = 6 if feel == "triplet" else 4
    share = _step_positions(steps, swing if feel == "swing" else 0.5)
    lengths = np.diff(beat_ticks)
    ticks = (beat_ticks[:-1, None] + lengths[:, None] * share).ravel()
    first = np.flatnonzero(downbeats)
    edges = np.unique(np.concatenate([[0], first, [len(lengths)]]))
    bars = np.diff(edges)
    cell_lengths = [cell for bar in bars for cell in cells_of_bar([steps] * int(bar))]
    return _grid(
        np.append(ticks, beat_ticks[-1]),
        [steps] * len(lengths),
        [int(bar) * steps for bar in bars],
        cell_lengths,
        feel,
        swing,
    )


def measure_feel(phases: npt.NDArray[np.float64]) -> tuple[Feel, float]:
    """How a song divides its beat: from the onsets' places in it, each in [0, 1).

    Returns the feel and the place of the second eighth (0.5 unless swung). Straight unless the
    onsets off the beat that lie near its thirds outnumber those near its quarters, two to one.
    Then a song with hardly any onset at the first third swings; one with both is in triplets.
    """

    def near(place: float, width: float = 0.05) -> int:
        return int((np.abs(phases - place) < width).sum())

    first_third = near(1 / 3)
    late = phases[(phases > 0.56) & (phases < 0.72)]
    quarters = near(0.25, 0.04) + near(0.5) + near(0.75, 0.04)
    thirds = first_third + len(late)
    if thirds < 4 or thirds < 2 * quarters:
        return "straight", 0.5
    if first_third * 5 < len(late):
        return "swing", float(np.clip(np.median(late), 0.54, 0.72))
    return "triplet", 0.5


def _step_positions(steps: int, swing: float) -> Ticks:
    """Where each step of a beat begins, as shares of the beat; only four steps can swing."""
    if steps == 4 and swing != 0.5:
        return np.array([0.0, swing / 2, swing, (1 + swing) / 2])
    return np.arange(steps) / steps


def _grid(
    step_ticks: Ticks,
    beats: Sequence[int],
    bars: Sequence[int],
    cells: Sequence[int],
    feel: Feel,
    swing: float,
) -> Grid:
    def starts(lengths: Sequence[int]) -> Steps:
        return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    return Grid(step_ticks, starts(beats), starts(bars), starts(cells), feel, swing)
