"""Phrasing: a melody in steps -> a band in steps, by a peer, some bars of 4/4 after others.

A peer writes four bars at once, or two, and knows nothing of those before. Its bars have 16 steps: of a
longer bar the first 16 are heard and written, a shorter one is heard as if silence followed, and what is
written there is left out. A pitch sounds where its value is above the middle, as the papers have
it. What sounds in steps that follow each other is one note, but of drums one in each step.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.arranging import Arranger, Gaps, Wishes
from musegan.data.barrolls import BAR_STEPS
from musegan.data.pianorolls import melody_shift
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES
from musegan.errors import ConfigError
from musegan.experiments.latents import slerp
from musegan.experiments.peers import load_peer, noise_of, sounding
from musegan.music.arrangement import END, START, Notes, no_notes
from musegan.music.band import Role
from musegan.music.grid import Grid
from musegan.music.melody import in_register
from musegan.music.pianoroll import draw, trace
from musegan.pretrained import read_config
from musegan.songcells import in_key

Roll = npt.NDArray[np.bool_]


class PhraseArranger:
    """A released peer, loaded once; it is asked for bands as `Arranger` is."""

    styles: tuple[str, ...] = ()  # a peer knows none

    def __init__(self, path: Path) -> None:
        """Load a model.

        Raises:
            CheckpointError: the file is missing or damaged.
            ConfigError: it writes chorales.
        """
        self.peer = load_peer(path)
        self.name = self.peer.experiment.name
        if self.peer.experiment.data.chorales:
            raise ConfigError(
                f"{self.name} writes the voices of chorales of two bars, and no band; name a model "
                f"that was trained on a band's corpora"
            )
        self.roles = tuple(Role(track) for track in self.peer.experiment.data.tracks)

    @torch.inference_mode()
    def arrange(
        self,
        melody: Notes,
        grid: Grid,
        wishes: Wishes,
        given: Mapping[Role, Notes] | None = None,
        gaps: Gaps | None = None,
    ) -> dict[Role, Notes]:
        """Write the parts that are wished for and that the peer has, notes in steps of `grid`.

        From the bar of the melody's first note to the bar of its last, with velocity 80. Equal
        arguments give equal notes on one machine.

        Raises ConfigError: there are parts given, or a style; or it has none of the parts.
        """
        self._check(wishes, bool(given or gaps))
        roles = [role for role in self.roles if role in wishes.roles]
        if not len(melody):
            return {role: no_notes() for role in roles}
        melody = in_register(melody)
        shift = melody_shift(melody)
        starts, lengths = played_bars(melody, grid)
        system = self.peer.system
        heard = heard_bars(melody, starts, lengths, shift, system.lowest, system.pitches)
        windows = -(-len(starts) // system.bars)
        heard = np.pad(heard, ((0, windows * system.bars - len(starts)), (0, 0), (0, 0)))
        shown = torch.from_numpy(heard.reshape(windows, system.bars, *heard.shape[1:]))
        written = sounding(self.peer, shown, self._noise(windows, wishes), wishes.nearest_seed)
        bars = written.transpose(0, 1).flatten(1, 2).numpy()
        return {
            role: self._part(bars[self.roles.index(role)], role, starts, lengths, shift, grid)
            for role in roles
        }

    def _check(self, wishes: Wishes, told: bool) -> None:
        if told:
            raise ConfigError(
                f"{self.name} writes whole phrases to a melody alone; it can add no parts to others, "
                f"and write no bars anew"
            )
        if wishes.style is not None:
            raise ConfigError(f"no style {wishes.style!r}; {self.name} knows none, so leave it out")
        if not set(self.roles) & set(wishes.roles):
            raise ConfigError(
                f"{self.name} has no {' or '.join(role.value for role in wishes.roles)}; it writes "
                f"{', '.join(role.value for role in self.roles)}"
            )

    def _noise(self, windows: int, wishes: Wishes) -> Tensor:
        """Noise of each window, (window, number)."""
        noise = noise_of(self.peer, windows, wishes.nearest_seed)
        if wishes.towards is not None and 0 < wishes.share < 1:
            one, other = (noise_of(self.peer, windows, s) for s in (wishes.seed, wishes.towards))
            noise = slerp(one, other, wishes.share)
        return noise * wishes.temperature

    def _part(
        self,
        bars: Roll,
        role: Role,
        starts: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
        shift: int,
        grid: Grid,
    ) -> Notes:
        """A part's notes from its bars (bar, step, pitch), in key, as its instrument has them."""
        rows = DRUM_ROWS if role is Role.DRUMS else range(LOWEST, LOWEST + PITCHES)
        roll = np.zeros((grid.steps, len(rows)), bool)
        for bar, start, length in zip(bars, starts, lengths, strict=False):
            roll[start : start + length] = bar[:length, np.array(rows) - self.peer.system.lowest]
        before = np.zeros_like(roll)
        if role is not Role.DRUMS:
            before[1:] = roll[:-1]
        return in_key(trace(np.stack([roll & ~before, roll & before])), role, shift)


AnyArranger = Arranger | PhraseArranger


def open_arranger(path: Path) -> AnyArranger:
    """The arranger of a released band, or of a peer.

    Raises CheckpointError or ConfigError, as the two do.
    """
    return PhraseArranger(path) if read_config(path).get("task") == "peer" else Arranger(path)


def played_bars(melody: Notes, grid: Grid) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The bars from the melody's first note to its last: first steps, and steps up to 16, (bar,)."""
    ends = [melody[:, START].min(), melody[:, END].max() - 1]
    first, last = np.searchsorted(grid.bar_starts, ends, "right").tolist()
    borders = grid.bar_starts[first - 1 : min(last, grid.bars) + 1]
    return borders[:-1], np.minimum(np.diff(borders), BAR_STEPS)


def heard_bars(
    melody: Notes,
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    shift: int,
    lowest: int,
    pitches: int,
) -> npt.NDArray[np.uint8]:
    """The bars of a melody, `shift` semitones up, where it sounds, (bar, 16 steps, pitch)."""
    steps = int(starts[-1]) + BAR_STEPS
    roll = np.pad(draw(melody, steps).max(0), ((0, 0), (12, 12)))
    place = np.arange(BAR_STEPS)
    inside = (place < lengths[:, None])[..., None]
    bars = roll[:, 12 + lowest - shift :][:, :pitches][starts[:, None] + place]
    return np.asarray(bars * inside, np.uint8)
