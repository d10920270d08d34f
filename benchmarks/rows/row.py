"""A row of the results: what is trained for it, what is measured, what it must show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from musegan.config import Experiment
from musegan.experiments import Built

Figures = dict[str, float]  # by name, of one seed
Measure = Callable[[int], dict[str, float]]  # round -> what metrics.jsonl gets
Draw = Callable[[Path], npt.NDArray[np.uint8] | None]  # weights -> pictures for the sheet
Watch = Callable[[Built, Experiment], Measure]  # what is measured while a run goes on


@dataclass(frozen=True)
class Run:
    """One training of a row: a preset, and how it differs."""

    preset: str
    settings: tuple[str, ...] = ()  # path.to.field=value
    watch: Watch | None = None
    watch_every: int = 1000  # rounds
    row: str = ""  # whose run of this name it is; empty: this row's own
    start: str = ""  # a run named before it in this row, whose weights it begins with


@dataclass(frozen=True, eq=False)
class Trained:
    """A run that came to its end."""

    name: str
    preset: str
    seed: int
    folder: Path
    experiment: Experiment
    rounds: int
    seconds: float  # of training, over all calls that it took
    metrics: tuple[dict[str, Any], ...]  # the lines of metrics.jsonl
    machine: dict[str, Any]  # that brought it to its end

    @property
    def weights(self) -> Path:
        return self.folder / "model.safetensors"

    def curve(self, name: str) -> list[tuple[int, float]]:
        """(round, value) wherever that was measured."""
        return [(line["round"], line[name]) for line in self.metrics if name in line]


@dataclass(frozen=True)
class Row:
    """A line of docs/results.md.

    `figures` is asked once a seed, with that seed's runs by name. `figure` is a format string of
    the means over seeds, such as "FID {fid:.1f}".
    """

    title: str
    runs: Mapping[str, Run]
    figures: Callable[[Mapping[str, Trained]], Figures]
    figure: str
    bar: str
    met: Callable[[Sequence[Figures]], bool]  # of each seed's figures
    published: str  # the nearest published figure, and its protocol
    seeds: int = 1  # that the row is run with where nobody says otherwise
    sheets: Mapping[str, Draw] = field(default_factory=dict)
    best: bool = False  # whether its FID must also be the lowest of the table, which checks it
    note: str = ""  # what a reader of the table must know beside it


def mean(each: Sequence[Figures], name: str) -> float:
    """The mean over seeds of one figure."""
    return fmean(figures[name] for figures in each)
