"""Parts that another synthesizer renders ahead, inside the live one.

Whoever renders puts in pieces of sound before they are due. A note that is due and in none of them is
the SoundFont's, until a piece has it; so is one whose sound runs out. So nothing is silent because
somebody is late, or gone.
"""

from collections import deque
from collections.abc import Collection
from typing import Any, Protocol

import numpy as np

from musegan.audio.stream import RATE, SoundPiece, Stream
from musegan.audio.voices import NOTES_OFF, SOUND_OFF, Loudness

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0
RAMP = 240  # frames in which a level comes near another
SLIP = 24  # frames that the device's clock may be off by before the streams follow
GRACE = 4800  # frames after all notes' end, for their dying away to come
MOST_WAITING = 200  # pieces that nobody fetched, as where the device is gone; the oldest make room
JUMP = 4800  # frames: it was not there for a while


class Channel(Protocol):
    """The SoundFont's channel."""

    def note_on(self, pitch: int, velocity: int) -> None:
        """Strike a key."""

    def note_off(self, pitch: int) -> None:
        """Let it go."""


class _Part:
    """One channel: its sound, who plays which of its notes, and how loud it is."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.ours: dict[int, tuple[int, int]] = {}  # pitch -> velocity, due frame: in the stream
        self.others: dict[int, tuple[int, int]] = {}  # the SoundFont plays them for us
        self.loudness = Loudness()
        self.level = self.wanted = np.ones(2, np.float32)  # left, right

    def set(self, number: int, value: int) -> None:
        if self.loudness.set(number, value):
            self.wanted = np.array(self.loudness.factors, np.float32)

    def forget(self) -> None:
        self.ours.clear()
        self.others.clear()


class AheadParts:
    """Some channels of a live synthesizer; see `LiveSynth`."""

    def __init__(self, channels: Collection[int], origin: float) -> None:
        """`origin` is the moment of frame 0, in seconds of `time.perf_counter`."""
        self.origin = origin
        self.serving = False  # whether somebody renders; who does sets it
        self.notes = 0  # that began while somebody did
        self.late_notes = 0  # of these, those that the SoundFont began
        self._parts = {channel: _Part() for channel in sorted(channels)}
        self._inbox: deque[SoundPiece | tuple[int, float, int]] = deque(maxlen=MOST_WAITING)
        self._at: int | None = None  # frame that the block begins with
        self._slip = 0  # by which the streams go on elsewhere in this block

    @property
    def channels(self) -> Collection[int]:
        """Whose notes these are.  Thread: any."""
        return self._parts.keys()

    def put(self, piece: SoundPiece) -> None:
        """Take a piece of sound.  Thread: any."""
        self._inbox.append(piece)

    def take_back(self, channel: int, seconds: float, telling: int) -> None:
        """From a moment on, play nothing that was rendered before this telling.  Thread: any."""
        self._inbox.append((channel, seconds, telling))

    def begin(self, first: float, channels: list[Any]) -> None:
        """Begin a block at a moment: see what came, and who plays what sounds.  Thread: driver."""
        ideal = round((first - self.origin) * RATE)
        if self._at is None or abs(ideal - self._at) > JUMP:
            self._at = ideal
        self._slip = ideal - self._at if abs(ideal - self._at) > SLIP else 0
        at = self._at
        while self._inbox:
            came = self._inbox.popleft()
            if isinstance(came, SoundPiece):
                self._parts[came.channel].stream.put(came, at)
            else:
                channel, seconds, telling = came
                frame = round((seconds - self.origin) * RATE)
                self._parts[channel].stream.take_back(frame, telling, at)
        for number, part in self._parts.items():
            if part.ours and not part.stream.covers(at):
                for pitch, (velocity, due) in part.ours.items():
                    channels[number].note_on(pitch, velocity)
                    part.others[pitch] = velocity, due
                part.ours.clear()
            for pitch, (_, due) in list(part.others.items()):
                if part.stream.has(pitch, due, at):
                    channels[number].note_off(pitch)
                    part.ours[pitch] = part.others.pop(pitch)

    def take(self, message: bytes, place: int) -> bool:
        """Take a message, so many frames into the block; whether the SoundFont shall not have it.

        Thread: driver.
        """
        part = self._parts.get(message[0] & 15)
        if part is None or len(message) != 3:
            return False
        kind, first, second = message[0] & 0xF0, message[1] & 127, message[2] & 127
        at = (self._at or 0) + place
        if kind == NOTE_ON and second:
            return self._begin_note(part, first, second, at)
        if kind in (NOTE_ON, NOTE_OFF):
            theirs, mine = part.others.pop(first, None), part.ours.pop(first, None)
            return theirs is None and mine is not None
        if kind == CONTROL and first in (SOUND_OFF, NOTES_OFF):
            part.forget()
            part.stream.take_back(at + (GRACE if first == NOTES_OFF else 0), 0, at)
        elif kind == CONTROL:
            part.set(first, second)
        return False

    def add_to(self, block: Any) -> None:
        """Add what sounds to a block (frame, 2), and go on to the next.  Thread: driver."""
        assert self._at is not None
        count = len(block)
        for part in self._parts.values():
            sound = part.stream.read(self._at, count)
            if self._slip:
                sound = _faded(sound, part.stream.read(self._at + self._slip, count), count)
            settled = part.level is part.wanted
            if sound is None:
                part.level = part.wanted
            elif settled:
                block += sound[:, None] * part.level
            else:
                rise = np.minimum(np.arange(1, count + 1, dtype=np.float32) / RAMP, 1)[:, None]
                levels = part.level + rise * (part.wanted - part.level)
                block += sound[:, None] * levels
                near = bool(np.abs(levels[-1] - part.wanted).max() < 1e-4)
                part.level = part.wanted if near else levels[-1]
        self._at += count + self._slip
        self._slip = 0

    def silence(self) -> None:
        """Forget all that sounds.  Thread: any, while no device asks for blocks."""
        self._at, self._slip = None, 0
        self._inbox.clear()
        for part in self._parts.values():
            part.forget()
            part.stream.clear()

    def _begin_note(self, part: _Part, pitch: int, velocity: int, at: int) -> bool:
        self.notes += self.serving
        if part.stream.has(pitch, at, at):
            part.ours[pitch] = velocity, at
            return True
        self.late_notes += self.serving
        part.ours.pop(pitch, None)
        part.others[pitch] = velocity, at
        return False


def _faded(one: Any, other: Any, count: int) -> Any:
    """One sound into another, both of so many frames; None is silence."""
    if one is None and other is None:
        return None
    rise = np.linspace(0, 1, count, dtype=np.float32)
    return (0 if one is None else one * (1 - rise)) + (0 if other is None else other * rise)
