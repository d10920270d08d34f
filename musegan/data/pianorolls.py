"""Prepared corpora: arrangements cut into cells, packed, and drawn from as windows of tensors.

A prepared corpus is one `.npz` file. Axes: `planes` (cell, track, plane, step, byte), the 128
pitches of a step packed into 16 bytes, track 0 the melody and the rest `ROLES`; `table`
(cell, column) see `Grid.cell_table`; `song` (cell,) says which song a cell is of; and for each song
`names`, `shift` (semitones that bring its melody's key to C major or A minor), `present`
(song, role) and `style`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegan.errors import CorpusError
from musegan.files import written_aside
from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes
from musegan.music.band import ROLES, Role
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.key import canonical_shift, estimate_key
from musegan.music.pianoroll import ONSET, draw

Bytes = npt.NDArray[np.uint8]

MELODY = "melody"
TRACK_NAMES = (MELODY, *(role.value for role in ROLES))  # of the track axis
TRACKS = len(TRACK_NAMES)


@dataclass(frozen=True, eq=False)
class Rolls:
    """A prepared corpus in memory; see the module's first lines for the axes."""

    planes: Bytes
    table: npt.NDArray[np.int64]
    song: npt.NDArray[np.int64]
    names: Sequence[str]
    shift: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]
    style: Sequence[str]


def cut(roll: Bytes, grid: Grid) -> Bytes:
    """A roll (2, steps, pitch) -> cells (cell, 2, `CELL_STEPS`, pitch); short ones end silent."""
    steps = grid.cell_starts[:-1, None] + np.arange(CELL_STEPS)
    inside = steps < grid.cell_starts[1:, None]
    padded = np.concatenate([roll, np.zeros((2, CELL_STEPS, roll.shape[2]), np.uint8)], 1)
    return np.ascontiguousarray((padded[:, steps] * inside[..., None]).transpose(1, 0, 2, 3))


def melody_shift(melody: Notes) -> int:
    """Semitones that bring the melody's key to C major or A minor, -6..5; 0 without notes."""
    if not len(melody):
        return 0
    return canonical_shift(estimate_key(melody[:, PITCH], melody[:, END] - melody[:, START]))


@dataclass(frozen=True, eq=False)
class Packed:
    """One song of a prepared corpus."""

    name: str
    style: str
    planes: Bytes
    table: npt.NDArray[np.int64]
    shift: int
    present: tuple[bool, ...]


def pack(arrangement: Arrangement) -> Packed:
    """Cut one arrangement into packed cells."""
    grid = arrangement.grid
    planes = np.zeros((grid.cells, TRACKS, 2, CELL_STEPS, 16), np.uint8)
    parts = [arrangement.melody, *(arrangement.band.get(role) for role in ROLES)]
    for track, part in enumerate(parts):
        if part is not None and len(part):
            planes[:, track] = np.packbits(cut(draw(part, grid.steps), grid), axis=3)
    present = tuple(bool(len(arrangement.band.get(role, ()))) for role in ROLES)
    shift = melody_shift(arrangement.melody)
    return Packed(arrangement.name, arrangement.style, planes, grid.cell_table(), shift, present)


def gather(songs: Sequence[Packed]) -> Rolls:
    """Join packed songs into one corpus.

    Raises:
        CorpusError: there are none.
    """
    if not songs:
        raise CorpusError("no song to prepare; every one lacks a melody or a band, or is damaged")
    return Rolls(
        np.concatenate([song.planes for song in songs]),
        np.concatenate([song.table for song in songs]),
        np.repeat(np.arange(len(songs)), [len(song.table) for song in songs]),
        [song.name for song in songs],
        np.array([song.shift for song in songs]),
        np.array([song.present for song in songs]),
        [song.style for song in songs],
    )


def save(rolls: Rolls, path: Path) -> None:
    """Write a prepared corpus, whole or not at all."""
    with written_aside(path) as aside:
        np.savez_compressed(
            aside,
            planes=rolls.planes,
            table=rolls.table.astype(np.int32),
            song=rolls.song.astype(np.int32),
            names=np.array(rolls.names),
            shift=rolls.shift,
            present=rolls.present,
            style=np.array(rolls.style),
        )


def open_rolls(path: Path) -> Rolls:
    """Read a prepared corpus.

    Raises:
        CorpusError: the file is missing or is not a prepared corpus.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found: Mapping[str, Any] = {key: arrays[key] for key in arrays.files}
        return Rolls(
            found["planes"],
            found["table"].astype(np.int64),
            found["song"].astype(np.int64),
            [str(name) for name in found["names"]],
            found["shift"],
            found["present"],
            [str(style) for style in found["style"]],
        )
    except (OSError, ValueError, KeyError) as error:
        raise CorpusError(
            f"{path}: not a prepared corpus ({error}); make one with `musegan prepare`"
        ) from error


def song_onsets(rolls: Rolls, role: Role) -> dict[str, npt.NDArray[np.int64]]:
    """Where a role's notes begin: song name -> (note, 2) of step and pitch, of songs that have it."""
    index = ROLES.index(role)
    songs = np.flatnonzero(np.asarray(rolls.present)[:, index])
    onsets = rolls.planes[:, 1 + index, ONSET]  # (cell, step, byte)
    found = {}
    for song in songs.tolist():
        first, after = np.searchsorted(rolls.song, [song, song + 1])
        cell, step, pitch = np.nonzero(np.unpackbits(onsets[first:after], axis=2))
        found[rolls.names[song]] = np.column_stack([rolls.table[first + cell, 0] + step, pitch])
    return found


def unpack(planes: Bytes, shift: npt.NDArray[np.int64], lowest: int, pitches: int) -> Bytes:
    """Planes (batch, ..., step, byte) -> (batch, ..., step, pitch), each moved up by its shift."""
    bits = np.unpackbits(planes, axis=-1)
    pad = [(0, 0)] * (bits.ndim - 1) + [(12, 12)]
    bits = np.pad(bits, pad)
    return np.stack(
        [
            row[..., 12 + lowest - s : 12 + lowest - s + pitches]
            for row, s in zip(bits, shift, strict=True)
        ]
    )
