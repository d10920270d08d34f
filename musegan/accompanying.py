"""Accompanying: a cue in, what the band plays in the coming cells out, with one released model.

The melody of what is to come is unknown, so it is guessed. Where it went like now before, the
generator is shown what it did then; of a few drafts the one is played that will agree best with what
the melody may do (`music.expectation`). Nothing is kept from one cue to the next but the latents of
cells that were encoded before: equal cues have equal answers, on any machine that does arithmetic
alike, and whatever was asked before.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.arranging import TRUNCATION, notes_of_roll, one_of_styles
from musegan.data.pianorolls import melody_shift
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES, place_features
from musegan.experiments import load_band
from musegan.models.band import Window
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cue import FIRST, POSITION, STEPS, Answer, Cue, cross, cue_of_song
from musegan.music.expectation import Expectation, agreement, expect
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.melody import in_register
from musegan.music.pianoroll import ONSET, SUSTAIN
from musegan.music.sections import PHRASE_BARS, phrase_roles

Floats = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int64]

DRAFT_CELLS = 48  # of all drafts' windows together: what is quick enough
SURE = 0.5  # likeness from which on the generator is shown what the melody did then
SHOWN = 2  # cells of it
REMEMBERED = 4096  # latents of cells
DRUM_COLUMNS = {key: column for column, key in enumerate(DRUM_ROWS)}


class Improviser:
    """A released band model that plays along, loaded once."""

    def __init__(self, path: Path) -> None:
        """Load a model; raises CheckpointError if the file is missing or damaged."""
        self.generator, self.cells, config = load_band(path)
        self.styles: tuple[str, ...] = tuple(config["data"]["styles"])
        self.past = int(config["band"]["past"])
        self.drafts = max(1, DRAFT_CELLS // self.generator.cells)
        self._latent = lru_cache(REMEMBERED)(self._encode)

    @torch.inference_mode()
    def answer(self, cue: Cue) -> Answer:
        """Write what each role of `cue.plays` plays in the coming cells; velocity is 80.

        Raises ConfigError if the model has no such style.
        """
        style = one_of_styles(self.styles, cue.style)
        roles = [role for role in ROLES if role in cue.plays]
        if not roles:
            return {}
        coming = int(np.searchsorted(cue.places[:, FIRST], 0))
        asked = cue.places[coming : coming + cue.cells]
        count = len(asked)
        bar = int((cue.places[:, POSITION] + cue.places[:, STEPS]).max())
        expected = expect(cue.melody, bar, int(asked[:, STEPS].sum()))
        shift = melody_shift(cue.melody)
        noise = self._noise(cue)
        window = self._window(cue, roles, coming, shift, expected, style, len(noise))
        latents = self.generator(window, noise)[:, self.past : self.past + count]
        drafts = {
            role: self._decode(role, latents[:, :, ROLES.index(role)], asked) for role in roles
        }
        best = best_draft(drafts, asked, expected, shift)
        return {
            role: _notes(steps[best], role, shift, _reaching(cue.band.get(role, no_notes())))
            for role, steps in drafts.items()
        }

    def _window(
        self,
        cue: Cue,
        roles: Sequence[Role],
        coming: int,
        shift: int,
        expected: Expectation,
        style: Tensor,
        drafts: int,
    ) -> Window:
        """The window whose first cell to be filled in is the coming one, once for each draft."""
        cells, past = self.generator.cells, self.past
        rows = coming - past + np.arange(cells)
        inside = (rows >= 0) & (rows < len(cue.places))
        places = cue.places[rows.clip(0, len(cue.places) - 1)]
        visible = np.arange(cells) < past
        starts = places[:, FIRST].copy()
        if expected.likeness >= SURE:
            ends = places[past : past + SHOWN, FIRST] + places[past : past + SHOWN, STEPS]
            shown = inside[past : past + SHOWN] & (ends <= expected.lag)
            visible[past : past + SHOWN] = shown
            starts[past : past + SHOWN] -= expected.lag
        melody = np.zeros((cells, 2, CELL_STEPS, PITCHES), np.float32)
        line = in_register(cue.melody) if len(cue.melody) else cue.melody
        heard = np.flatnonzero(visible & inside)
        for cell, notes in zip(heard, _cells(line, starts[heard], places[heard]), strict=True):
            melody[cell] = pitched_planes(notes, shift)
        latents = np.zeros((cells, len(ROLES), self.cells.latent), np.float32)
        known = np.flatnonzero(inside[:past])
        for role in roles:
            index, part = ROLES.index(role), cue.band.get(role, no_notes())
            latents[:past, index] = self._latent(role, shift, b"")
            for cell, notes in zip(known, _cells(part, starts[known], places[known]), strict=True):
                latents[cell, index] = self._latent(role, shift, notes.tobytes())
        given = np.repeat(np.arange(cells) < past, len(ROLES)).reshape(cells, len(ROLES))
        playing = np.array([role in roles for role in ROLES])

        def repeated(array: npt.NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(array.astype(np.float32)).expand(drafts, *array.shape)

        return Window(
            repeated(melody),
            repeated(latents),
            repeated(given),
            repeated(playing),
            repeated(visible),
            repeated(place_features(places, inside)),
            style.expand(drafts, -1),
        )

    def _encode(self, role: Role, shift: int, notes: bytes) -> Floats:
        """The latent, (latent,), of one cell of a role, its notes as `_cells` has them.

        Cells are encoded one by one, since in batches of other sizes sums are rounded otherwise.
        """
        rows = np.frombuffer(notes, np.int64).reshape(-1, 3)
        planes = drum_planes(rows) if role is Role.DRUMS else pitched_planes(rows, shift)
        latent: Floats = self.cells.encode(role.value, torch.from_numpy(planes[None]))[0].numpy()
        return latent

    def _decode(self, role: Role, latents: Tensor, places: Steps) -> npt.NDArray[np.bool_]:
        """Latents (draft, cell, latent) -> what sounds, (draft, plane, step, pitch)."""
        logits = self.cells.decode(role.value, latents.flatten(0, 1))
        struck = (logits > 0).view(*latents.shape[:2], *logits.shape[1:])
        planes = struck.transpose(1, 2).numpy()  # draft, plane, cell, step, pitch
        inside = np.arange(CELL_STEPS) < places[:, STEPS, None]
        steps: npt.NDArray[np.bool_] = planes[:, :, inside]
        return steps

    def _noise(self, cue: Cue) -> Tensor:
        """Noise, (draft, cell, noise): a part of the song's from the seed, others the cells'."""
        drafts = self.drafts if cue.temperature else 1
        song = _normal(cue.seed, 0, drafts, self.generator.song_noise)[:, None]
        first = cue.number - self.past
        numbers = np.arange(first, first + self.generator.cells).clip(0).tolist()
        cells = [_normal(cue.seed, 1 + n, drafts, self.generator.cell_noise) for n in numbers]
        noise = np.concatenate([song.repeat(len(cells), 1), np.stack(cells, 1)], 2)
        return torch.from_numpy(noise * np.float32(TRUNCATION * cue.temperature))


def best_draft(
    drafts: Mapping[Role, npt.NDArray[np.bool_]],
    places: Steps,
    expected: Expectation,
    shift: int,
) -> int:
    """Of the drafts in which fewest are silent the one that will agree best with the melody.

    A role's drafts are (draft, plane, step, pitch), near C major or A minor; the melody that is
    expected is `shift` semitones lower.
    """
    sounding = {role: planes.any(1) for role, planes in drafts.items()}  # draft, step, pitch
    silent = np.sum([~np.any(steps, axis=(1, 2)) for steps in sounding.values()], 0)
    pitched = [steps for role, steps in sounding.items() if role is not Role.DRUMS]
    if not pitched or len(silent) == 1:
        return int(silent.argmin())
    classes = np.logical_or.reduce(pitched).reshape(*pitched[0].shape[:2], -1, 12).any(2)
    agrees = agreement(np.roll(classes, -shift, 2), expected, places[:, STEPS])
    return int(np.where(silent == silent.min(), agrees, -np.inf).argmax())


@lru_cache(REMEMBERED)
def _normal(seed: int, stream: int, drafts: int, size: int) -> Floats:
    """Normal numbers, (draft, size); fewer drafts have the same as the first of more."""
    return np.random.default_rng([seed, stream]).standard_normal((drafts, size), np.float32)


def _cells(notes: Notes, starts: Steps, places: Steps) -> list[Steps]:
    """What of a part sounds in each of some cells: (note, 3), start, end, pitch in its steps.

    A note that goes on from before begins at -1, one that goes on after ends with the cell.
    """
    lengths = places[:, STEPS]
    begun = notes[:, START] < (starts + lengths)[:, None]
    sounds = begun & (notes[:, END] > starts[:, None])
    cells = []
    for start, length, here in zip(starts.tolist(), lengths.tolist(), sounds, strict=True):
        cell = notes[here, :VELOCITY]
        cell[:, :PITCH] = (cell[:, :PITCH] - start).clip(-1, length)
        cells.append(cell)
    return cells


def pitched_planes(notes: Steps, shift: int) -> Floats:
    """A cell's notes, (note, 3), as planes (2, step, pitch) near C major or A minor."""
    planes = np.zeros((2, CELL_STEPS, PITCHES), np.float32)
    for start, end, pitch in notes.tolist():
        row = pitch + shift - LOWEST
        if 0 <= row < PITCHES:
            planes[SUSTAIN, start + 1 : end, row] = 1
            if start >= 0:
                planes[ONSET, start, row] = 1
    planes[SUSTAIN] *= 1 - planes[ONSET]
    return planes


