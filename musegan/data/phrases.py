"""Phrases mixed from single notes while a synth learns: a score, and how it sounds.

A batch has one phrase a row, of one timbre: a melody, chords or broken chords, of which a piece of
fixed length is heard, with the notes that began before it. Time is counted in samples from the
beginning of the piece. All is drawn for the whole batch at once, and mixed on the device.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.config import SynthData
from musegan.data.known import place_of
from musegan.data.notebank import EVERY, NoteBank, open_notes

Split = Literal["train", "test"]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SCALES = np.array(
    [
        [0, 2, 4, 5, 7, 9, 11],  # major
        [0, 2, 3, 5, 7, 8, 10],  # minor
        [0, 2, 3, 5, 7, 8, 11],  # harmonic minor
        [0, 1, 2, 3, 4, 5, 6],  # none in particular
    ]
)
CHORDS, BROKEN = 0.35, 0.25  # shares of phrases; the others are melodies
VOICES = 7  # of a chord, at most
RESTS = 0.12  # share of events that are silent
FASTEST, SLOWEST = 0.09, 1.4  # seconds from event to event
PACES = np.array([0.5, 1.0, 1.0, 1.0, 1.5, 2.0])  # of these, from one event to the next
ARTICULATIONS = np.array([[0.15, 0.5], [0.6, 0.98], [1.0, 1.25], [1.5, 4.0]])  # lengths, of a pace
PEDAL = 3  # the last of them, that of every other broken chord
SHORTEST = 0.03  # seconds of a note
SILENT = 7.0  # times a timbre's release after which a note is not heard: -61 dB
LOUDNESS = 0.3  # of the bank's
UNSEEN = 0x7E57  # what the chances of test phrases are mixed with


class Score(NamedTuple):
    """Notes in rows, each of one timbre. Times are samples from the first of the row's sound."""

    pitches: Tensor  # (batch, note) keys, int64
    velocities: Tensor  # (batch, note) 1 to 127, int64; 0: there is no note
    onsets: Tensor  # (batch, note) int64; negative: it began before
    lengths: Tensor  # (batch, note) until it is let go, int64
    timbres: Tensor  # (batch,) int64


class Phrases(NamedTuple):
    """A batch, as every recipe of a synth gets it."""

    score: Score
    sounds: Tensor  # (batch, sample), about -1 to 1


@dataclass(frozen=True, eq=False)
class Notes:
    """A batch of scores as arrays: pitches, velocities, onsets, lengths (batch, note)."""

    pitches: Ints
    velocities: Ints
    onsets: Ints
    lengths: Ints
    timbres: Ints  # (batch,)


class PhraseSource:
    """Draws batches of phrases from a bank that lies on the device."""

    def __init__(
        self,
        bank: NoteBank,
        data: SynthData,
        batch_size: int,
        device: torch.device,
        split: Split = "train",
    ) -> None:
        self.bank, self.data, self.batch_size, self.device = bank, data, batch_size, device
        self.split = split
        self.sounds = torch.from_numpy(bank.sounds).to(device)

    def draw(self, rng: np.random.Generator) -> Phrases:
        """A batch, all of whose chances come from `rng`."""
        if self.split == "test":
            rng = np.random.default_rng([UNSEEN, *rng.integers(2**32, size=2).tolist()])
        notes = written(rng, self.bank, self.batch_size, self.data.notes, self.data.samples)
        return self.played(notes, self.data.samples)

    def played(self, notes: Notes, samples: int) -> Phrases:
        """Scores, and how the bank plays them; as many samples of each."""
        rows = np.stack([notes.pitches, notes.velocities, notes.onsets, notes.lengths])
        score = self._moved(rows)
        shape = (*notes.pitches.shape, samples)
        sounds = mixed(self.sounds, self._moved(strokes(notes, self.bank)), shape)
        pitches, velocities, onsets, lengths = score.unbind()
        timbres = self._moved(notes.timbres)
        return Phrases(Score(pitches, velocities, onsets, lengths, timbres), sounds)

    def _moved(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=self.device.type == "cuda")


