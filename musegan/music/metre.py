"""A metre that goes on for ever: where the steps, beats, bars and cells of live music lie.

Positions are quarter notes from the first downbeat, negative before it; steps, cells and bars are
counted from there too. The bars are those of `musegan.music.grid`, all alike.
"""

import re
from bisect import bisect
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegan.errors import ConfigError
from musegan.music.grid import grid_of_metres

TICKS = 960  # a quarter note, while a bar is measured
DENOMINATORS = (1, 2, 4, 8, 16)
LONGEST = 24  # beats of a written bar


@dataclass(frozen=True)
class Metre:
    """Bars of `numerator` notes of one `denominator`th each, such as 4/4 or 6/8."""

    numerator: int = 4
    denominator: int = 4
    edges: tuple[float, ...] = field(init=False, repr=False)  # of the bar's steps, in quarters
    middles: tuple[float, ...] = field(init=False, repr=False)  # of its steps
    beats: tuple[int, ...] = field(init=False, repr=False)  # first steps of its beats, and its end
    cells: tuple[int, ...] = field(init=False, repr=False)  # first steps of its cells, and its end
    table: tuple[tuple[int, ...], ...] = field(init=False, repr=False)  # its `Grid.cell_table`

    def __post_init__(self) -> None:
        known = 1 <= self.numerator <= LONGEST and self.denominator in DENOMINATORS
        if not known or 4 * self.numerator < self.denominator:
            raise ConfigError(
                f"metre {self.numerator}/{self.denominator}: bars have 1 to {LONGEST} notes of "
                f"1/{', 1/'.join(map(str, DENOMINATORS))}, a quarter in all at least; usual are 4/4, "
                f"3/4, 6/8"
            )
        grid = grid_of_metres([(0, self.numerator, self.denominator)], 1, TICKS)
        bar = grid.bars_between(0, 1)
        edges = (bar.step_ticks / TICKS).tolist()
        facts = {
            "edges": tuple(edges),
            "middles": tuple((a + b) / 2 for a, b in pairwise(edges)),
            "beats": tuple(bar.beat_starts.tolist()),
            "cells": tuple(bar.cell_starts.tolist()),
            "table": tuple(map(tuple, bar.cell_table().tolist())),
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def quarters(self) -> float:
        """The length of a bar."""
        return self.edges[-1]

    @property
    def steps(self) -> int:
        """Steps of a bar."""
        return len(self.edges) - 1

    @property
    def cells_per_bar(self) -> int:
        """Cells of a bar."""
        return len(self.cells) - 1

    @property
    def beats_per_bar(self) -> int:
        """Beats of a bar: two in 6/8."""
        return len(self.beats) - 1

    @property
    def beat_quarters(self) -> float:
        """The length of the beat that a tempo counts: 1.5 in 6/8."""
        return self.edges[self.beats[1]]

    @property
    def count_in_taps(self) -> int:
        """Taps that count in: a bar's, or four where a bar has fewer than three beats."""
        return self.beats_per_bar if self.beats_per_bar > 2 else 4

    def quarter_of(self, step: int) -> float:
        """Where a step begins."""
        bar, rest = divmod(step, self.steps)
        return bar * self.quarters + self.edges[rest]

    def quarter_of_beat(self, beat: int) -> float:
        """Where a beat begins, counted from the first downbeat."""
        bar, rest = divmod(beat, self.beats_per_bar)
        return self.quarter_of(bar * self.steps + self.beats[rest])

    def nearest_step(self, quarter: float) -> int:
        """The step whose beginning is nearest."""
        bar, rest = divmod(quarter, self.quarters)
        return int(bar) * self.steps + bisect(self.middles, rest)

    def nearest_steps(self, quarters: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The steps whose beginnings are nearest, same shape."""
        bars, rest = np.divmod(quarters, self.quarters)
        steps = np.searchsorted(self.middles, rest, side="right")
        return bars.astype(np.int64) * self.steps + steps

    def step_of_cell(self, cell: int) -> int:
        """A cell's first step."""
        bar, rest = divmod(cell, self.cells_per_bar)
        return bar * self.steps + self.cells[rest]

    def quarter_of_cell(self, cell: int) -> float:
        """Where a cell begins."""
        return self.quarter_of(self.step_of_cell(cell))

    def cell_steps(self, cell: int) -> int:
        """How many steps a cell has."""
        rest = cell % self.cells_per_bar
        return self.cells[rest + 1] - self.cells[rest]

    def bar_at(self, quarter: float) -> int:
        """The bar that a position lies in."""
        return int(quarter // self.quarters)

    def beat_at(self, quarter: float) -> int:
        """The beat of its bar, from 0, that a position lies in."""
        step = bisect(self.edges, quarter % self.quarters) - 1
        return min(bisect(self.beats, step) - 1, self.beats_per_bar - 1)

    def places(self, first: int, after: int) -> npt.NDArray[np.int64]:
        """The cells `first` to `after` as `Grid.cell_table` has them, (cell, 5)."""
        rows = [self.table[cell % self.cells_per_bar] for cell in range(first, after)]
        places = np.array(rows, np.int64).reshape(-1, 5)
        places[:, 0] = [self.step_of_cell(cell) for cell in range(first, after)]
        return places


def parse_metre(text: str) -> Metre:
    """Read "3/4". Raises ConfigError."""
    found = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", text)
    if found is None:
        raise ConfigError(f"metre {text!r}: write it as 4/4, 3/4, 6/8")
    return Metre(int(found[1]), int(found[2]))