def drum_planes(notes: Steps) -> Floats:
    """A cell of drums, (note, 3), as planes (1, step, drum)."""
    planes = np.zeros((1, CELL_STEPS, len(DRUM_ROWS)), np.float32)
    for start, _, key in notes.tolist():
        if start >= 0 and key in DRUM_COLUMNS:
            planes[ONSET, start, DRUM_COLUMNS[key]] = 1
    return planes


def _reaching(part: Notes) -> Collection[int]:
    """The pitches that sound until step 0."""
    pitches: list[int] = part[part[:, END] >= 0, PITCH].tolist()
    return pitches


def _notes(
    steps: npt.NDArray[np.bool_], role: Role, shift: int, reaching: Collection[int]
) -> Notes:
    """What sounds, (plane, step, pitch), as notes in the melody's key.

    What is held from the first step on goes on from before where its pitch reached the border, and
    is left out elsewhere.
    """
    roll = np.zeros((2, 1 + steps.shape[1], steps.shape[2]), np.uint8)
    roll[: len(steps), 1:] = steps
    if role is not Role.DRUMS:
        rows = np.array([pitch + shift - LOWEST for pitch in reaching], np.int64)
        rows = rows[(rows >= 0) & (rows < PITCHES)]
        roll[ONSET, 0, rows] = roll[SUSTAIN, 1, rows] & (1 - roll[ONSET, 1, rows])
    notes = notes_of_roll(roll, role, shift)
    notes[:, [START, END]] -= 1
    return notes


