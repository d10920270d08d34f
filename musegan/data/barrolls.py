"""Bars of 4/4 of a melody and its band as piano rolls of sixteenths, as earlier GANs learn them.

A roll is 1 where a pitch sounds and 0 elsewhere, (track, bar, step, pitch): a note that is struck
again at once is one that is held. Drums are on the rows of their keys, and sound for a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.pianorolls import Rolls, unpack
from musegan.data.windows import moved_keys
from musegan.errors import CorpusError
from musegan.music.arrangement import START
from musegan.music.band import ROLES, Role, notes_of_track
from musegan.music.grid import CELL_STEPS
from musegan.music.midi import read_midi
from musegan.music.pianoroll import draw

BAR_STEPS = 2 * CELL_STEPS
VOICES = 4  # of a chorale


class BarRolls(NamedTuple):
    """A batch of excerpts, as bytes 0 and 1."""

    melody: Tensor  # (batch, bar, step, pitch)
    band: Tensor  # (batch, track, bar, step, pitch)
    active: Tensor  # (batch, track) float32, 1 for the tracks that play in the excerpt


@dataclass(frozen=True, eq=False)
class BarSource:
    """Draws excerpts of `bars` bars of 4/4 in which the melody plays and one of the roles does."""

    corpora: Sequence[Rolls]
    shares: Sequence[float]
    roles: Sequence[Role]
    bars: int
    lowest: int  # MIDI note of the first row
    pitches: int
    batch_size: int
    stray_keys: float = 0.4  # share of excerpts that are not in their melody's key

    def starts(self) -> list[npt.NDArray[np.int64]]:
        """Of each corpus, the cells with which an excerpt can begin.

        Raises CorpusError where there are none.
        """
        found = [self._starts_in(rolls) for rolls in self.corpora]
        if not all(len(starts) for starts in found):
            raise CorpusError(
                f"a corpus has no {self.bars} bars of 4/4 in a row with a melody and "
                f"{' or '.join(role.value for role in self.roles)}; leave it out of data.corpora"
            )
        return found

    def draw_from(
        self, starts: Sequence[npt.NDArray[np.int64]], rng: np.random.Generator
    ) -> BarRolls:
        """A batch that begins with some of the cells that `starts` tells."""
        shares = np.asarray(self.shares, np.float64)
        counts = rng.multinomial(self.batch_size, shares / shares.sum())
        parts = [
            self._rolls(rolls, rng.choice(first, count), rng)
            for rolls, first, count in zip(self.corpora, starts, counts, strict=True)
            if count
        ]
        melody, band = (np.concatenate(part) for part in zip(*parts, strict=True))
        return batch_of(melody, band)

    def _starts_in(self, rolls: Rolls) -> npt.NDArray[np.int64]:
        _, steps, index, count, _ = rolls.table.T
        whole = (steps == CELL_STEPS) & (count == 2)
        cells = 2 * self.bars
        first = np.flatnonzero(whole & (index == 0))
        first = first[first + cells <= len(rolls.song)]
        rows = first[:, None] + np.arange(cells)
        alike = (whole[rows] & (rolls.song[rows] == rolls.song[first][:, None])).all(1)
        tracks = [0, *(1 + ROLES.index(role) for role in self.roles)]
        plays = np.asarray(rolls.planes.any((2, 3, 4)))[:, tracks][rows].any(1)  # (start, track)
        kept: npt.NDArray[np.int64] = first[alike & plays[:, 0] & plays[:, 1:].any(1)]
        return kept

    def _rolls(
        self, rolls: Rolls, first: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Of excerpts from cells `first` on, the melody and the band."""
        planes = rolls.planes[first[:, None] + np.arange(2 * self.bars)]
        shift = moved_keys(rng, rolls.shift[rolls.song[first]], self.stray_keys)
        sounding = planes[:, :, :, 0] | planes[:, :, :, 1]  # (excerpt, cell, track, step, byte)

        def track_of(
            bits: npt.NDArray[np.uint8], shift: npt.NDArray[np.int64]
        ) -> npt.NDArray[np.uint8]:
            roll = unpack(bits, shift, self.lowest, self.pitches)
            return roll.reshape(len(first), self.bars, BAR_STEPS, self.pitches)

        band = [
            track_of(planes[:, :, 1 + ROLES.index(role), 0], np.zeros_like(shift))
            if role is Role.DRUMS
            else track_of(sounding[:, :, 1 + ROLES.index(role)], shift)
            for role in self.roles
        ]
        return track_of(sounding[:, :, 0], shift), np.stack(band, 1)


@dataclass(frozen=True, eq=False)
class ChoraleSource:
    """Draws clips of chorales: the soprano is the melody, and one of the four tracks as well."""

    clips: npt.NDArray[np.uint8]  # (clip, track, bar, step, pitch)
    batch_size: int

    def draw(self, rng: np.random.Generator) -> BarRolls:
        """A batch, all of whose chances come from `rng`."""
        clips = self.clips[rng.integers(len(self.clips), size=self.batch_size)]
        return batch_of(clips[:, 0], clips)


def batch_of(melody: npt.NDArray[np.uint8], band: npt.NDArray[np.uint8]) -> BarRolls:
    """Rolls as tensors; a track is active where it sounds."""
    active = torch.from_numpy(band.any((2, 3, 4)).astype(np.float32))
    return BarRolls(torch.from_numpy(melody), torch.from_numpy(band), active)


def read_chorales(folder: Path, bars: int = 2) -> npt.NDArray[np.uint8]:
    """The clips of four-voice chorales in a folder of MIDI files, (clip, track, bar, step, 128).

    Raises:
        CorpusError: there is no file of four tracks in it.
        MidiError: a file is damaged.
    """
    clips = []
    files = sorted(folder.glob("*.mid")) if folder.is_dir() else []
    for file in files:
        score = read_midi(file)
        tracks = [notes for track in score.tracks if len(notes := notes_of_track(track))]
        if len(tracks) != VOICES:
            continue
        rolls = []
        for notes in tracks:
            steps = notes.copy()
            steps[:, :2] = np.rint(4 * notes[:, :2] / score.ticks_per_quarter)
            kept = steps[steps[:, START] < bars * BAR_STEPS]
            rolls.append(draw(kept, bars * BAR_STEPS).max(0))
        clips.append(np.stack(rolls).reshape(VOICES, bars, BAR_STEPS, 128))
    if not clips:
        raise CorpusError(
            f"{folder}: no MIDI file of {VOICES} tracks; give data.folder the clips of AWS "
            f"DeepComposer's notebook (aws-deepcomposer-samples, gan/original_midi)"
        )
    return np.stack(clips)