def open_phrases(
    data: SynthData, batch_size: int, device: torch.device, split: Split = "train"
) -> PhraseSource:
    """A source of phrases, from the bank that the settings name.

    Raises CorpusError where it is not there, or lacks a timbre that is asked for.
    """
    bank = open_notes(place_of(data.source, data.folder), data.timbres)
    return PhraseSource(bank, data, batch_size, device, split)


def written(
    rng: np.random.Generator, bank: NoteBank, batch: int, slots: int, samples: int
) -> Notes:
    """Random phrases, of which `slots` notes or fewer are heard within the samples of a piece.

    Written from their ends backwards: event 0 is the last one, near the end of the piece. A note
    that the bank is too short for is left out.
    """
    timbres = rng.integers(len(bank.timbres), size=batch)
    kind = rng.random((batch, 1))
    chords, broken = kind < CHORDS, kind > 1 - BROKEN
    voices = np.where(chords, rng.integers(2, min(VOICES, slots) + 1, size=(batch, 1)), 1)
    slot = np.arange(slots)
    event, voice = slot // voices, slot % voices  # (batch, note)

    pace = np.exp(rng.uniform(np.log(FASTEST), np.log(SLOWEST), (batch, 1)))
    pace = np.maximum(pace, 1.2 * samples / bank.rate * voices / slots)  # the slots fill the piece
    gaps = pace * rng.choice(PACES, (batch, slots))  # from an event to the next, in seconds
    ends = samples / bank.rate - gaps[:, :1] * rng.uniform(0, 1.2, (batch, 1))
    starts = ends - np.cumsum(gaps, 1) + gaps[:, :1]
    strum = np.where(rng.random((batch, 1)) < 0.3, rng.uniform(0, 0.03, (batch, 1)), 0) * voice
    unsteady = rng.normal(0, 0.003, (batch, slots))
    onsets = np.rint((np.take_along_axis(starts, event, 1) + strum + unsteady) * bank.rate)

    way = rng.integers(PEDAL, size=(batch, 1))
    way = np.where(broken & (rng.random((batch, 1)) < 0.5), PEDAL, way)
    low, high = ARTICULATIONS[way].transpose(2, 0, 1)  # (batch, 1) each
    held = rng.uniform(low, high, (batch, slots)) * np.take_along_axis(gaps, event, 1)
    lengths = np.rint(np.maximum(held, SHORTEST) * bank.rate)

    pitches = _pitches(rng, bank, timbres, event, voice, broken)
    loud = rng.uniform(30, 120, (batch, 1)) + rng.normal(0, 10, (batch, slots))
    velocities = np.rint(loud).clip(20, 127)
    sounding = rng.random((batch, slots))
    velocities[np.take_along_axis(sounding, event, 1) < RESTS] = 0

    velocities, onsets, lengths = (x.astype(np.int64) for x in (velocities, onsets, lengths))
    return _audible(Notes(pitches, velocities, onsets, lengths, timbres), bank, samples)


