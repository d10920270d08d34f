"""The foresight: what the band is known to play, from what was sent and what waits.

It is told anew whenever something was decided or taken back, or the tempo has moved what waits.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable

from musegan.live.events import NOTE_ON, is_note_off
from musegan.live.transport import Transport
from musegan.music.foresight import Foreseen

PLACES = 480  # of a quarter note
PAST_SECONDS = 4.0  # that a note is told of after its end, while it dies away
MOVED_SECONDS = 0.002  # by which the tempo may move what waits, untold

Tell = Callable[[list[Foreseen], float], None]  # notes, and until when no other begins


class Foresight:
    """What some channels play. Not locked: one thread at a time."""

    def __init__(self, channels: Iterable[int], tell: Tell) -> None:
        """`tell` gets what is known of these channels."""
        self._channels, self._tell = frozenset(channels), tell
        self._sounding: dict[tuple[int, int], Foreseen] = {}  # by channel and pitch
        self._ended: deque[Foreseen] = deque()
        self._changed = False
        self._told: Transport | None = None

    def change(self) -> None:
        """What waits is another than it was."""
        self._changed = True

    def sent(self, message: bytes, quarter: float, seconds: float) -> None:
        """A message was sent that is due at a moment."""
        if message[0] & 0x0F not in self._channels or message[0] & 0xE0 != 0x80:
            return
        key = message[0] & 0x0F, message[1]
        before = self._sounding.pop(key, None)
        if before is not None:
            self._ended.append(before._replace(end=seconds))
        if not is_note_off(message):
            self._sounding[key] = _begun(message, quarter, seconds)

    def let_go(self, channels: Iterable[int], seconds: float) -> None:
        """What sounds on these channels ends at a moment, and what was to begin later does not."""
        ended = frozenset(channels)
        kept: dict[tuple[int, int], Foreseen] = {}
        for key, note in self._sounding.items():
            if note.channel not in ended:
                kept[key] = note
            elif note.begin < seconds:
                self._ended.append(note._replace(end=seconds))
        cut = [
            note._replace(end=min(note.end, seconds)) if note.channel in ended else note
            for note in self._ended
        ]
        self._sounding, self._ended = kept, deque(n for n in cut if n.begin < n.end)
        self._changed = True

    def turn(
        self,
        now: float,
        transport: Transport | None,
        waiting: Callable[[], Iterable[tuple[float, bytes]]],
        until: float,
    ) -> None:
        """Tell what is known, where that has changed; `until` is the position up to which it is all."""
        if transport is not None and not self._changed and self._told is not None:
            moved = transport.seconds_at(until) - self._told.seconds_at(until)
            self._changed = abs(moved) > MOVED_SECONDS
        if not self._changed:
            return
        self._changed, self._told = False, transport
        while self._ended and self._ended[0].end < now - PAST_SECONDS:
            self._ended.popleft()
        if transport is None:
            self._tell([*self._ended, *self._sounding.values()], now)
            return
        known = list(self._ended)
        begun = dict(self._sounding)
        for quarter, message in waiting():
            if message[0] & 0x0F not in self._channels or message[0] & 0xE0 != 0x80:
                continue
            seconds = transport.seconds_at(quarter)
            key = message[0] & 0x0F, message[1]
            before = begun.pop(key, None)
            if before is not None:
                known.append(before._replace(end=seconds))
            if not is_note_off(message):
                begun[key] = _begun(message, quarter, seconds)
        self._tell([*known, *begun.values()], transport.seconds_at(until))


def _begun(message: bytes, quarter: float, seconds: float) -> Foreseen:
    assert message[0] & 0xF0 == NOTE_ON
    channel, pitch, velocity = message[0] & 0x0F, message[1], message[2]
    return Foreseen(channel, pitch, velocity, seconds, math.inf, round(quarter * PLACES))
