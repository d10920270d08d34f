"""Measuring a touch on performances that it has not learned from."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import TouchData
from musegan.data.touches import STORED, Touches, read_touches
from musegan.evaluate.touch import TouchRow, accented, measure_touch, shuffled
from musegan.experiments.touches import TouchModelFile, touch
from musegan.music.band import ROLES, Role
from musegan.music.touch import TOLD, VOICES

FEWEST = 12  # notes of a window that is judged

Floats = npt.NDArray[np.float64]


class Windows(NamedTuple):
    """Windows of the parts of a role."""

    told: Floats  # (window, TOLD, step)
    touch: Floats  # (window, 2 * VOICES, step)
    songs: npt.NDArray[np.int64]  # (window,) which part


def windows_of(touches: Touches, role: Role, steps: int) -> Windows | None:
    """All windows of a role that have notes enough, one after the other, each from a cell on; None: none."""
    told_of, touch_of, songs = [], [], []
    for part in np.flatnonzero(touches.roles == ROLES.index(role)):
        first, end = touches.starts[part : part + 2]
        cells = touches.cells[slice(*np.searchsorted(touches.cells, [first, end]))]
        for begin in cells[np.searchsorted(cells, np.arange(first, end - steps // 2, steps))]:
            rows = slice(begin, min(begin + steps, end))
            if (touches.told[rows, :VOICES] > 0).sum() < FEWEST:
                continue
            told = np.zeros((steps, TOLD))
            made = np.zeros((steps, 2 * VOICES))
            told[: rows.stop - begin] = touches.told[rows] / STORED
            made[: rows.stop - begin] = touches.touch[rows] / STORED
            told_of.append(told.T)
            touch_of.append(made.T)
            songs.append(part)
    if len(set(songs)) < 2:
        return None
    return Windows(np.array(told_of), np.array(touch_of), np.array(songs))


def drawn(model: TouchModelFile, windows: Windows, seed: int) -> Floats:
    """A touch of the same notes, (window, 2 * VOICES, step): a part has one hand."""
    sizes, dice = model.experiment.model, torch.Generator().manual_seed(seed)
    parts, of = np.unique(windows.songs, return_inverse=True)
    hands = torch.randn(len(parts), sizes.hand, generator=dice)[torch.from_numpy(of)]
    count, _, steps = windows.told.shape
    noise = torch.randn(count, sizes.noise, steps, generator=dice)
    told = torch.from_numpy(windows.told).float()
    return touch(model, told, hands, noise).double().numpy()


def measure(
    model: TouchModelFile,
    data: TouchData,
    seeds: int,
    announce: Callable[[str], None] = lambda line: None,
) -> tuple[list[TouchRow], dict[str, int]]:
    """Rows for each role, and how many windows it has. Raises CorpusError where the data are missing."""
    touches = read_touches(data.source, data.folder, "validation")
    rows: list[TouchRow] = []
    counts: dict[str, int] = {}
    for role in ROLES:
        windows = windows_of(touches, role, data.steps)
        if windows is None:
            continue
        announce(f"measuring {role.value}")
        counts[role.value] = len(windows.songs)
        others = {
            "ours" if not seed else f"ours, seed {seed}": drawn(model, windows, seed)
            for seed in range(seeds)
        }
        others |= {
            "people's, shuffled": shuffled(windows.told, windows.touch),
            "by rule": accented(windows.told, role is Role.DRUMS),
            "all alike": np.zeros_like(windows.touch),
        }
        rows += measure_touch(role.value, windows.told, windows.touch, windows.songs, others)
    return rows, counts
