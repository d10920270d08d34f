"""A synth that plays live: told what a band is known to play, it gives pieces of sound before they are due.

The nearest piece is first. Pieces are short where little is ready and longer further on. A note that is
told of late, or moved, or ended, makes anew what is after it; a piece begins a fade before what is new.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from musegan.audio.casting import Seat
from musegan.audio.livesynth import LIVE_RATE, PROGRAM, LiveSynth
from musegan.audio.stream import FADE, NEAR, RATE, SoundPiece
from musegan.data.phrases import SILENT
from musegan.experiments.synths import SynthModelFile
from musegan.music.foresight import Foreseen, Telling
from musegan.sounding.phrase import Phrase, layers_of, sound_of
from musegan.sounding.player import NOTHING, resampled, steps_of

HEAD_SECONDS = 0.015  # that a piece takes until it is there
LEAST_SECONDS, USUAL_SECONDS, LONG_SECONDS = 0.1, 0.2, 0.4  # of a piece
NEAR_SECONDS, SAFE_SECONDS = 0.12, 0.3  # ready: up to the one pieces are short, from the other long
MOST_SECONDS = 1.0  # ready: no more is made
BEYOND_SECONDS = 0.2  # after what is known, or the moment if that is later: what sounds goes on
OPEN_SECONDS = 60.0  # that a note lasts whose end is not known, to the network
SAME_SECONDS = 0.001  # by which a note may be moved and stay as it is
HELD_SECONDS, HEARD_SECONDS = 0.25, 0.5  # of the keys that loudness is measured by, and after them
LOUD = 80  # their velocity
REGISTER, APART = (0.25, 0.75), 3  # where they lie among those that a part can play; semitones
WARM_UPS = 2

Key = tuple[int, int]  # of a note: where it stands in the music, and its pitch


class AheadPlayer:
    """Renders the parts of a band, piece by piece. Not locked: one thread at a time."""

    def __init__(
        self,
        model: SynthModelFile,
        seats: Mapping[int, Seat],
        gains: Mapping[int, float],
        origin: float,
        seed: int,
    ) -> None:
        """`seats` and `gains` are by channel; `origin` is the moment of frame 0."""
        self._model, self._origin, self._until = model, origin, 0.0
        self._parts = {
            channel: _Part(model, channel, seat, gains[channel], seed)
            for channel, seat in seats.items()
        }

    def tell(self, telling: Telling, now: float) -> None:
        """All that is known from now on."""
        for channel, part in self._parts.items():
            part.tell(
                [note for note in telling.notes if note.channel == channel],
                telling.number, self._origin, now,
            )  # fmt: skip
        self._until = telling.until

    def render(self, now: float) -> tuple[SoundPiece, list[float]] | None:
        """The piece that is needed first, and when the notes are due that it is the first to have.

        None: there is nothing to make yet.
        """
        here = now - self._origin
        known = max(self._until - self._origin, here)
        latest = min(known + BEYOND_SECONDS, here + MOST_SECONDS)
        wanted = []
        for part in self._parts.values():
            begin, end = part.wants(here + HEAD_SECONDS, latest)
            if begin < end:
                wanted.append((begin, part.channel, end))
        if not wanted:
            return None
        begin, channel, end = min(wanted)
        ready = begin - here
        length = LONG_SECONDS
        if ready < NEAR_SECONDS:
            length = LEAST_SECONDS
        elif ready < SAFE_SECONDS:
            length = USUAL_SECONDS
        part = self._parts[channel]
        piece = part.piece(begin, min(end, begin + length))
        return piece, [self._origin + due for due in part.new(piece)]


class _Part:
    """One part: its notes, and how far its sound is made. Seconds are from the origin."""

    def __init__(
        self, model: SynthModelFile, channel: int, seat: Seat, gain: float, seed: int
    ) -> None:
        self.channel = channel
        self._model, self._gain, self._seed = model, gain, (seed, channel)
        self._timbre = model.timbres.index(seat.timbre)
        self._tail = SILENT * model.sizes.releases[self._timbre]
        self._notes: dict[Key, Foreseen] = {}
        self._latents: dict[Key, np.ndarray] = {}
        self._layers: list[Phrase] = []
        self._begins = self._ends = np.zeros(0)  # seconds; ends: until they have died away
        self._keys: list[Key] = []
        self._given: set[Key] = set()  # notes that a piece had
        self._made = 0.0  # up to where there is sound
        self._telling = 0

    def tell(self, notes: list[Foreseen], number: int, origin: float, now: float) -> None:
        """All notes that are known."""
        known = {(note.place, note.pitch): note for note in notes if note.end > note.begin}
        self._made = min(self._made, self._changed(known, now) - origin)
        self._notes, self._telling = known, number
        self._latents = {key: self._latent(key) for key in known}
        ordered = sorted(known.items(), key=lambda item: (item[1].begin, item[1].pitch))
        begins = np.array([note.begin for _, note in ordered]) - origin
        ends = np.array([note.end for _, note in ordered]) - origin
        self._begins, self._ends = begins, ends + self._tail
        self._keys = [key for key, _ in ordered]
        self._given &= known.keys()
        rate, count = self._model.sizes.rate, len(ordered)
        onsets = np.rint(begins * rate).astype(np.int64)
        held = np.minimum(ends - begins, OPEN_SECONDS)
        phrase = Phrase(
            pitches=np.array([pitch for _, pitch in self._keys], np.int64),
            velocities=np.array([note.velocity for _, note in ordered], np.int64),
            onsets=onsets,
            lengths=np.maximum(1, np.rint(held * rate)).astype(np.int64),
            latents=np.stack([self._latents[key] for key, _ in ordered])
            if count
            else np.zeros((0, self._model.sizes.latent), np.float32),
            timbre=self._timbre,
            seed=self._seed,
        )
        self._layers = layers_of(self._model, phrase)

    def wants(self, earliest: float, latest: float) -> tuple[float, float]:
        """From when to when there is sound to make."""
        begin = max(self._made, earliest)
        heard = self._ends > begin
        if not heard.any():
            return begin, begin
        begin = max(begin, float(self._begins[heard].min()))
        end = min(float(self._ends[heard].max()), latest)
        soon = begin < earliest + SAFE_SECONDS or end - begin >= LONG_SECONDS
        return begin, end if soon else begin

    def piece(self, begin: float, end: float) -> SoundPiece:
        """The sound from when to when, and a fade before."""
        up, _ = steps_of(self._model)
        first = (round(begin * RATE) - FADE) // up * up
        count = -(-(round(end * RATE) - first) // up) * up
        sound = np.zeros(count, np.float32)
        for layer in self._layers:
            sound += resampled(self._model, layer, first, count)
        self._made = (first + count) / RATE
        notes = [
            (pitch, round(start * RATE))
            for (_, pitch), start, stop in zip(self._keys, self._begins, self._ends, strict=True)
            if start * RATE < first + count + NEAR and stop * RATE > first
        ]
        sound *= np.float32(self._gain)
        return SoundPiece(self.channel, self._telling, first, sound, notes)

    def new(self, piece: SoundPiece) -> list[float]:
        """When those notes are due that no earlier piece had."""
        found = {
            key: begin
            for key, begin in zip(self._keys, self._begins.tolist(), strict=True)
            if begin * RATE < piece.last and key not in self._given
        }
        self._given |= found.keys()
        return list(found.values())

    def _changed(self, known: Mapping[Key, Foreseen], now: float) -> float:
        """The earliest moment from which on these notes sound otherwise than those before."""
        moments = [math.inf]
        for key in self._notes.keys() | known.keys():
            old, new = self._notes.get(key), known.get(key)
            if old is None or new is None:
                one = old or new
                assert one is not None
                if one.end + self._tail > now:
                    moments.append(one.begin)
            elif abs(old.begin - new.begin) > SAME_SECONDS:
                moments.append(min(old.begin, new.begin))
            elif old.end != new.end and not abs(old.end - new.end) <= SAME_SECONDS:
                moments.append(min(old.end, new.end))
        return min(moments)

    def _latent(self, key: Key) -> np.ndarray:
        """A note's latent: its own, whatever else is played."""
        if key in self._latents:
            return self._latents[key]
        place, pitch = key
        dice = np.random.default_rng([*self._seed, place % 2**32, pitch])
        return dice.standard_normal(self._model.sizes.latent, np.float32)


