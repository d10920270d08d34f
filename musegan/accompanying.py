"""Accompanying: a cue in, what the band plays in the coming cells out, with one released model.

The melody of what is to come is unknown, so it is guessed. Where it went like now before, the
generator is shown what it did then; of a few drafts the one is played that will agree best with what
the melody may do (`music.expectation`). Nothing is kept from one cue to the next but the latents of
cells that were encoded before: on one machine equal cues have equal answers, whatever was asked
before.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.arranging import TRUNCATION, one_of_styles
from musegan.data.pianorolls import melody_shift
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES, place_features
from musegan.experiments.band import load_band
from musegan.models.band import Window
from musegan.models.quick import Codec, Drafter, drafts_of, in_bytes
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cue import FIRST, POSITION, STEPS, Answer, Cue
from musegan.music.expectation import Expectation, agreement, expect
from musegan.music.grid import CELL_STEPS
from musegan.music.melody import in_register
from musegan.music.modulation import of_late
from musegan.music.pianoroll import ONSET, SUSTAIN, trace
from musegan.music.standstill import ENOUGH, harmony_to_leave, stands_still
from musegan.songcells import BASS_LAST, chords_of, in_key

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Steps = npt.NDArray[np.int64]
CellKey = tuple[Role, int, bytes]  # a cell of a role: the shift to its key, its notes

DRAFT_CELLS = 48  # of all drafts' windows together: what is quick enough
SURE = 0.3  # likeness from which on the generator is shown what the melody did then
SHOWN = 2  # cells of it
REMEMBERED = 4096  # latents of cells; then they are forgotten
SHAPES = ((2, CELL_STEPS, PITCHES), (1, CELL_STEPS, len(DRUM_ROWS)))  # of a cell; of drums'
DRUM_COLUMNS = {key: column for column, key in enumerate(DRUM_ROWS)}


class Improviser:
    """A released band model that plays along, loaded once."""

    def __init__(self, path: Path) -> None:
        """Load a model; raises CheckpointError if the file is missing or damaged."""
        self.generator, cells, config = load_band(path)
        in_bytes(self.generator)
        self.styles: tuple[str, ...] = tuple(config["data"]["styles"])
        self.past = int(config["band"]["past"])
        self.drafts = max(1, DRAFT_CELLS // self.generator.cells)
        self._drafters = [  # of half a bar and of a bar
            Drafter(self.generator, self.drafts, slice(self.past, self.past + count))
            for count in (1, 2)
        ]
        pitched = [role.value for role in ROLES if role is not Role.DRUMS]
        self._codecs = Codec(cells, pitched), Codec(cells, [Role.DRUMS.value])
        self._codebooks = cells.codebooks
        self._known: dict[CellKey, Floats] = {}
        self.answer(Cue(no_notes(), {}, np.array([[0, 8, 0, 1, 0]]), ROLES, 0))  # the first is slow

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
        shift = melody_shift(of_late(cue.melody))
        recent = self._recent(cue, roles, coming)
        anew = any(map(stands_still, recent.values()))
        left = {
            role: np.roll(harmony_to_leave(own), shift - LOWEST) for role, own in recent.items()
        }
        window = self._window(cue, roles, coming, shift, expected, style, anew)
        wanted = slice(self.past, self.past + count)
        noise = self._noise(cue)
        drafter = next((one for one in self._drafters if one.fits(noise, wanted)), None)
        if drafter is not None:
            latents = drafter.draft(window, noise)
        else:
            latents = drafts_of(self.generator, window, noise, wanted)
        near: dict[Role, float] = {
            role: last_height(own) + shift - LOWEST
            for role, own in recent.items()
            if role is not Role.BASS
        }
        drafts = self._play(latents, roles, asked, style[0], cue.band, bar, shift, anew, left, near)
        best = best_draft(drafts, asked, expected, shift)
        return notes_of({role: drafts[role][best] for role in roles}, cue.band, shift)

    @torch.inference_mode()
    def remember(self, cue: Cue, answer: Answer) -> None:
        """Encode what was just answered, so that the next cue finds it done. Changes no answer."""
        coming = int(np.searchsorted(cue.places[:, FIRST], 0))
        asked = cue.places[coming : coming + cue.cells]
        self._latents_of(
            answer, list(answer), asked[:, FIRST], asked, melody_shift(of_late(cue.melody))
        )

    def _window(
        self,
        cue: Cue,
        roles: Sequence[Role],
        coming: int,
        shift: int,
        expected: Expectation,
        style: Tensor,
        anew: bool,
    ) -> Window:
        """The window, of batch 1, whose first cell to be filled in is the coming one.

        Where the band is asked `anew` it does not show what pitched roles played.
        """
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
            _draw(melody[cell], None, shift, notes.tobytes())
        starts[~inside], places[~inside, STEPS] = 0, 0  # where nothing sounds
        latents = np.zeros((cells, len(ROLES), self.generator.latent), np.float32)
        latents[:past] = self._latents_of(cue.band, roles, starts[:past], places[:past], shift)
        given = np.repeat(np.arange(cells) < past, len(ROLES)).reshape(cells, len(ROLES))
        if anew:
            given[:, [role is not Role.DRUMS for role in ROLES]] = False
        playing = np.array([role in roles for role in ROLES])
        place = place_features(places, inside)

        def batch_of_one(array: npt.NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(array.astype(np.float32)[None])

        return Window(
            batch_of_one(melody),
            batch_of_one(latents),
            batch_of_one(given),
            batch_of_one(playing),
            batch_of_one(visible),
            batch_of_one(place),
            style,
        )

    @staticmethod
    def _recent(cue: Cue, roles: Sequence[Role], coming: int) -> dict[Role, Bools]:
        """Which pitches pitched roles have sounded of late, (cell, 128), up to the `coming` cell."""
        places = cue.places[max(0, coming - ENOUGH) : coming]
        found: dict[Role, Bools] = {}
        for role in roles:
            if role is not Role.DRUMS:
                found[role] = np.zeros((len(places), 128), bool)
                cells = _cells(cue.band.get(role, no_notes()), places[:, FIRST], places)
                for row, notes in zip(found[role], cells, strict=True):
                    row[notes[:, PITCH]] = True
        return found

    def _latents_of(
        self,
        band: Mapping[Role, Notes],
        roles: Sequence[Role],
        starts: Steps,
        places: Steps,
        shift: int,
    ) -> Floats:
        """The latents of what the band played in some cells, (cell, role, latent)."""
        keys = {}
        for role in roles:
            cells = _cells(band.get(role, no_notes()), starts, places)
            keys[role] = [(role, shift, notes.tobytes()) for notes in cells]
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for codec in self._codecs:
            self._encode(codec, [keys.get(Role(role), []) for role in codec.roles])
        latents = np.zeros((len(starts), len(ROLES), self.generator.latent), np.float32)
        for role, found in keys.items():
            for cell, key in enumerate(found):
                latents[cell, ROLES.index(role)] = self._known[key]
        return latents

    def _encode(self, codec: Codec, keys: Sequence[Sequence[CellKey]]) -> None:
        """Encode the cells of each role of a codec that are not known yet."""
        missing = [[key for key in dict.fromkeys(own) if key not in self._known] for own in keys]
        for turn in zip_longest(*missing):
            planes = np.zeros((len(turn), *_shape(codec)), np.float32)
            for own, key in zip(planes, turn, strict=True):
                if key is not None:
                    _draw(own, *key)
            for key, latent in zip(turn, codec.encode(planes), strict=True):
                if key is not None:
                    self._known[key] = latent

    def _play(
        self,
        latents: Tensor,
        roles: Sequence[Role],
        places: Steps,
        style: Tensor,
        band: Mapping[Role, Notes],
        bar: int,
        shift: int,
        anew: bool,
        left: Mapping[Role, Bools],
        near: Mapping[Role, float],
    ) -> dict[Role, Bools]:
        """Latents (draft, cell, role, latent) -> what sounds, (draft, plane, step, pitch).

        Nearest entries where a role has a codebook, by the habit of what the band played a `bar` of
        steps ago, which is firm where a pitched role is asked `anew`, not on the pitch classes that it is to
        leave, `left`, (12,) by role, and `near` the height that it last played at; a bass by the others' chords;
        else what decoders hold for likelier than not.
        """
        shape = latents.shape[:2]
        inside = np.arange(CELL_STEPS) < places[:, STEPS, None]  # cell, step
        found: dict[Role, Bools] = {}
        for role in sorted(roles, key=BASS_LAST.index):
            if role.value in self._codebooks:
                book = self._codebooks[role.value]
                own = latents[:, :, ROLES.index(role)].flatten(0, 1)
                part = band.get(role, no_notes())
                rhythm = torch.from_numpy(_rhythm_ago(part, places, bar))
                held = torch.zeros(len(rhythm), book.planes.shape[3])
                if role is not Role.DRUMS:
                    recent = part[part[:, START] >= -2 * CELL_STEPS]  # nobody holds one for ever
                    held[0, _reaching(recent, shift)] = 1
                held[1:] = 1  # what comes right before these is not known yet
                height = torch.full((len(rhythm),), torch.nan)
                height[0] = near.get(role, torch.nan)
                rhythm, held = (facts.repeat(len(latents), 1) for facts in (rhythm, held))
                height = height.repeat(len(latents))
                firm = anew and role is not Role.DRUMS
                leave = torch.from_numpy(left[role]) if role in left else None
                chord = None
                if role is Role.BASS:  # the last, so that the others' planes are known
                    others = {each: torch.from_numpy(planes) for each, planes in found.items()}
                    chord = chords_of(others, len(own))
                chosen = book.nearest(own, style, rhythm, held, firm, -shift, leave, height, chord)
                found[role] = book.planes[chosen].numpy() > 0
        for codec in self._codecs:
            columns = [ROLES.index(Role(role)) for role in codec.roles]
            if not any(ROLES[c] in roles and ROLES[c] not in found for c in columns):
                continue
            every = latents[:, :, columns].permute(2, 0, 1, 3).flatten(1, 2)
            sounds = codec.decode(np.ascontiguousarray(every.numpy())) > 0
            for column, planes in zip(columns, sounds, strict=True):
                found.setdefault(ROLES[column], planes)
        return {
            role: found[role].reshape(*shape, *found[role].shape[1:]).swapaxes(1, 2)[:, :, inside]
            for role in roles
        }

    def _noise(self, cue: Cue) -> Tensor:
        """Noise, (draft, cell, noise): a part of the song's from the seed, others the cells'."""
        drafts = self.drafts if cue.temperature else 1
        song = _normal(cue.seed, 0, drafts, self.generator.song_noise)[:, None]
        first = cue.number - self.past
        numbers = np.arange(first, first + self.generator.cells).clip(0).tolist()
        cells = [_normal(cue.seed, 1 + n, drafts, self.generator.cell_noise) for n in numbers]
        noise = np.concatenate([song.repeat(len(cells), 1), np.stack(cells, 1)], 2)
        return torch.from_numpy(noise * np.float32(TRUNCATION * cue.temperature))


def last_height(sounding: Bools) -> float:
    """The mean of the pitches that sounded last, of those of cells (cell, pitch); NaN where none did."""
    heard = sounding[sounding.any(1)]
    return float(np.flatnonzero(heard[-1]).mean()) if len(heard) else np.nan


def best_draft(
    drafts: Mapping[Role, Bools],
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
    cell, note = np.nonzero(begun & (notes[:, END] > starts[:, None]))
    found = notes[note, :VELOCITY]
    found[:, :PITCH] -= starts[cell, None]
    np.clip(found[:, :PITCH], -1, lengths[cell, None], out=found[:, :PITCH])
    edges = np.searchsorted(cell, np.arange(len(starts) + 1)).tolist()
    return [found[first:after] for first, after in pairwise(edges)]


def _rhythm_ago(notes: Notes, places: Steps, bar: int) -> Bools:
    """Where notes of a part began a `bar` of steps before cells that are to come, (cell, step)."""
    steps = np.arange(CELL_STEPS)
    begun = np.isin(places[:, FIRST, None] - bar + steps, notes[:, START])
    return np.asarray(begun & (steps < places[:, STEPS, None]), bool)


def _shape(codec: Codec) -> tuple[int, int, int]:
    """Of a cell of its roles: plane, step, pitch."""
    return SHAPES[codec.roles[0] == Role.DRUMS.value]


def _draw(planes: Floats, role: Role | None, shift: int, notes: bytes) -> None:
    """Draw a cell's notes, as `_cells` has them, on empty planes, near C major or A minor.

    The planes are (plane, step, pitch); role None is the melody.
    """
    drums = role is Role.DRUMS
    for start, end, pitch in np.frombuffer(notes, np.int64).reshape(-1, 3).tolist():
        row = DRUM_COLUMNS.get(pitch, -1) if drums else pitch + shift - LOWEST
        if 0 <= row < planes.shape[2]:
            if start >= 0:
                planes[ONSET, start, row] = 1
            if not drums:
                planes[SUSTAIN, start + 1 : end, row] = 1
    if not drums:
        planes[SUSTAIN] *= 1 - planes[ONSET]


def _reaching(notes: Notes, shift: int) -> Steps:
    """The rows of a pitched part's notes that reach the border to what is to come."""
    rows = notes[notes[:, END] >= 0, PITCH] + shift - LOWEST
    return np.asarray(rows[(rows >= 0) & (rows < PITCHES)], np.int64)


def notes_of(
    sounding: Mapping[Role, Bools], band: Mapping[Role, Notes], shift: int
) -> dict[Role, Notes]:
    """What sounds of each role, (plane, step, pitch), as notes in the melody's key.

    What is held from the first step on goes on from before where `band` has its pitch reach the
    border, and is left out elsewhere.
    """
    answer = {}
    for role, planes in sounding.items():
        roll = np.zeros((2, 1 + planes.shape[1], planes.shape[2]), np.uint8)
        roll[: len(planes), 1:] = planes
        if role is not Role.DRUMS and role in band:
            rows = _reaching(band[role], shift)
            roll[ONSET, 0, rows] = roll[SUSTAIN, 1, rows] & (1 - roll[ONSET, 1, rows])
        notes = in_key(trace(roll), role, shift)
        notes[:, [START, END]] -= 1
        answer[role] = notes
    return answer
