"""Performances that touch is learned from: drums of Groove, bass, piano and strings of POP909.

Groove MIDI (Gillick et al. 2019, arXiv:1905.06118) has the velocities and the timing of ten drummers, on
the beats of a metronome. POP909's velocities are of people, too, but its notes lie on the grid.
"""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.corpora import Split, load
from musegan.data.known import PREPARED
from musegan.errors import CorpusError, MidiError
from musegan.files import written_aside
from musegan.music.arrangement import START, VELOCITY, Notes, no_notes
from musegan.music.band import ROLES, Role, nearest_drums, notes_of_track
from musegan.music.grid import Grid, beats_of_metre, grid_of_beats, measure_feel
from musegan.music.midi import read_midi
from musegan.music.playing import levels_around
from musegan.music.touch import TOLD, VOICES, told, touch_of

ADDRESS = "https://magenta.tensorflow.org/datasets/groove"
LICENCES = "CC BY 4.0 (Groove MIDI), MIT (POP909)"
STORED = 32.0  # as which 1 is stored, in a byte
MOST = 127 / STORED
FEWEST = 16  # notes of a part that is worth learning from

logger = logging.getLogger(__name__)

SPLITS: tuple[Split, ...] = ("train", "validation")
Floats = npt.NDArray[np.float64]


class Performed(NamedTuple):
    """A part as somebody played it."""

    name: str
    role: Role
    grid: Grid
    notes: Notes
    delays: Floats  # (note,), in steps


class Touches(NamedTuple):
    """Parts one after the other, as bytes, `STORED` times what they are."""

    told: npt.NDArray[np.int8]  # (step, TOLD)
    touch: npt.NDArray[np.int8]  # (step, 2 * VOICES)
    starts: npt.NDArray[np.int64]  # (part + 1,) first steps
    roles: npt.NDArray[np.int64]  # (part,) by number
    cells: npt.NDArray[np.int64]  # first steps of cells, among all steps


class TouchBatch(NamedTuple):
    """Windows of parts."""

    told: Tensor  # (batch, TOLD, step)
    touch: Tensor  # (batch, 2 * VOICES, step), 0 where nothing is struck


def groove(folder: Path, split: Split) -> Iterator[Performed]:
    """The performances of a split of Groove MIDI, those with drum notes enough, by their authors' split.

    One that is damaged is skipped, with a line in the log. Raises CorpusError where the folder does not hold
    the set, or nothing of the split.
    """
    table = folder / "info.csv"
    if not table.is_file():
        raise CorpusError(f"{folder}: holds no Groove MIDI (info.csv); get it from {ADDRESS}")
    with table.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [row for row in csv.DictReader(file) if row.get("split") == split]
    if not rows:
        raise CorpusError(
            f"{table}: names no performance of the split {split}; get it from {ADDRESS}"
        )
    for row in rows:
        try:
            found = _drummed(folder / str(row["midi_filename"]), str(row["time_signature"]))
        except (MidiError, OSError, KeyError, ValueError) as error:
            logger.warning("skipped: %s: %s", row.get("midi_filename"), error)
            continue
        if found is not None and len(found.notes) >= FEWEST:
            yield found


def _drummed(path: Path, metre: str) -> Performed | None:
    """One performance, on the beats of its metronome, swung where the drummer swings."""
    score = read_midi(path)
    notes = np.concatenate([no_notes(), *map(notes_of_track, score.tracks)])
    notes = nearest_drums(notes[np.lexsort((notes[:, 2], notes[:, 0]))])
    if not len(notes):
        return None
    numerator, denominator = map(int, metre.split("-"))
    lengths = [quarters for quarters, _ in beats_of_metre(numerator, denominator)]
    bar = np.array(lengths) * score.ticks_per_quarter
    bars = 2 + int(notes[:, START].max() / bar.sum())
    beats = np.concatenate([[0.0], np.cumsum(np.tile(bar, bars))])
    where = np.interp(notes[:, START], beats, np.arange(len(beats)))
    feel, swing = measure_feel(where % 1)
    downbeats = np.arange(len(beats) - 1) % len(bar) == 0
    grid = grid_of_beats(beats, downbeats, feel=feel, swing=swing)
    steps = np.minimum(grid.nearest_steps(notes[:, START]), grid.steps - 1)
    delays = (notes[:, START] - grid.step_ticks[steps]) / np.diff(grid.step_ticks)[steps]
    delays -= np.median(delays)  # what is early all through is a matter of the wires
    on_grid = notes.copy()
    on_grid[:, 0], on_grid[:, 1] = steps, steps + 1
    return Performed(path.stem, Role.DRUMS, grid, on_grid, delays)


