"""A General MIDI synthesizer for live playing: messages in, blocks of sound out.

It needs no device: whoever has one asks for a block whenever the device wants it. Messages are
`bytes`, status first; times are seconds of `time.perf_counter`. A message that is due is placed to
the sample inside its block; the device's own delay comes on top, the same for all.
"""

import heapq
import math
from collections import deque
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from musegan.audio.ahead import AheadParts
from musegan.audio.kit import ORDINARY, Kit, OneShot, choked
from musegan.audio.soundfont import find_soundfont
from musegan.errors import FormatError, MissingExtra

LIVE_RATE = 48_000  # Hz
DRUMS = 9  # the channel
VOICES = 128  # sounding at once; the oldest make room
KIT_LEVEL = (
    -13.2
)  # dB by which a kit is softer than its files: a kick is as loud as the SoundFont's
MOST_HITS = 48  # of a kit that sound at once; the oldest make room
GAIN = 0.8  # of a full note, so that a band of five and a player stay below the limiter
THRESHOLD = 0.8  # where the limiter begins to bend
MOST_FRAMES = 8192  # of a block

# Of the loop that follows the device's clock.
BANDWIDTH = 0.2  # Hz: slower changes are followed, faster ones are jitter
SETTLING = 100  # blocks in which the first moments are averaged
RELOCK_SECONDS = 0.1  # off by more: the device paused, so begin anew
MOST_DRIFT = 0.03  # of the nominal rate

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
VOLUME, EXPRESSION, PEDAL = 7, 11, 64
SOUND_OFF, RESET, NOTES_OFF = 120, 121, 123
OWN_FINE = {VOLUME + 32, EXPRESSION + 32}  # fine halves of what we keep ourselves


class LiveSynth:
    """Sixteen General MIDI channels, stereo at 48 kHz, channel 9 the drums."""

    def __init__(
        self,
        soundfont: Path | None = None,
        kit: Kit | None = None,
        ahead: AheadParts | None = None,
    ) -> None:
        """Load the SoundFont; None: as `find_soundfont` has it. A kit plays the drums that it has.

        `ahead` are parts that somebody renders ahead; the SoundFont plays what is late of them.

        Raises ConfigError, FormatError (damaged) or MissingExtra (no tinysoundfont).
        """
        self.late_events = 0  # messages that came after their moment, and sounded at once
        self._font = _load(find_soundfont(soundfont))
        self._channels = [_Channel(self._font, number) for number in range(16)]
        self._clock = BlockClock()
        self._inbox: deque[tuple[float | None, bytes]] = deque()
        self._order = count()
        self._waiting: list[tuple[float, int, bytes]] = []  # a heap, by due time
        self._hits = None if kit is None else _Hits(kit)
        self._ahead = ahead
        self._sound = np.zeros((MOST_FRAMES, 2), np.float32)
        self._bytes = self._sound.data.cast("B")

    def send(self, message: bytes, due: float | None = None) -> None:
        """Take a message that is to sound at `due`; None: with the next block.  Thread: any.

        Without `due` a note-off also drops what waits of its key, notes off and sound off what waits on
        their channel.
        """
        self._inbox.append((due, message))

    def render(self, frames: int, now: float) -> memoryview:
        """The next block, at most `MOST_FRAMES`, wanted at `now`: float32 stereo, |sample| < 1.

        The bytes are good until the next call.  Thread: driver.
        """
        first = self._clock.begin(now, frames)
        if self._ahead is not None:
            self._ahead.begin(first, self._channels)
        self._collect(first)
        done = 0
        while self._waiting:
            place = round((self._waiting[0][0] - first) / self._clock.frame_seconds)
            if place >= frames:
                break
            message = heapq.heappop(self._waiting)[2]
            if place > done:
                self._font.render(self._bytes[8 * done : 8 * place], False)
                done = place
            self._play(message, done)
        if done < frames:
            self._font.render(self._bytes[8 * done : 8 * frames], False)
        if self._hits is not None:
            self._hits.add_to(self._sound[:frames])
        if self._ahead is not None:
            self._ahead.add_to(self._sound[:frames])
        limit(self._sound[:frames])
        return self._bytes[: 8 * frames]

    def silence(self) -> None:
        """End every sound, drop what waits and expect a new device; volumes and programs stay.

        Thread: any, while no device asks for blocks.
        """
        self._clock = BlockClock()
        left = [message for *_, message in sorted(self._waiting)]
        left += [message for _, message in self._inbox]
        self._waiting.clear()
        self._inbox.clear()
        for message in left:
            if message and message[0] & 0xF0 not in (NOTE_ON, NOTE_OFF):
                self._play(message)
        for channel in self._channels:
            channel.control(SOUND_OFF, 0)
            channel.control(PEDAL, 0)
            channel.bend(8192)
        if self._hits is not None:
            self._hits.end()
        if self._ahead is not None:
            self._ahead.silence()

    def _collect(self, first: float) -> None:
        """Play what is wanted at once, and keep what is due; the block begins at `first`."""
        while self._inbox:
            due, message = self._inbox.popleft()
            if due is not None:
                self.late_events += round((due - first) / self._clock.frame_seconds) < 0
                heapq.heappush(self._waiting, (due, next(self._order), message))
                continue
            if _ends_all(message):
                self._drop(message[0] & 15)
            elif _ends_one(message):
                self._drop(message[0] & 15, message[1])
            self._play(message)

    def _drop(self, channel: int, pitch: int | None = None) -> None:
        """Let nothing of a channel wait any longer, or no note of a key."""
        kept = [entry for entry in self._waiting if not _is_of(entry[2], channel, pitch)]
        if len(kept) < len(self._waiting):
            heapq.heapify(kept)
            self._waiting = kept

    def _play(self, message: bytes, place: int = 0) -> None:
        """Do what a message says, so many samples into the block."""
        if not message or message[0] >= 0xF0:
            return
        if self._hits is not None and self._hits.take(message, place):
            return
        if self._ahead is not None and self._ahead.take(message, place):
            return
        channel, kind = self._channels[message[0] & 15], message[0] & 0xF0
        if kind == PROGRAM and len(message) == 2:
            channel.program(message[1] & 127)
        elif len(message) == 3:
            first, second = message[1] & 127, message[2] & 127
            if kind == NOTE_ON and second:
                channel.note_on(first, second)
            elif kind in (NOTE_OFF, NOTE_ON):
                channel.note_off(first)
            elif kind == CONTROL:
                channel.control(first, second)
            elif kind == BEND:
                channel.bend(first | second << 7)