def _pitches(
    rng: np.random.Generator, bank: NoteBank, timbres: Ints, event: Ints, voice: Ints, broken: Any
) -> Ints:
    """Keys within each timbre's range: a walk in a scale, thirds or wider above it for voices."""
    batch, slots = event.shape
    lowest = np.array([keys[0] for keys in bank.keys])[timbres][:, None]
    highest = np.array([keys[-1] for keys in bank.keys])[timbres][:, None]
    centre = rng.uniform(lowest, highest)
    scale = SCALES[rng.choice(len(SCALES), batch, p=[0.35, 0.3, 0.15, 0.2])]
    step = np.rint(rng.normal(0, rng.choice([1.0, 2.0, 3.5], (batch, 1)), (batch, slots)))
    walk = np.cumsum(step, 1)
    climb = rng.choice([-2, 2], (batch, 1)) * (np.arange(slots) % rng.integers(3, 6, (batch, 1)))
    degree = np.take_along_axis(np.where(broken, climb, walk), event, 1).astype(np.int64)
    degree = degree + voice * rng.choice([2, 2, 3, 4], (batch, 1))
    pitches = np.rint(centre).astype(np.int64) + 12 * (degree // 7)
    pitches = pitches + np.take_along_axis(scale, degree % 7, 1)
    pitches = pitches - 12 * np.maximum(0, -((highest - pitches) // 12))
    inside: Ints = pitches + 12 * np.maximum(0, -((pitches - lowest) // 12))
    return inside.clip(lowest, highest)


def _audible(notes: Notes, bank: NoteBank, samples: int) -> Notes:
    """The same scores without what is not heard; a key that is struck again is let go first."""
    same = notes.pitches[:, :, None] == notes.pitches[:, None, :]
    there = notes.velocities > 0
    wait = notes.onsets[:, None, :] - notes.onsets[:, :, None]  # from a note to another
    slot = np.arange(notes.pitches.shape[1])
    later = (wait > 0) | ((wait == 0) & (slot[:, None] > slot))
    again = np.where(same & later & there[:, None, :], wait, 2**40).min(2)
    lengths = np.minimum(notes.lengths, again)
    release = np.array(bank.releases)[notes.timbres][:, None] * bank.rate
    left = bank.sounds.shape[1] / 2 ** (EVERY / 2 / 12) - 4  # samples that any note has
    heard = (notes.onsets < samples) & (notes.onsets + lengths + SILENT * release > 0)
    kept = there & heard & (lengths > 0) & (samples - notes.onsets <= left)
    return Notes(
        notes.pitches,
        np.where(kept, notes.velocities, 0),
        notes.onsets,
        np.where(kept, lengths, 0),
        notes.timbres,
    )


def strokes(notes: Notes, bank: NoteBank) -> Floats:
    """What each note is played from, (stroke, 8) in the order of `mixed`.

    A velocity is played by the nearest in the bank, made louder or softer as General MIDI has it:
    by the square.
    """
    rows, slots = np.nonzero(notes.velocities)
    timbre, pitch = notes.timbres[rows], notes.pitches[rows, slots]
    velocity = notes.velocities[rows, slots]
    lowest = np.array([keys[0] for keys in bank.keys])[timbre]
    counts = np.array([len(keys) for keys in bank.keys])[timbre]
    key = ((pitch - lowest + EVERY // 2) // EVERY).clip(0, counts - 1)
    levels = np.array(bank.velocities)
    level = np.abs(np.log(velocity[:, None] / levels)).argmin(1)
    number = np.array(bank.first)[timbre] + key * len(levels) + level
    speed = 2 ** ((pitch - lowest - EVERY * key) / 12)
    gain = LOUDNESS * (velocity / levels[level]) ** 2
    release = np.array(bank.releases)[timbre] * bank.rate
    onset, length = notes.onsets[rows, slots], notes.lengths[rows, slots]
    columns = [rows, slots, number, speed, gain, onset, length, release]
    return np.stack(columns, 1).astype(np.float64)


def mixed(sounds: Tensor, played: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Notes of a bank in rows, (batch, sample).

    Args:
        sounds: (note, sample) of 16 bits.
        played: (stroke, 8) of float64: row, place in it, number in the bank, speed, gain, onset,
            length, and the samples in which it falls by e when it is let go.
        shape: rows, notes and samples of each.

    Between two samples it is cubic (Catmull and Rom 1974).
    """
    row, slot, number = played[:, 0].long(), played[:, 1].long(), played[:, 2:3].long()
    speed, gain, onset, length, release = played[:, 3:, None].unbind(1)
    time = torch.arange(shape[2], device=sounds.device) - onset  # (stroke, sample)
    place = time * speed
    whole = place.floor()
    t = (place - whole).float()
    last = sounds.shape[1] - 1
    begin, whole = number * sounds.shape[1], whole.long()
    a, b, c, d = (
        sounds.flatten()[begin + (whole + k).clamp(0, last)].float() for k in (-1, 0, 1, 2)
    )
    between = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    fade = torch.exp(-((time - length).clamp(min=0) / release).float())
    there = (time >= 0) & (whole < last)
    apart = torch.zeros(shape, device=sounds.device)
    apart[row, slot] = between * fade * there * (gain.float() / 32768)
    return apart.sum(1)  # in the same order on every device