def pop909_parts(folder: Path, split: Split) -> Iterator[Performed]:
    """Bass, piano and strings of POP909's songs, on the grid. Raises CorpusError where they are missing."""
    for song in load("pop909", folder, split):
        for role, notes in song.band.items():
            if len(notes) >= FEWEST:
                yield Performed(song.name, role, song.grid, notes, np.zeros(len(notes)))


def performances(data: Path, split: Split) -> Iterator[Performed]:
    """All of a split. Raises CorpusError where a set is missing in the folder `data`."""
    yield from groove(data / "groove", split)
    yield from pop909_parts(data / "pop909", split)


def prepare_touches(
    data: Path, folder: Path, progress: Callable[[int], None] = lambda done: None
) -> str:
    """Read the performances of both splits into a file each; returns what was done.

    Raises CorpusError where a set is missing.
    """
    counts = []
    for split in SPLITS:
        found = []
        for performed in performances(data, split):
            found.append(performed)
            progress(len(found))
        if not found:
            raise CorpusError(f"{data}: holds no performance of the split {split} that can be used")
        save_touches(gather_touches(found), folder / f"{split}.npz")
        counts.append(len(found))
    return f"{counts[0]:,} and {counts[1]:,} parts, licences {LICENCES}"


def gather_touches(performed: Iterable[Performed]) -> Touches:
    """Parts, each from the bar of its first note to that of its last."""
    found = [_packed(one) for one in performed]
    starts = np.cumsum([0, *(len(part[0]) for part in found)])
    return Touches(
        np.concatenate([part[0] for part in found]),
        np.concatenate([part[1] for part in found]),
        starts,
        np.array([part[2] for part in found], np.int64),
        np.concatenate([part[3] + start for part, start in zip(found, starts, strict=False)]),
    )


def save_touches(touches: Touches, path: Path) -> None:
    """Write parts to a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, **touches._asdict())


def read_touches(source: str, folder: str, split: Split = "train") -> Touches:
    """What `prepare_touches` wrote. Raises CorpusError where it is not there, or damaged."""
    path = Path(folder or PREPARED / source) / f"{split}.npz"
    try:
        with np.load(path) as stored:
            return Touches(*(stored[name] for name in Touches._fields))
    except FileNotFoundError:
        raise CorpusError(
            f"{path}: not there; run `musegan prepare --data DATA touch`, or set data.folder"
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise CorpusError(f"{path}: damaged ({error}); run `musegan prepare` again") from error


class TouchSource:
    """Draws windows of parts, each role as often as every other."""

    def __init__(self, touches: Touches, steps: int, batch_size: int, device: torch.device) -> None:
        self.touches, self.steps, self.batch_size, self.device = touches, steps, batch_size, device
        self.length = np.diff(touches.starts)
        self._of_role = [
            np.flatnonzero(touches.roles == role)
            for role in range(len(ROLES))
            if (touches.roles == role).any()
        ]

    def draw(self, rng: np.random.Generator) -> TouchBatch:
        """A batch of windows that begin with a cell; after a part's end nothing is told."""
        known = self.touches
        told_of = np.zeros((self.batch_size, self.steps, TOLD), np.int8)
        touch = np.zeros((self.batch_size, self.steps, 2 * VOICES), np.int8)
        for row in range(self.batch_size):
            parts = self._of_role[rng.integers(len(self._of_role))]
            lengths = self.length[parts]
            part = rng.choice(parts, p=lengths / lengths.sum())
            first, end = known.starts[part : part + 2]
            latest = max(first + 1, end - self.steps // 2)
            cells = known.cells[slice(*np.searchsorted(known.cells, [first, latest]))]
            begin = int(rng.choice(cells))
            count = min(self.steps, int(end) - begin)
            told_of[row, :count] = known.told[begin : begin + count]
            touch[row, :count] = known.touch[begin : begin + count]
        return TouchBatch(_unpacked(told_of), _unpacked(touch))


def _packed(performed: Performed) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], int, Notes]:
    """A part's steps from the bar of its first note to that of its last: told, touch, role, cells."""
    grid, notes = performed.grid, performed.notes
    bars = np.searchsorted(grid.bar_starts, notes[[0, -1], START], "right")
    first, after = grid.bar_starts[[bars[0] - 1, bars[1]]]
    cells = np.searchsorted(grid.cell_starts, [first, after])
    places = grid.cell_table()[slice(*cells)]
    levels = levels_around(notes[:, START], notes[:, VELOCITY], grid)
    touch, _ = touch_of(notes, performed.role, levels, performed.delays)
    return (
        _bytes(told(notes, performed.role, places)),
        _bytes(touch[:, first:after]),
        ROLES.index(performed.role),
        grid.cell_starts[cells[0] : cells[1]] - first,
    )


def _bytes(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    return np.rint(values.clip(-MOST, MOST) * STORED).astype(np.int8).T


def _unpacked(values: npt.NDArray[np.int8]) -> Tensor:
    return torch.from_numpy(values).float().transpose(1, 2) / STORED
