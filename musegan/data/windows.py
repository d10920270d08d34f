"""Windows and cells of the band, drawn from prepared corpora as tensors.

Everything drawn is a function of the random generator that is passed in, so that batch i of a run
is the same batch in every run with its seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.pianorolls import TRACK_NAMES, Rolls, unpack
from musegan.music.band import DRUM_KEYS, ROLES, Role

Pool = list[tuple[Rolls, npt.NDArray[np.int64], npt.NDArray[np.int64]]]

LOWEST, PITCHES = 24, 84  # the pitched roles' rows: C1 to B7
DRUM_ROWS = sorted(DRUM_KEYS.values())
INDICES, COUNTS = 4, 6  # cells of a bar that are told apart; longer bars share the last


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """A batch of windows: what the band's model is told, and what real bands played.

    melody: (batch, cell, 2, step, pitch); band: role name -> (batch, cell, plane, step, pitch), both
        as bytes, 0 and 1, of which a GPU is sent a quarter of what floats would be;
    active: (batch, role), 1 for the roles that play, see `who_plays`;
    given, visible, place, style: see `models.band.Window`.
    """

    melody: Tensor
    band: dict[str, Tensor]
    active: Tensor
    given: Tensor
    visible: Tensor
    place: Tensor
    style: Tensor


@dataclass(frozen=True, eq=False)
class WindowSource:
    """Draws windows of `cells` cells from several corpora, each with its share of the batch."""

    corpora: Sequence[Rolls]
    shares: Sequence[float]
    styles: Sequence[str]
    cells: int
    past: int  # cells of a window before the bar to be filled first
    batch_size: int
    stray_keys: float = 0.4  # share of windows that are not in their melody's key
    any_style: float = 0.3  # share of windows whose style is not told
    live: float = (
        0.0  # share of windows that begin at any cell, and of those that see no melody to come
    )

    def draw(self, rng: np.random.Generator) -> WindowBatch:
        """Draw a batch."""
        shares = np.asarray(self.shares, np.float64)
        counts = rng.multinomial(self.batch_size, shares / shares.sum())
        parts = [
            self._draw_from(rolls, int(count), rng)
            for rolls, count in zip(self.corpora, counts, strict=True)
            if count
        ]
        planes, place, present, style, shift = (np.concatenate(x) for x in zip(*parts, strict=True))
        given, visible = draw_masks(
            rng, self.batch_size, self.cells, self.past, len(ROLES), self.live
        )
        before = (1 - place[:, :, :1]) * (np.arange(self.cells) < self.past)[None, :, None]
        given = np.maximum(given, before)
        active = who_plays(np.asarray(planes[:, :, 1:].any((3, 4, 5))), given, present)
        return WindowBatch(
            torch.from_numpy(unpack(planes[:, :, 0], shift, LOWEST, PITCHES)),
            {
                role.value: track_planes(planes[:, :, 1 + index], role.value, shift)
                for index, role in enumerate(ROLES)
                if active[:, index].any()
            },
            _floats(active),
            _floats(given),
            _floats(visible),
            _floats(place),
            _floats(style * (rng.random((self.batch_size, 1)) >= self.any_style)),
        )

    def _draw_from(
        self, rolls: Rolls, count: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.generic], ...]:
        bars = np.flatnonzero(rolls.table[:, 2] == 0)
        first = rng.choice(bars, count)
        if self.live:
            anywhere = rng.random(count) < self.live
            first = np.where(anywhere, rng.integers(0, len(rolls.song), count), first)
        rows = first[:, None] - self.past + np.arange(self.cells)
        clipped = rows.clip(0, len(rolls.song) - 1)
        song = rolls.song[first]
        inside = (rolls.song[clipped] == song[:, None]) & (rows == clipped)
        planes = rolls.planes[clipped] * inside[..., None, None, None, None].astype(np.uint8)
        style = np.array([[rolls.style[s] == name for name in self.styles] for s in song])
        shift = moved_keys(rng, rolls.shift[song], self.stray_keys)
        return (
            planes,
            place_features(rolls.table[clipped], inside),
            rolls.present[song],
            style,
            shift,
        )


def moved_keys(
    rng: np.random.Generator, shift: npt.NDArray[np.int64], share: float
) -> npt.NDArray[np.int64]:
    """Shifts to C major or A minor, (window,), a share of them to any other key; -6 to 6."""
    stray = rng.integers(-5, 7, len(shift)) * (rng.random(len(shift)) < share)
    moved = shift + stray
    return np.where(moved > 6, moved - 12, np.where(moved < -6, moved + 12, moved))


def draw_masks(
    rng: np.random.Generator, batch: int, cells: int, past: int, roles: int, live: float = 0.0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Which cells are given, (batch, cell, role), and where the melody is seen, (batch, cell).

    Half of the windows know their past, as when a song is arranged; the others know a past of
    another length, nothing at all, some roles, or scattered cells. A quarter do not see the
    melody of what is to come, or only its first bar. A share of `live` knows its past and sees no
    melody from there on, as in live playing.
    """
    given = np.zeros((batch, cells, roles))
    visible = np.ones((batch, cells))
    for row in range(batch):
        if live and rng.random() < live:
            given[row, :past] = 1
            visible[row, past:] = 0
            continue
        kind = rng.random()
        known = past
        if kind > 0.5:
            known = int(rng.integers(2, cells - 1))
        if 0.65 < kind <= 0.75:
            known = 0
        given[row, :known] = 1
        if 0.75 < kind <= 0.9:
            given[row, :, rng.random(roles) < 0.4] = 1
        if kind > 0.9:
            given[row] = rng.random((cells, roles)) < 0.7
        if kind <= 0.75 and rng.random() < 0.3:
            visible[row, known + 2 * int(rng.integers(0, 2)) :] = 0
        if given[row].all():
            given[row, past:] = 0
    return given, visible


