"""The scheduler: messages that wait for their position, and the notes that sound meanwhile.

Positions are quarter notes, so that a change of tempo moves all that waits. What a role has waiting
can be taken back, and every note that was begun can be ended.
"""

import heapq
import math
from collections.abc import Iterator

from musegan.live.events import CONTROL, NOTE_OFF, NOTE_ON, NOTES_OFF, PEDAL, SYSTEM, is_note_off


class Scheduler:
    """A heap of messages by position. Not locked: one thread at a time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, bytes]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, quarter: float, message: bytes) -> None:
        """Let a message wait. At one position note-offs go first, then in the order they came."""
        self._count += 1
        heapq.heappush(self._heap, (quarter, not is_note_off(message), self._count, message))

    def pop(self, quarter: float) -> Iterator[tuple[float, bytes]]:
        """Take the messages whose position has come, in order, each with its position."""
        while self._heap and self._heap[0][0] <= quarter:
            due, _, _, message = heapq.heappop(self._heap)
            yield due, message

    @property
    def next_quarter(self) -> float | None:
        """The position of the next message."""
        return self._heap[0][0] if self._heap else None

    @property
    def last_quarter(self) -> float:
        """The position of the last message of a channel that waits; minus infinity: none does."""
        return max((entry[0] for entry in self._heap if entry[3][0] < SYSTEM), default=-math.inf)

    def waiting(self) -> Iterator[tuple[float, bytes]]:
        """What waits, in order, each with its position."""
        for quarter, _, _, message in sorted(self._heap):
            yield quarter, message

    def drop(self, channel: int | None = None) -> None:
        """Take back what waits for a channel, or all."""
        kept = [
            entry
            for entry in self._heap
            if channel is not None and not (entry[3][0] < 0xF0 and entry[3][0] & 0x0F == channel)
        ]
        heapq.heapify(kept)
        self._heap = kept


class Sounding:
    """Which notes were begun and not ended, by channel. Not locked: one thread at a time."""

    def __init__(self) -> None:
        self._notes: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._notes)

    def sent(self, message: bytes) -> bytes | None:
        """Keep count of a message about to be sent -> a note-off that must go before it, if any.

        A note is ended before it is struck again, for some synthesizers would count both.
        """
        key = message[0] & 0x0F, message[1] if len(message) > 1 else 0
        if message[0] & 0xF0 == NOTE_ON and message[2]:
            struck_again = key in self._notes
            self._notes.add(key)
            return bytes([NOTE_OFF | key[0], key[1], 0]) if struck_again else None
        if is_note_off(message):
            self._notes.discard(key)
        return None

    def pitches(self, channel: int) -> tuple[int, ...]:
        """What sounds on a channel, lowest first.  Thread: any."""
        return tuple(sorted(pitch for at, pitch in tuple(self._notes) if at == channel))

    def releases(self, channel: int | None = None) -> list[bytes]:
        """Messages that end every note of a channel, or of all."""
        return [
            bytes([NOTE_OFF | at, pitch, 0])
            for at, pitch in sorted(self._notes)
            if channel in (None, at)
        ]


def silence(channels: range = range(16)) -> Iterator[bytes]:
    """Pedal up and all notes off on every channel, for synthesizers that lost a note-off."""
    for channel in channels:
        yield bytes([CONTROL | channel, PEDAL, 0])
        yield bytes([CONTROL | channel, NOTES_OFF, 0])