def ahead_player(
    model: SynthModelFile,
    seats: Mapping[int, Seat],
    origin: float,
    seed: int,
    soundfont: Path | None,
) -> AheadPlayer:
    """A synth that is ready to play live, each part as loud as the live SoundFont's.

    Raises ConfigError, FormatError (the SoundFont) or MissingExtra.
    """
    live = LiveSynth(soundfont)
    gains = {channel: live_gain(model, seat, live) for channel, seat in seats.items()}
    for _ in range(WARM_UPS):  # so that the first pieces are not slow
        player = AheadPlayer(model, seats, gains, 0.0, seed)
        notes = [Foreseen(channel, 60, LOUD, 1.0, 2.0, 0) for channel in seats]
        player.tell(Telling(0, notes, 2.0), 1.0)
        while player.render(1.0) is not None:
            pass
    return AheadPlayer(model, seats, gains, origin, seed)


def live_gain(model: SynthModelFile, seat: Seat, live: LiveSynth) -> float:
    """By how much a timbre is to be multiplied to be as loud as the live SoundFont's instrument.

    Measured on every third key of the middle half of those that the part can play, a quarter of a second
    long: what their powers differ by, added up, since a piano is uneven from key to key and every
    piano otherwise. A timbre that is silent there stays as it is.
    """
    rate, span = model.sizes.rate, seat.highest - seat.lowest
    first, last = (round(seat.lowest + place * span) for place in REGISTER)
    theirs = ours = 0.0
    for key in range(first, last + 1, APART):
        theirs += float(np.square(_struck(live, seat.program, key)).mean())
        alone = Phrase(
            pitches=np.array([key]),
            velocities=np.array([LOUD]),
            onsets=np.array([0]),
            lengths=np.array([round(HELD_SECONDS * rate)]),
            latents=np.zeros((1, model.sizes.latent), np.float32),
            timbre=model.timbres.index(seat.timbre),
            seed=(0,),
        )
        sound = sound_of(model, alone, 0, round((HELD_SECONDS + HEARD_SECONDS) * rate))
        ours += float(np.square(sound).mean())
    return math.sqrt(theirs / ours) if min(theirs, ours) > NOTHING**2 else 1.0


def _struck(live: LiveSynth, program: int, key: int) -> np.ndarray:
    """How the SoundFont plays a key, (frame, 2)."""
    live.silence()
    live.send(bytes([PROGRAM, program]))
    live.send(bytes([0x90, key, LOUD]), 0.0)
    live.send(bytes([0x80, key, 0]), HELD_SECONDS)
    block, blocks = LIVE_RATE // 100, []
    for number in range(round((HELD_SECONDS + HEARD_SECONDS) * 100)):
        made = live.render(block, number / 100)
        blocks.append(np.frombuffer(bytes(made), np.float32).reshape(-1, 2))
    return np.concatenate(blocks)