class _Hit:
    """A one-shot that is sounding."""

    def __init__(self, shot: OneShot, gain: float, place: int) -> None:
        self.sound = shot.sound
        self.gain, self.group, self.off_by = np.float32(gain), shot.group, shot.off_by
        self.done = -place  # samples that were played; below 0: until it begins


class _Hits:
    """The drums' channel, as far as a kit plays it."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._sounding: list[_Hit] = []
        self._volume, self._expression = 100, 127

    def take(self, message: bytes, place: int) -> bool:
        """Take a message that is the kit's alone."""
        if message[0] & 15 != DRUMS or len(message) != 3:
            return False
        kind, first, second = message[0] & 0xF0, message[1] & 127, message[2] & 127
        if kind == CONTROL and first == VOLUME:
            self._volume = second
        elif kind == CONTROL and first == EXPRESSION:
            self._expression = second
        elif kind == CONTROL and first == RESET:
            self._expression = 127
        elif kind == CONTROL and first == SOUND_OFF:
            self.end()
        elif kind in (NOTE_ON, NOTE_OFF) and first in self._kit:
            if kind == NOTE_ON and second:
                self._strike(self._kit[first], second, place)
            return True
        return False

    def _strike(self, shot: OneShot, velocity: int, place: int) -> None:
        for hit in self._sounding:
            if hit.off_by and hit.off_by == shot.group:
                hit.sound = choked(hit.sound, max(0, hit.done + place))
                hit.off_by = 0
        level = velocity / ORDINARY * self._volume / 100 * self._expression / 127
        gain = level**2 * shot.gain * 10 ** (KIT_LEVEL / 20)
        self._sounding = [*self._sounding[-(MOST_HITS - 1) :], _Hit(shot, gain, place)]

    def add_to(self, block: Any) -> None:
        """Add what sounds to a block (frame, 2)."""
        for hit in self._sounding:
            begin = max(0, -hit.done)
            first = max(0, hit.done)
            part = hit.sound[:, first : first + len(block) - begin]
            block[begin : begin + part.shape[1]] += (hit.gain * part).T
            hit.done += len(block)
        self._sounding = [hit for hit in self._sounding if hit.done < hit.sound.shape[1]]

    def end(self) -> None:
        """Let nothing sound."""
        self._sounding = []