class Answers(Protocol):
    """What answers cues: an `Improviser`, or something around one."""

    def answer(self, cue: Cue) -> Answer:
        """See `Improviser.answer`."""


def accompany(
    melody: Notes,
    grid: Grid,
    improviser: Answers,
    *,
    roles: Sequence[Role],
    style: str | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    unheard: int = 1,
) -> dict[Role, Notes]:
    """A band for a whole song that never knows more of its melody than was heard, as in live playing.

    It plays from the bar after that of the melody's first note to the bar of its last; who of
    `roles` rests in which phrase is decided by `music.sections`. Of the notes that begin in the last
    `unheard` steps before a cell nothing is known when it is written.
    """
    if not len(melody):
        return {role: no_notes() for role in roles}
    ends = [melody[:, START].min(), melody[:, END].max() - 1]
    begin, last = (np.searchsorted(grid.bar_starts, ends, "right") - 1).tolist()
    bars = grid.bar_starts[[begin, begin + 1, min(last + 1, grid.bars)]]
    first, entry, after = np.searchsorted(grid.cell_starts, bars).tolist()
    bar_of = np.searchsorted(grid.bar_starts, grid.cell_starts, "right") - 1 - begin
    written: dict[Role, list[list[int]]] = {role: [] for role in roles}
    held: dict[Role, dict[int, list[int]]] = {role: {} for role in roles}  # notes, by pitch
    for cell in range(entry, after):
        phrase = phrase_roles(int(bar_of[cell]) // PHRASE_BARS, ROLES, seed)
        cue = cue_of_song(
            melody,
            {role: _sorted(notes) for role, notes in written.items()},
            grid,
            cell,
            plays=[role for role in roles if role in phrase] or roles,
            first=first,
            unheard=unheard,
            style=style,
            seed=seed,
            temperature=temperature,
        )
        answer = improviser.answer(cue)
        start, end = grid.cell_starts[cell : cell + 2].tolist()
        for role in roles:
            now, was = [], held[role]
            crossing = cross(was, answer.get(role, no_notes()))
            for pitch, stop in crossing.goes_on.items():
                was[pitch][END] = start + stop
                now.append(was[pitch])
            for note in crossing.begins.tolist():
                note[START] += start
                note[END] += start
                written[role].append(note)
                now.append(note)
            held[role] = {note[PITCH]: note for note in now if note[END] >= end}
    return {role: _sorted(notes) for role, notes in written.items()}


def _sorted(rows: Sequence[Sequence[int]]) -> Notes:
    notes = np.array(rows, np.int64).reshape(-1, 4)
    return notes[np.lexsort((notes[:, PITCH], notes[:, START]))]
