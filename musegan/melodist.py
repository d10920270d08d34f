"""The melodist: writes what is missing of a melody, window after window, with one released model.

What is known is heard as it is played, before the missing cells and after them; of what a window is
filled with the first half is kept, and the rest is written again by the next. Several drafts are
made at once, and the one with the fewest faults is kept (`music.singing`). A melody is brought to
C major or A minor first and what is written back from there.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.pianorolls import MELODY, cut, melody_shift
from musegan.data.windows import LOWEST, PITCHES, place_features
from musegan.experiments.band import load_band
from musegan.models.band import Window
from musegan.music.arrangement import END, PITCH, START, Notes, no_notes
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.key import Mode
from musegan.music.melody import octaves_to_register
from musegan.music.pianoroll import ONSET, SUSTAIN, draw, trace
from musegan.music.singing import faults, mode_of, settled

Bools = npt.NDArray[np.bool_]
Planes = npt.NDArray[np.uint8]

DRAFTS = 16  # of a window
READY = 0.25  # chance of a note, whichever, from which on one begins, or sounds on


@dataclass(frozen=True, eq=False)
class TuneWishes:
    """What a tune is asked for."""

    style: str | None = None  # None, or one that the model does not know: any
    seed: int = 0
    temperature: float = 1.0  # factor on the noise
    mode: Mode | None = None  # of a tune of which nothing is known; None: either
    shift: int = 0  # semitones down to C major or A minor, of a tune of which nothing is known
    copies: npt.NDArray[np.int64] | None = None  # (cell,): earlier cell that it repeats, or -1


@dataclass(frozen=True, eq=False)
class _Tune:
    """A tune being written, from its first cell to its last."""

    planes: Planes  # (cell, 2, step, pitch), near C major or A minor, written as it goes on
    latents: Tensor  # (cell, latent), likewise
    known: Bools  # (cell,), likewise
    place: Tensor  # (cell, place)
    grid: Grid
    first: int  # cell of the grid


class Melodist:
    """A released model that writes melodies, loaded once; it keeps no state between songs."""

    def __init__(self, path: Path) -> None:
        """Load a model; raises CheckpointError if the file is missing, damaged, or no melodist."""
        self.generator, self.cells, config = load_band(path, "melody")
        self.styles: tuple[str, ...] = tuple(config["data"]["styles"])
        self.past = int(config["band"]["past"])
        self.commit = max(1, (self.generator.cells - self.past) // 2)
        self.silence = self.cells.encode(MELODY, torch.zeros(1, 2, CELL_STEPS, PITCHES))[0]

    @torch.inference_mode()
    def write(self, melody: Notes, grid: Grid, missing: Bools, wishes: TuneWishes) -> Notes:
        """The melody with its missing cells written, as one line (note, 4), in steps of `grid`.

        Args:
            melody: what is known, in steps; empty where nothing is.
            missing: (cell,), the cells to write, at least one; what begins in them is not read.

        Notes that are known keep their onsets, and end where what is missing does not hold them on.
        Where the last cell is missing, the tune ends with it. Equal arguments give equal notes on
        one machine.
        """
        of = np.searchsorted(grid.cell_starts, melody[:, START], "right") - 1
        known = melody[~missing[of]]
        shift = melody_shift(known) if len(known) else wishes.shift
        up = shift + (octaves_to_register(known) if len(known) else 0)
        tune = self._open(known, grid, missing, up)
        wanted = replace(wishes, mode=wishes.mode if not len(known) else None)
        noise = self._noise(len(tune.known), wishes)
        bars = set(np.searchsorted(grid.cell_starts, grid.bar_starts).tolist())
        ends = tune.first + len(tune.known) == 1 + int(np.flatnonzero(missing).max())
        while True:
            self._repeat(tune, wishes.copies)
            if tune.known.all():
                break
            at = int((~tune.known).argmax())
            stop = min(at + self.commit, len(tune.known))
            while stop > at + 1 and tune.first + stop not in bars and stop < len(tune.known):
                stop -= 1
            self._fill(tune, noise, wanted, at, stop, ends and stop == len(tune.known))
        line = _line_of(tune)
        if ends and len(line) and missing[grid.cell_at(int(line[-1, START]))]:
            last = int(grid.cell_starts[tune.first + len(tune.known)])
            bar = last - int(grid.bar_starts[np.searchsorted(grid.bar_starts, last) - 1])
            line = settled(line, last, 2 * bar, wishes.mode or mode_of(line))
        line[:, PITCH] = np.clip(line[:, PITCH] - up, 0, 127)
        return line

    def _open(self, known: Notes, grid: Grid, missing: Bools, up: int) -> _Tune:
        """A tune with what is known of it, `up` semitones up."""
        sounding = np.searchsorted(grid.cell_starts, known[:, [START]], "right").ravel() - 1
        ends = np.searchsorted(grid.cell_starts, known[:, END] - 1, "right") - 1
        cells = np.concatenate([sounding, ends, np.flatnonzero(missing)])
        bars = np.searchsorted(grid.cell_starts, grid.bar_starts)
        first = int(bars[np.searchsorted(bars, cells.min(), "right") - 1])
        after = int(bars[np.searchsorted(bars, cells.max(), "right")])
        moved = known.copy()
        moved[:, PITCH] = np.clip(moved[:, PITCH] + up, 0, 127)
        roll = draw(moved, grid.steps)[:, :, LOWEST : LOWEST + PITCHES]
        planes = cut(roll, grid)[first:after]
        planes[missing[first:after]] = 0
        place = place_features(grid.cell_table()[first:after], np.ones(after - first, bool))
        return _Tune(
            planes,
            self.cells.encode(MELODY, torch.from_numpy(planes).float()),
            ~missing[first:after],
            torch.from_numpy(place).float(),
            grid,
            first,
        )

    @staticmethod
    def _repeat(tune: _Tune, copies: npt.NDArray[np.int64] | None) -> None:
        """Write the missing cells that repeat cells which are known by now."""
        if copies is None:
            return
        source = copies[tune.first : tune.first + len(tune.known)] - tune.first
        ready = ~tune.known & (source >= 0) & tune.known[source.clip(0)]
        rows = np.flatnonzero(ready)
        tune.planes[rows] = tune.planes[source[rows]]
        tune.latents[rows] = tune.latents[source[rows]]
        tune.known[rows] = True

    def _noise(self, count: int, wishes: TuneWishes) -> Tensor:
        """Noise of each draft for each cell of a tune, (draft, cell, noise)."""
        random = torch.Generator().manual_seed(wishes.seed)
        song = torch.randn(DRAFTS, 1, self.generator.song_noise, generator=random)
        cells = torch.randn(DRAFTS, count, self.generator.cell_noise, generator=random)
        both = torch.cat([song.expand(-1, count, -1), cells], 2)
        return both * wishes.temperature

    def _fill(
        self, tune: _Tune, noise: Tensor, wishes: TuneWishes, at: int, stop: int, ends: bool
    ) -> None:
        """Write the missing cells from `at` to before `stop`, of the best draft."""
        count = len(tune.known)
        rows = torch.arange(at - self.past, at - self.past + self.generator.cells)
        inside = (rows >= 0) & (rows < count)
        held = rows.clamp(0, count - 1)
        given = torch.from_numpy(tune.known)[held] | ~inside
        latents = torch.where(inside[:, None], tune.latents[held], self.silence)
        style = torch.tensor([float(wishes.style == known) for known in self.styles])

        def for_all(x: Tensor) -> Tensor:
            return x.expand(DRAFTS, *x.shape)

        window = Window(
            torch.zeros(DRAFTS, len(rows), 0, CELL_STEPS, PITCHES),
            for_all(latents[:, None]),
            for_all(given.float()[:, None]),
            torch.ones(DRAFTS, 1),
            torch.zeros(DRAFTS, len(rows)),
            for_all(tune.place[held] * inside[:, None]),
            for_all(style),
        )
        made = self.generator(window, noise[:, rows % count])[:, self.past :, 0]
        todo = at + np.flatnonzero(~tune.known[at:stop])
        logits = self.cells.decode(MELODY, made[:, todo - at].flatten(0, 1))
        played = one_voice(logits)
        drafts = played.view(DRAFTS, len(todo), *logits.shape[1:]).numpy()
        starts = tune.grid.cell_starts - tune.grid.cell_starts[tune.first]
        begin, after = int(starts[tune.first + at]), int(starts[tune.first + stop])
        earlier = int(starts[tune.first + max(0, at - self.past)])
        costs = []
        for planes in drafts:
            tune.planes[todo] = planes
            line = _line_of(tune, max(0, at - self.past), stop)
            line[:, :PITCH] -= tune.grid.cell_starts[tune.first]
            last = after if ends else None
            near = begin if at == 0 else max(earlier, begin - 2 * CELL_STEPS)
            costs.append(faults(line, near, after, wishes.mode, last))
        best = int(np.argmin(costs))
        tune.planes[todo] = drafts[best]
        tune.latents[todo] = self.cells.encode(MELODY, torch.from_numpy(drafts[best]).float())
        tune.known[todo] = True


def one_voice(logits: Tensor) -> Tensor:
    """Logits (cell, 2, step, pitch) -> planes likewise, bytes, at most one note in every step.

    A note begins in a step where the chances of all pitches together are `READY` at least, so that a
    decoder which is unsure of the pitch alone is not silent; it has the likeliest pitch. It sounds on
    where that is as likely, whatever the pitch.
    """
    chances = logits.sigmoid()
    begins, goes_on = (chances.sum(3) >= READY).unbind(1)  # cell, step
    onset, sustain = logits.argmax(3).unbind(1)
    voice = torch.zeros(logits.shape, dtype=torch.uint8)
    rows = torch.arange(len(logits))
    sounding = torch.full((len(logits),), -1)
    for step in range(logits.shape[2]):
        begun, held = begins[:, step], goes_on[:, step] & ~begins[:, step]
        sounding = torch.where((sounding < 0) & held, sustain[:, step], sounding)
        sounding = torch.where(begun, onset[:, step], torch.where(held, sounding, -1))
        voice[rows[begun], ONSET, step, sounding[begun]] = 1
        voice[rows[held], SUSTAIN, step, sounding[held]] = 1
    return voice


def _line_of(tune: _Tune, first: int = 0, after: int | None = None) -> Notes:
    """The notes of a tune's cells, near C major or A minor, in steps of its grid."""
    starts = tune.grid.cell_starts[tune.first :]
    lengths = np.diff(starts)
    planes = tune.planes[first:after]
    if not len(planes):
        return no_notes()
    begin = int(starts[first])
    roll = np.zeros((2, int(starts[first + len(planes)]) - begin, PITCHES), np.uint8)
    for cell, start, length in zip(planes, starts[first:], lengths[first:], strict=False):
        roll[:, start - begin : start - begin + length] = cell[:, :length]
    notes = trace(roll, lowest=LOWEST)
    notes[:, [START, END]] += begin
    return notes