def who_plays(
    sounding: npt.NDArray[np.bool_],
    given: npt.NDArray[np.float64],
    present: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which roles a window asks for, (batch, role): those that play where it is to be filled.

    A role that is all given is asked for where it plays at all. So a band that is told to play
    does, and who rests in a section is decided elsewhere. `sounding` (batch, cell, role) says
    where anybody plays, `present` (batch, role) whose song has the role at all; where no role
    would play, those are asked for.
    """
    unknown = given == 0
    plays = (sounding & (unknown | ~unknown.any(1, keepdims=True))).any(1)
    nobody = ~(plays & unknown.any(1)).any(1, keepdims=True)
    return np.where(nobody, present, plays)


def place_features(
    table: npt.NDArray[np.int64], inside: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Where cells lie: table (..., 5) and inside (...) -> features (..., 4 + INDICES + COUNTS)."""
    steps, index, count, position = np.moveaxis(table[..., 1:], -1, 0)
    plain = np.stack([np.ones_like(steps), steps / 8, position / 16, index == 0], -1)
    one_index = np.eye(INDICES)[index.clip(max=INDICES - 1)]
    one_count = np.eye(COUNTS)[(count - 1).clip(0, COUNTS - 1)]
    features = np.concatenate([plain, one_index, one_count], -1)
    return np.asarray(features * inside[..., None], np.float64)


def track_planes(planes: npt.NDArray[np.uint8], name: str, shift: npt.NDArray[np.int64]) -> Tensor:
    """Packed planes of one track, (batch, ..., 2, step, byte) -> what its autoencoder reads, as bytes."""
    if name == Role.DRUMS.value:
        bits = unpack(planes, np.zeros(len(planes), np.int64), 0, 128)
        return torch.from_numpy(bits[..., :1, :, :][..., DRUM_ROWS])
    return torch.from_numpy(unpack(planes, shift, LOWEST, PITCHES))


@dataclass(frozen=True, eq=False)
class CellSource:
    """Draws cells for the autoencoders: for each track `batch_size` of them, few of them silent."""

    corpora: Sequence[Rolls]
    batch_size: int
    silent: float = 0.1  # share of cells drawn without looking whether anybody plays
    tracks: Sequence[str] = TRACK_NAMES[1:]

    def pools(self) -> dict[str, Pool]:
        """Of each track, in each corpus that has it: the corpus, its cells, those with notes."""
        found: dict[str, Pool] = {}
        for name in self.tracks:
            track = TRACK_NAMES.index(name)
            for rolls in self.corpora:
                there = rolls.present[:, track - 1] if track else np.ones(len(rolls.names), bool)
                cells = np.flatnonzero(there[rolls.song])
                if len(cells):
                    busy = cells[rolls.planes[cells, track].any((1, 2, 3))]
                    found.setdefault(name, []).append((rolls, cells, busy))
        return found

    def draw_from(
        self,
        pools: dict[str, Pool],
        rng: np.random.Generator,
    ) -> dict[str, Tensor]:
        """Track name -> cells (batch, plane, step, pitch), bytes, near their canonical key."""
        batch: dict[str, Tensor] = {}
        for name, pool in pools.items():
            parts = []
            sizes = np.array([len(busy) ** 0.5 for _, _, busy in pool])
            counts = rng.multinomial(self.batch_size, sizes / sizes.sum())
            for (rolls, cells, busy), count in zip(pool, counts, strict=True):
                if not count:
                    continue
                quiet = rng.random(count) < self.silent
                chosen = np.where(quiet, rng.choice(cells, count), rng.choice(busy, count))
                stray = rng.integers(-5, 7, count)
                shift = (rolls.shift[rolls.song[chosen]] + stray).clip(-6, 6)
                planes = rolls.planes[chosen, TRACK_NAMES.index(name)]
                parts.append(track_planes(planes, name, shift))
            batch[name] = torch.cat(parts)
        return batch


def _floats(array: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).float()
