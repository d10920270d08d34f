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
import torch
from torch import Tensor

from musegan.data.pianorolls import melody_shift
from musegan.errors import ConfigError
from musegan.experiments.band import load_band
from musegan.experiments.latents import slerp
from musegan.models.band import Window
from musegan.music.arrangement import Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.melody import in_register
from musegan.music.modulation import levelled, modulations, raised
from musegan.music.sections import breaths, entrances, heard_with, played_cells
from musegan.music.standstill import ENOUGH, STILL, harmony_to_leave, stands_still
from musegan.songcells import BASS_LAST, Bools, SongCells, notes_of_cells, open_song

Gaps = Mapping[Role, Bools]  # of a part that is given, the cells (cell,) to be written anew

RECALLED = 0.45  # as real bands, which play .2 of the notes otherwise when a melody comes again
TRUNCATION = 0.75  # deviation of the noise at temperature 1; the model was trained with 1
DRAFTS = 4  # of a window, at most: the next is drawn where somebody who should play is silent


@dataclass(frozen=True, eq=False)
class Wishes:
    """What a band is asked for."""

    roles: Sequence[Role] = ROLES
    style: str | None = None  # one of the model's styles; None: any
    seed: int = 0
    temperature: float = 1.0  # factor on the noise; 0 is the model's most ordinary band
    towards: int | None = None  # another seed: the noise lies between those of the two,
    share: float = 0.0  # so far on the way to it, 0 to 1
    recalled: float = RECALLED  # where the melody comes again: 0 plays anew, 1 what was played then

    @property
    def nearest_seed(self) -> int:
        """The seed of what cannot lie between: who rests, and how hands strike."""
        return self.seed if self.towards is None or self.share < 0.5 else self.towards


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
        gaps: Gaps | None = None,
    ) -> dict[Role, Notes]:
        """Write the parts that were wished for and not given, and the gaps of those that were.

        `melody` and `given` are in steps of `grid`. The band plays from the bar of the first note of
        the melody, or of a given part that is not drums, to the bar of the last. A part with gaps
        comes back whole, its notes in steps: what is given keeps its onsets, and ends where a gap, or
        another scale, does not hold it on. Notes come back with velocity 80; see `music.playing`. The key is
        that of the melody and the given parts, of the melody alone where there are gaps. Equal
        arguments give equal notes on one machine.
        """
        if not len(melody):
            return {role: no_notes() for role in wishes.roles}
        given, gaps = given or {}, gaps or {}
        changes = modulations(melody, grid.bar_starts)
        melody, given = in_register(changes.levelled(melody)), levelled(given, changes)
        sung = heard_with(melody, given)
        shift = changes.shift if changes.any else melody_shift(melody if gaps else sung)
        first, last = played_cells(sung, grid)
        song = open_song(self.cells, melody, grid, given, shift, first, last)
        noise = self._noise(last - first, wishes)
        style = self.style_of(wishes.style)
        missing = np.zeros((last - first, len(ROLES)), bool)
        for index, role in enumerate(ROLES):
            if role in gaps:
                missing[:, index] = gaps[role][first:last]
                song.planes[role][missing[:, index]] = 0
            else:
                missing[:, index] = role in wishes.roles and role not in given
        plays = self._plan(song, grid, first, last, melody, wishes, given) | (
            missing & self._of(gaps)
        )
        wanted = [role for role in ROLES if role in wishes.roles and role not in (*given, *gaps)]
        left = np.zeros_like(plays)
        left[:, [ROLES.index(role) for role in wanted]] = breaths(
            grid, first, last, wanted, wishes.nearest_seed, melody, wishes.style
        )
        bars = set(np.searchsorted(grid.cell_starts, grid.bar_starts).tolist())
        lengths = torch.from_numpy(np.diff(grid.cell_starts))
        inside = torch.arange(CELL_STEPS) < lengths[:, None]  # cell, step
        at, leader = 0, 0
        while missing[at:].any():
            at += int(missing[at:].any(1).argmax())
            stop = min(at + self.commit, last - first)
            while stop > at + 1 and first + stop not in bars and stop < last - first:
                stop -= 1
            stop = at + _alike(plays[at:stop] & missing[at:stop].any(0))
            leader, made = self._best_draft(
                song, noise, leader, style, wishes, plays[at], missing, at, stop
            )
            for index, role in enumerate(ROLES):
                cells = at + np.flatnonzero(missing[at:stop, index])
                if role in made:
                    fresh = made[role][torch.from_numpy(cells - at)]
                    fresh &= inside[first + cells][:, None, :, None]
                    fresh &= ~torch.from_numpy(left[cells, index])[:, None, None, None]
                    song.planes[role][cells] = fresh.numpy().astype(np.uint8)
                    song.latents[cells, index] = self.cells.encode(role.value, fresh.float())
                else:
                    song.latents[cells, index] = song.silence[index]
            at = stop
        parts = {
            role: notes_of_cells(song.planes[role], role, grid, shift, first, missing[:, index])
            for index, role in enumerate(ROLES)
            if missing[:, index].any()
        }
        return raised(parts, changes)

    @torch.inference_mode()
    def blend(
        self,
        melody: Notes,
        grid: Grid,
        bands: tuple[Mapping[Role, Notes], Mapping[Role, Notes]],
        roles: Sequence[Role],
        share: float,
        style: str | None = None,
    ) -> dict[Role, Notes]:
        """The parts that lie between two bands for one melody, `share` of the way to the second.

        Each cell of a role is played from between the latents of the two, on the sphere that latents
        lie on, in a style of the model's or any; a cell in which both rest is silent. Notes as
        `arrange` has them.
        """
        changes = modulations(melody, grid.bar_starts)
        melody, ends = changes.levelled(melody), [levelled(band, changes) for band in bands]
        shift = changes.shift if changes.any else melody_shift(melody)
        first, last = played_cells(heard_with(heard_with(melody, ends[0]), ends[1]), grid)
        songs = [open_song(self.cells, melody, grid, band, shift, first, last) for band in ends]
        parts = {}
        for role in roles:
            index = ROLES.index(role)
            one, other = (
                song.latents[:, index]
                if role in band
                else song.silence[index].expand(last - first, -1)
                for song, band in zip(songs, bands, strict=True)
            )
            played = self.cells.play(role.value, slerp(one, other, share), self.style_of(style)[0])
            made = played.numpy().astype(np.uint8)
            made[~np.any([song.planes[role].any((1, 2, 3)) for song in songs], 0)] = 0
            everywhere = np.ones(last - first, bool)
            parts[role] = notes_of_cells(made, role, grid, shift, first, everywhere)
        return raised(parts, changes)

    def _plan(
        self,
        song: SongCells,
        grid: Grid,
        first: int,
        last: int,
        melody: Notes,
        wishes: Wishes,
        given: Mapping[Role, Notes],
    ) -> Bools:
        """Which roles play in which cell, (cell, role): the wished by plan, the given as they do."""
        plays = np.zeros((last - first, len(ROLES)), bool)
        wanted = [role for role in ROLES if role in wishes.roles and role not in given]
        plan = entrances(grid, first, last, wanted, wishes.nearest_seed, melody, wishes.style)
        for column, role in enumerate(wanted):
            plays[:, ROLES.index(role)] = plan[:, column]
        for role in given:
            sounding = song.planes[role].any((1, 2, 3)).astype(float)
            near = np.convolve(sounding, np.ones(2 * self.generator.cells + 1))
            reach = self.generator.cells
            plays[:, ROLES.index(role)] = near[reach : reach + last - first] > 0
        return plays

    @staticmethod
    def _of(gaps: Gaps) -> Bools:
        """Which roles have gaps, (role,)."""
        return np.array([role in gaps for role in ROLES])

    def _noise(self, count: int, wishes: Wishes) -> Tensor:
        """Noise of each draft for each cell of a song and beyond its end, (draft, cell, noise)."""
        song, cells = self._draw(count, wishes.nearest_seed)
        if wishes.towards is not None and 0 < wishes.share < 1:
            (song, cells), (other, others) = (
                self._draw(count, seed) for seed in (wishes.seed, wishes.towards)
            )
            song, cells = slerp(song, other, wishes.share), slerp(cells, others, wishes.share)
        scale = TRUNCATION * wishes.temperature
        return torch.cat([song.expand(-1, cells.shape[1], -1), cells], 2) * scale

    def _draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """A seed's normal noise: of a song, (draft, 1, noise), and of its cells, (draft, cell, noise)."""
        random = torch.Generator().manual_seed(seed)
        song = torch.randn(DRAFTS, 1, self.generator.song_noise, generator=random)
        cells = torch.randn(
            DRAFTS, count + self.generator.cells, self.generator.cell_noise, generator=random
        )
        return song, cells

    def _best_draft(
        self,
        song: SongCells,
        noise: Tensor,
        leader: int,
        style: Tensor,
        wishes: Wishes,
        plays: Bools,
        missing: Bools,
        at: int,
        stop: int,
    ) -> tuple[int, dict[Role, Tensor]]:
        """Fill in the cells `at` to `stop` -> (draft, planes (cell, plane, step, pitch) by role).

        The first draft, from the `leader`'s on, in which everybody plays who should; else the one
        in which fewest are silent.
        """
        best: tuple[int, int, dict[Role, Tensor]] | None = None
        asked = missing[at:stop].any(0) & plays
        anew = self._stands_still(song, missing, at)
        for draft in [*range(leader, DRAFTS), *range(leader)]:
            latents = self._fill(song, noise[draft], style, plays, missing, at, anew)
            made: dict[Role, Tensor] = {}
            for role in BASS_LAST:
                index = ROLES.index(role)
                if asked[index]:
                    own = latents[: stop - at, index]
                    chords = song.chords(made, at, stop) if role is Role.BASS else None
                    made[role] = self._played(song, role, own, style, wishes, at, anew, chords)
            silent = sum(
                not bool(planes[torch.from_numpy(missing[at:stop, ROLES.index(role)])].any())
                for role, planes in made.items()
            )
            if best is None or silent < best[0]:
                best = silent, draft, made
            if silent == 0:
                break
        assert best is not None
        return best[1], best[2]

    def _played(
        self,
        song: SongCells,
        role: Role,
        latents: Tensor,
        style: Tensor,
        wishes: Wishes,
        at: int,
        anew: bool,
        chords: Tensor | None = None,
    ) -> Tensor:
        """What a role plays from cell `at` on, (cell, plane, step, pitch).

        By habits of a bar ago, which are firm where a pitched role is asked `anew`, near to what it played
        when the melody was there before, or else on another harmony than for the last four bars and not far
        from where it was, and in its register, whatever the key. A bass keeps to the `chords`, (cell, 12), of
        the others.
        """
        pitched = role is not Role.DRUMS
        firm, left = anew and pitched, None
        if pitched:
            left = torch.from_numpy(
                harmony_to_leave(song.pitches(role, slice(max(0, at - ENOUGH), at)))
            )
        fresh: list[Tensor] = []
        for cell, latent in enumerate(latents, at):
            before = song.as_before(role, cell)
            if before is not None:
                latent = slerp(latent, before, wishes.recalled)
            rhythm, held = song.rhythm_ago(role, cell, fresh), song.held(role, cell, fresh)
            leave, near = (left, song.height(role, cell, fresh)) if before is None else (None, None)
            chord = None if chords is None else chords[cell - at, None]
            habits = rhythm, held, firm, -song.shift, leave, near, chord
            fresh += self.cells.play(role.value, latent[None], style, *habits)
        return torch.stack(fresh)

    def _fill(
        self,
        song: SongCells,
        noise: Tensor,
        style: Tensor,
        plays: Bools,
        missing: Bools,
        at: int,
        anew: bool,
    ) -> Tensor:
        """Fill in a window of which cell `at` is missing -> latents from there on, (cell, role, latent).

        Where it is asked `anew` it does not see what pitched roles played.
        """
        count = len(song.place)
        rows = torch.arange(at - self.past, at - self.past + self.generator.cells)
        inside = ((rows >= 0) & (rows < count)).float()
        held = rows.clamp(0, count - 1)
        outside = (1 - inside)[:, None, None]
        active = torch.from_numpy(plays[None].astype(np.float32))
        latents = song.latents[held] * (1 - outside) + song.silence * outside
        known = torch.from_numpy((~missing & plays).astype(np.float32))[held] * inside[:, None]
        seen = (rows < at).float()[:, None].repeat(1, len(ROLES))
        if anew:
            seen[:, [role is not Role.DRUMS for role in ROLES]] = 0
        given = torch.maximum(known, seen)
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
        return made[0, self.past :]

    @staticmethod
    def _stands_still(song: SongCells, missing: Bools, at: int) -> bool:
        """Whether a part that the band wrote stays on one harmony, right before cell `at`."""
        before = slice(max(0, at - STILL), at)
        return any(
            missing[before, index].all() and stands_still(song.pitches(role, before))
            for index, role in enumerate(ROLES)
            if role is not Role.DRUMS
        )


def _alike(plays: Bools) -> int:
    """How many cells of (cell, role), from the first on, the same roles play in."""
    other = (plays != plays[0]).any(1)
    return int(other.argmax()) if other.any() else len(plays)


def one_of_styles(styles: Sequence[str], name: str | None) -> Tensor:
    """One-hot style, (1, style); zeros for None. Raises ConfigError if there is none of the name."""
    if name is not None and name not in styles:
        raise ConfigError(f"no style {name!r}; this model knows {', '.join(styles)}")
    return torch.tensor([[float(name == known) for known in styles]])
