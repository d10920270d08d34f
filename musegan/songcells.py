"""A song as cells: piano rolls of half bars near C major or A minor, and their latents; and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.data.pianorolls import cut
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES, place_features
from musegan.models.cells import BandCells
from musegan.models.codebook import class_steps, heights
from musegan.music.arrangement import PITCH, START, Notes
from musegan.music.band import ROLES, Role, nearest_drums
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.pianoroll import draw, trace
from musegan.music.playing import playable
from musegan.music.refrain import refrains

REST = 8  # cells, after which a part may begin at any height
BASS_LAST = sorted(
    ROLES, key=lambda role: role is Role.BASS
)  # since it keeps to the others' chords

Planes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Steps = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SongCells:
    """A song being filled in: cells from the melody's first to its last."""

    melody: Tensor  # (cell, 2, step, pitch)
    place: Tensor  # (cell, place)
    planes: dict[Role, Planes]  # (cell, plane, step, pitch), written as the band goes on
    latents: Tensor  # (cell, role, latent), likewise
    silence: Tensor  # (role, latent)
    bar_ago: Steps  # (cell,), how many cells ago a bar as this was there; 0: was not
    refrain: Steps  # (cell,), how many cells ago the melody was as it is there; 0: was not
    lengths: Steps  # (cell,), in steps
    shift: int  # semitones that its cells lie above what is heard

    def as_before(self, role: Role, cell: int) -> Tensor | None:
        """The latent of what a role played when the melody of a cell was there before, (latent,).

        None where it was not, or the role rested.
        """
        then = cell - int(self.refrain[cell])
        if then == cell or not self.planes[role][then].any():
            return None
        return self.latents[then, ROLES.index(role)]

    def pitches(self, role: Role, cells: slice) -> Bools:
        """Which pitches of a role sound in cells, (cell, pitch)."""
        return np.asarray(self.planes[role][cells].any((1, 2)), bool)

    def rhythm_ago(self, role: Role, cell: int, fresh: Sequence[Tensor] = ()) -> Tensor | None:
        """Where a role's notes began a bar before a cell, (1, step); None where no such bar was.

        `fresh` are the planes (plane, step, pitch) of cells right before it that are not in the song yet.
        """
        then = cell - int(self.bar_ago[cell])
        if then == cell:
            return None
        begun = then - (cell - len(fresh))
        planes = fresh[begun] if begun >= 0 else torch.from_numpy(self.planes[role][then])
        return planes[0].any(1)[None]

    def chords(self, made: Mapping[Role, Tensor], at: int, stop: int) -> Tensor:
        """What pitched roles but the bass play in cells, see `chords_of`, (cell, 12).

        `made` is what is new in these cells; of roles that are not in it what the song has.
        """
        return chords_of(
            {
                role: made[role] if role in made else torch.from_numpy(planes[at:stop])
                for role, planes in self.planes.items()
            },
            stop - at,
        )

    def height(self, role: Role, cell: int, fresh: Sequence[Tensor] = ()) -> Tensor:
        """How high a role last played before a cell, see `codebook.heights`, (1,); `fresh` as above.

        NaN where it has rested for `REST` cells, and of drums and a bass, whose roots are wherever they are.
        """
        if role is Role.BASS:
            return torch.tensor([torch.nan])
        song = torch.from_numpy(
            self.planes[role][max(0, cell - len(fresh) - REST) : cell - len(fresh)]
        )
        recent = heights(torch.stack([*song, *fresh][-REST:])) if cell else torch.empty(0)
        known = recent[recent.isfinite()]
        return known[-1:] if len(known) else torch.tensor([torch.nan])

    def held(self, role: Role, cell: int, fresh: Sequence[Tensor] = ()) -> Tensor:
        """Which pitches of a role can be held on where a cell begins, (pitch,); `fresh` as above.

        Those that sound until then and began in the two cells before: nobody holds a note for ever.
        """
        song = torch.from_numpy(
            self.planes[role][max(0, cell - len(fresh) - 2) : cell - len(fresh)]
        )
        planes = [*song, *fresh][-2:]
        if not planes:
            return torch.zeros(self.planes[role].shape[3])
        sounding = (planes[-1][:, int(self.lengths[cell - 1]) - 1] > 0).any(0)
        begun = torch.stack([(each[0] > 0).any(0) for each in planes]).any(0)
        return torch.logical_and(sounding, begun)