class BlockClock:
    """When blocks begin, by a loop that follows the device and not the jitter of its calls."""

    def __init__(self) -> None:
        self.frame_seconds = 1 / LIVE_RATE
        self._next = math.nan
        self._blocks = 0

    def begin(self, now: float, frames: int) -> float:
        """The steady time at which a block of `frames` begins that was asked for at `now`."""
        error = now - self._next
        if not abs(error) < RELOCK_SECONDS:
            self._next, self._blocks, error = now, 0, 0.0
        turn = 2 * math.pi * BANDWIDTH * frames / LIVE_RATE  # of a second-order loop
        start = self._next + max(math.sqrt(2) * turn, 1 / (self._blocks + 1)) * error
        if self._blocks > SETTLING:
            drifted = self.frame_seconds + turn * turn * error / frames
            slowest, fastest = (1 + MOST_DRIFT) / LIVE_RATE, (1 - MOST_DRIFT) / LIVE_RATE
            self.frame_seconds = min(max(drifted, fastest), slowest)
        self._blocks += 1
        self._next = start + frames * self.frame_seconds
        return start


class _Channel:
    """One channel's state: what tinysoundfont lacks is the pedal and the usual loudness curves."""

    def __init__(self, font: Any, number: int) -> None:
        self._font, self._number = font, number
        self._volume, self._expression = 100, 127
        self._pedal = False
        self._held: set[int] = set()  # let go, but for the pedal
        font.channel_set_bank(number, 0)
        self.program(0)
        self._set_volume()

    def program(self, program: int) -> None:
        with suppress(RuntimeError):  # where the SoundFont lacks it the old one stays
            self._font.channel_set_preset_number(self._number, program, self._number == DRUMS)

    def note_on(self, pitch: int, velocity: int) -> None:
        if pitch in self._held:
            self._held.discard(pitch)
            self._font.channel_note_off(self._number, pitch)
        # Of the square that makes the loudness the library takes one factor itself; the other is
        # the volume at the note's start.
        loudness = velocity / 127
        self._font.set_volume(GAIN * loudness)
        self._font.channel_note_on(self._number, pitch, loudness)

    def note_off(self, pitch: int) -> None:
        if self._pedal:
            self._held.add(pitch)
        else:
            self._font.channel_note_off(self._number, pitch)

    def control(self, number: int, value: int) -> None:
        if number == VOLUME:
            self._volume = value
            self._set_volume()
        elif number == EXPRESSION:
            self._expression = value
            self._set_volume()
        elif number == PEDAL:
            self._set_pedal(value >= 64)
        elif number == RESET:
            self._expression = 127
            self._set_volume()
            self._set_pedal(False)
            self.bend(8192)
        elif number in (SOUND_OFF, NOTES_OFF):
            self._held.clear()
            self._font.channel_midi_control(self._number, number, 0)
        elif number not in OWN_FINE:
            self._font.channel_midi_control(self._number, number, value)

    def bend(self, value: int) -> None:
        self._font.channel_set_pitch_wheel(self._number, value)

    def _set_pedal(self, down: bool) -> None:
        self._pedal = down
        if not down:
            for pitch in self._held:
                self._font.channel_note_off(self._number, pitch)
            self._held.clear()

    def _set_volume(self) -> None:
        level = self._volume * self._expression / 127**2
        self._font.channel_set_volume(self._number, level * level)


def limit(block: Any) -> None:
    """Bend what lies above the threshold so that it stays below 1, in place."""
    if max(float(block.max()), -float(block.min())) <= THRESHOLD:
        return
    room = 1 - THRESHOLD
    size = np.abs(block)
    over = np.maximum(size - THRESHOLD, 0) / room
    bent = np.minimum(size, THRESHOLD) + room * over / (1 + over)
    np.copysign(np.minimum(bent, 1 - 2**-15, dtype=np.float32), block, out=block)


def _ends_all(message: bytes) -> bool:
    return (
        len(message) == 3 and message[0] & 0xF0 == CONTROL and message[1] in (SOUND_OFF, NOTES_OFF)
    )


def _ends_one(message: bytes) -> bool:
    kind = message[0] & 0xF0 if len(message) == 3 else 0
    return kind == NOTE_OFF or (kind == NOTE_ON and not message[2])


def _is_of(message: bytes, channel: int, pitch: int | None) -> bool:
    """Whether a message is a channel's; with a pitch, whether it begins or ends that note."""
    if message[0] & 15 != channel or pitch is None:
        return message[0] & 15 == channel
    return message[0] & 0xF0 in (NOTE_ON, NOTE_OFF) and message[1] == pitch


def _load(path: Path) -> Any:
    try:
        import tinysoundfont
    except ImportError as error:
        raise MissingExtra(
            "built-in sound needs tinysoundfont; "
            "install it with: pip install --no-deps tinysoundfont==0.3.7"
        ) from error
    synth = tinysoundfont.Synth(samplerate=LIVE_RATE)
    try:
        number = synth.sfload(str(path), max_voices=VOICES)
    except Exception as error:  # RuntimeError today; it is a binding's to choose
        raise FormatError(f"{path}: not a SoundFont that can be played live: {error}") from error
    return synth.soundfonts[number]
