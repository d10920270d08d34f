"""Arranging: a melody in steps -> a band in steps, window after window, with one released model.

The band is filled in from left to right. Each window knows the cells before it as they were
played, whether written by the band or given by the caller, and sees the melody of what is to
come; of what it fills in, the first half is kept and the rest is written again by the next
window, so that every cell was written in sight of the melody that follows it. The melody is
brought to C major or A minor first and the band back from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.pianorolls import cut, melody_shift
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES, place_features
from musegan.errors import ConfigError
from musegan.experiments.band import load_band
from musegan.models.band import Window
from musegan.music.arrangement import END, PITCH, START, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.melody import in_register
from musegan.music.pianoroll import draw, trace
from musegan.music.playing import playable
from musegan.music.sections import entrances

Planes = npt.NDArray[np.uint8]

TRUNCATION = 0.75  # deviation of the noise at temperature 1; the model was trained with 1
DRAFTS = 4  # of a window, at most: the next is drawn where somebody who should play is silent


@dataclass(frozen=True, eq=False)
class Wishes:
    """What a band is asked for."""

    roles: Sequence[Role] = ROLES
    style: str | None = None  # one of the model's styles; None: any
    seed: int = 0
    temperature: float = 1.0  # factor on the noise; 0 is the model's most ordinary band


class Arranger:
    """A released band model, loaded once; it keeps no state between songs."""

    def __init__(self, path: Path) -> None:
        """Load a model; raises CheckpointError if the file is missing or damaged."""
        self.generator, self.cells, config = load_band(path)
        self.styles: tuple[str, ...] = tuple(config["data"]["styles"])
        self.past = int(config["band"]["past"])
        self.commit = max(1, (self.generator.cells - self.past) // 2)

    def style_of(self, name: str | None) -> Tensor:
        """One-hot style, (1, style); zeros for None. Raises ConfigError if the model lacks it."""
        return one_of_styles(self.styles, name)

    @torch.inference_mode()
    def arrange(
        self,
        melody: Notes,
        grid: Grid,
        wishes: Wishes,
        given: Mapping[Role, Notes] | None = None,
    ) -> dict[Role, Notes]:
        """Write the parts that were wished for and not given.

        `melody` and `given` are in steps of `grid`. The band plays from the bar of the melody's
        first note to the bar of its last. Notes come back with velocity 80; see `music.playing`.
        Equal arguments give equal notes on one machine.
        """
        if not len(melody):
            return {role: no_notes() for role in wishes.roles}
        given = given or {}
        melody = in_register(melody)
        shift = melody_shift(melody)
        first, last = played_cells(melody, grid)
        song = self._open(melody, grid, given, shift, first, last)
        noise = self._noise(last - first, wishes)
        style = self.style_of(wishes.style)
        written = [role in wishes.roles and role not in given for role in ROLES]
        plays = self._plan(song, grid, first, last, wishes, given)
        bars = set(np.searchsorted(grid.cell_starts, grid.bar_starts).tolist())
        at, leader = 0, 0
        while at < last - first:
            stop = min(at + self.commit, last - first)
            while stop > at + 1 and first + stop not in bars and stop < last - first:
                stop -= 1
            wanted = np.asarray(written) & plays[at]
            leader, made = self._best_draft(
                song, noise, leader, style, plays[at], written, at, stop
            )
            for index, role in enumerate(ROLES):
                if wanted[index]:
                    song.planes[role][at:stop] = made[role].numpy().astype(np.uint8)
                    song.latents[at:stop, index] = self.cells.encode(role.value, made[role].float())
                elif written[index]:
                    song.latents[at:stop, index] = song.silence[index]
            at = stop
        return {
            role: self._notes(song.planes[role], role, grid, shift, first)
            for index, role in enumerate(ROLES)
            if written[index]
        }

    def _plan(
        self,
        song: "_Song",
        grid: Grid,
        first: int,
        last: int,
        wishes: Wishes,
        given: Mapping[Role, Notes],
    ) -> npt.NDArray[np.bool_]:
        """Which roles play in which cell, (cell, role): the wished by plan, the given as they do."""
        plays = np.zeros((last - first, len(ROLES)), bool)
        wanted = [role for role in ROLES if role in wishes.roles and role not in given]
        plan = entrances(grid, first, last, wanted, wishes.seed)
        for column, role in enumerate(wanted):
            plays[:, ROLES.index(role)] = plan[:, column]
        for role in given:
            sounding = song.planes[role].any((1, 2, 3)).astype(float)
            near = np.convolve(sounding, np.ones(2 * self.generator.cells + 1), "same")
            plays[:, ROLES.index(role)] = near[: last - first] > 0
        return plays

    def _open(
        self,
        melody: Notes,
        grid: Grid,
        given: Mapping[Role, Notes],
        shift: int,
        first: int,
        last: int,
    ) -> "_Song":
        def cells_of(notes: Notes, rows: slice | list[int]) -> Planes:
            return cut(draw(notes, grid.steps)[:, :, rows], grid)[first:last]

        count = last - first
        planes: dict[Role, Planes] = {}
        latents = torch.zeros(count, len(ROLES), self.cells.latent)
        pitched = slice(LOWEST - shift, LOWEST - shift + PITCHES)
        for index, role in enumerate(ROLES):
            shape = (
                (1, CELL_STEPS, len(DRUM_ROWS)) if role is Role.DRUMS else (2, CELL_STEPS, PITCHES)
            )
            planes[role] = np.zeros((count, *shape), np.uint8)
            if role in given:
                drums = role is Role.DRUMS
                cells = cells_of(given[role], DRUM_ROWS if drums else pitched)
                planes[role] = cells[:, :1] if drums else cells
                latents[:, index] = self.cells.encode(
                    role.value, torch.from_numpy(planes[role]).float()
                )
        silence = torch.stack(
            [
                self.cells.encode(role.value, torch.zeros(1, *planes[role].shape[1:]))[0]
                for role in ROLES
            ]
        )
        place = place_features(grid.cell_table()[first:last], np.ones(count, bool))
        return _Song(
            torch.from_numpy(cells_of(melody, pitched)).float(),
            torch.from_numpy(place).float(),
            planes,
            latents,
            silence,
        )

    def _noise(self, count: int, wishes: Wishes) -> Tensor:
        """Noise of each draft for each cell of a song and beyond its end, (draft, cell, noise)."""
        random = torch.Generator().manual_seed(wishes.seed)
        song = torch.randn(DRAFTS, 1, self.generator.song_noise, generator=random)
        cells = torch.randn(
            DRAFTS, count + self.generator.cells, self.generator.cell_noise, generator=random
        )
        scale = TRUNCATION * wishes.temperature
        return torch.cat([song.expand(-1, cells.shape[1], -1), cells], 2) * scale

    def _best_draft(
        self,
        song: "_Song",
        noise: Tensor,
        leader: int,
        style: Tensor,
        plays: npt.NDArray[np.bool_],
        written: list[bool],
        at: int,
        stop: int,
    ) -> tuple[int, dict[Role, Tensor]]:
        """Fill in the cells `at` to `stop` -> (draft, planes (cell, plane, step, pitch) by role).

        The first draft, from the `leader`'s on, in which everybody plays who should; else the one
        in which fewest are silent.
        """
        best: tuple[int, int, dict[Role, Tensor]] | None = None
        for draft in [*range(leader, DRAFTS), *range(leader)]:
            latents = self._fill(song, noise[draft], style, plays, written, at)
            made = {
                role: self.cells.decode(
                    role.value, latents[self.past : self.past + stop - at, index]
                )
                > 0
                for index, role in enumerate(ROLES)
                if written[index] and plays[index]
            }
            silent = sum(not bool(planes.any()) for planes in made.values())
            if best is None or silent < best[0]:
                best = silent, draft, made
            if silent == 0:
                break
        assert best is not None
        return best[1], best[2]

    def _fill(
        self,
        song: "_Song",
        noise: Tensor,
        style: Tensor,
        plays: npt.NDArray[np.bool_],
        written: list[bool],
        at: int,
    ) -> Tensor:
        """Fill in the window whose first new cell is `at` -> latents (cell, role, latent)."""
        count = len(song.place)
        rows = torch.arange(at - self.past, at - self.past + self.generator.cells)
        inside = ((rows >= 0) & (rows < count)).float()
        held = rows.clamp(0, count - 1)
        outside = (1 - inside)[:, None, None]
        active = torch.from_numpy(plays[None].astype(np.float32))
        latents = song.latents[held] * (1 - outside) + song.silence * outside
        given = (rows < at).float()[:, None].expand(-1, len(ROLES)).clone()
        for index, new in enumerate(written):
            if plays[index] and not new:
                given[:, index] = torch.maximum(given[:, index], inside)
        window = Window(
            (song.melody[held] * inside[:, None, None, None])[None],
            (latents * active[0, :, None])[None],
            given[None],
            active,
            torch.ones(1, len(rows)),
            (song.place[held] * inside[:, None])[None],
            style,
        )
        made: Tensor = self.generator(window, noise[rows % len(noise)][None])
        return made[0]

    def _notes(self, planes: Planes, role: Role, grid: Grid, shift: int, first: int) -> Notes:
        starts, lengths = grid.cell_starts[first:], np.diff(grid.cell_starts)[first:]
        roll = np.zeros((2, grid.steps, planes.shape[3]), np.uint8)
        for cell, start, length in zip(planes, starts, lengths, strict=False):
            roll[: len(cell), start : start + length] = cell[:, :length]
        return in_key(trace(roll), role, shift)


@dataclass(frozen=True, eq=False)
class _Song:
    """A song being filled in: cells from the melody's first to its last."""

    melody: Tensor  # (cell, 2, step, pitch)
    place: Tensor  # (cell, place)
    planes: dict[Role, Planes]  # (cell, plane, step, pitch), written as the band goes on
    latents: Tensor  # (cell, role, latent), likewise
    silence: Tensor  # (role, latent)