def chords_of(planes: Mapping[Role, Tensor], count: int) -> Tensor:
    """At how many steps pitched roles but the bass sound each pitch class, from the lowest up, (cell, 12).

    Planes are (cell, plane, step, pitch), of `count` cells.
    """
    found = torch.zeros(count, 12)
    for role, part in planes.items():
        if role not in (Role.DRUMS, Role.BASS):
            found += class_steps(part)
    return found


def open_song(
    autoencoders: BandCells,
    melody: Notes,
    grid: Grid,
    given: Mapping[Role, Notes],
    shift: int,
    first: int,
    last: int,
) -> SongCells:
    """Cut a song from cell `first` to before cell `last`, `shift` semitones up, and encode its parts.

    `melody` and `given` are in steps of `grid`.
    """

    def cells_of(notes: Notes, rows: slice | list[int]) -> Planes:
        return cut(draw(notes, grid.steps)[:, :, rows], grid)[first:last]

    count = last - first
    planes: dict[Role, Planes] = {}
    latents = torch.zeros(count, len(ROLES), autoencoders.latent)
    pitched = slice(LOWEST - shift, LOWEST - shift + PITCHES)
    for index, role in enumerate(ROLES):
        shape = (1, CELL_STEPS, len(DRUM_ROWS)) if role is Role.DRUMS else (2, CELL_STEPS, PITCHES)
        planes[role] = np.zeros((count, *shape), np.uint8)
        if role in given:
            drums = role is Role.DRUMS
            notes = nearest_drums(given[role]) if drums else given[role]
            cells = cells_of(notes, DRUM_ROWS if drums else pitched)
            planes[role] = cells[:, :1] if drums else cells
            latents[:, index] = autoencoders.encode(
                role.value, torch.from_numpy(planes[role]).float()
            )
    silence = torch.stack(
        [
            autoencoders.encode(role.value, torch.zeros(1, *planes[role].shape[1:]))[0]
            for role in ROLES
        ]
    )
    table = grid.cell_table()[first:last]
    place = place_features(table, np.ones(count, bool))
    sung = cells_of(melody, pitched)
    return SongCells(
        torch.from_numpy(sung).float(),
        torch.from_numpy(place).float(),
        planes,
        latents,
        silence,
        bars_ago(table),
        refrains(sung[:, 0] > 0, table),
        table[:, 1],
        shift,
    )


def bars_ago(table: Steps) -> Steps:
    """How many cells ago the same place of the bar before lies, (cell,); 0 where bars differ.

    `table` (cell, 5) is of cells in a row; see `Grid.cell_table`.
    """
    counts = table[:, 3]
    then = np.arange(len(table)) - counts
    alike = (then >= 0) & (table[then, 1:] == table[:, 1:]).all(1)
    return np.where(alike, counts, 0)


def notes_of_cells(
    planes: Planes, role: Role, grid: Grid, shift: int, first: int, missing: Bools
) -> Notes:
    """A part's notes, in key; those that begin in missing cells such as its instrument has."""
    starts, lengths = grid.cell_starts[first:], np.diff(grid.cell_starts)[first:]
    roll = np.zeros((2, grid.steps, planes.shape[3]), np.uint8)
    for cell, start, length in zip(planes, starts, lengths, strict=False):
        roll[: len(cell), start : start + length] = cell[:, :length]
    notes = trace(roll)
    if missing.all():
        return in_key(notes, role, shift)
    fresh = missing[np.searchsorted(grid.cell_starts, notes[:, START], "right") - 1 - first]
    both = np.concatenate([sounding(notes[~fresh], role, shift), in_key(notes[fresh], role, shift)])
    return np.asarray(both[np.lexsort((both[:, PITCH], both[:, START]))], np.int64)


def in_key(notes: Notes, role: Role, shift: int) -> Notes:
    """A role's notes, with rows of its planes for pitches, as it plays them in the melody's key."""
    played = sounding(notes, role, shift)
    return played if role is Role.DRUMS else playable(played, role)


def sounding(notes: Notes, role: Role, shift: int) -> Notes:
    """Likewise, whether its instrument has these notes or not."""
    played = notes.copy()
    if role is Role.DRUMS:
        played[:, PITCH] = np.asarray(DRUM_ROWS, np.int64)[notes[:, PITCH]]
    else:
        played[:, PITCH] += LOWEST - shift
    return played