def played_cells(melody: Notes, grid: Grid) -> tuple[int, int]:
    """The cells from the bar of the melody's first note to the bar of its last: (first, after)."""
    bar_of = np.searchsorted(
        grid.bar_starts, [melody[:, START].min(), melody[:, END].max() - 1], "right"
    )
    first = np.searchsorted(grid.cell_starts, grid.bar_starts[bar_of[0] - 1])
    after = np.searchsorted(grid.cell_starts, grid.bar_starts[min(bar_of[1], grid.bars)])
    return int(first), int(after)


def one_of_styles(styles: Sequence[str], name: str | None) -> Tensor:
    """One-hot style, (1, style); zeros for None. Raises ConfigError if there is none of the name."""
    if name is not None and name not in styles:
        raise ConfigError(f"no style {name!r}; this model knows {', '.join(styles)}")
    return torch.tensor([[float(name == known) for known in styles]])


def in_key(notes: Notes, role: Role, shift: int) -> Notes:
    """A role's notes, with rows of its planes for pitches, as it plays them in the melody's key."""
    if role is Role.DRUMS:
        notes[:, PITCH] = np.asarray(DRUM_ROWS, np.int64)[notes[:, PITCH]]
        return notes
    notes[:, PITCH] += LOWEST - shift
    return playable(notes, role)
