"""Standard MIDI Files as bytes: the header, the chunks, and the events of a track.

`survey` walks a track that keeps the rules at the speed of a regular expression; `decode` reads
any bytes at all, event by event, and says what it had to forgive. Ticks are the file's own.
Source: "Standard MIDI Files 1.0", MIDI Manufacturers Association, 1996.
"""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

Event = tuple[int, bytes]  # tick from the start of the track, message with its status byte

LONGEST_DELTA = 0x0FFFFFFF  # ticks that four bytes can say
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
END_OF_TRACK, TEMPO, METRE, KEY = 0x2F, 0x51, 0x58, 0x59

_DELTA = rb"[\x80-\xff]{0,3}[\x00-\x7f]"
_TWO = rb"[\x00-\x7f]{2}(?:" + _DELTA + rb"[\x00-\x7f]{2})*"  # data bytes, with running status
_ONE = rb"[\x00-\x7f](?:" + _DELTA + rb"[\x00-\x7f])*"
_delta = re.compile(_DELTA)
_messages = re.compile(
    rb"(?:%b(?:([\x80-\xbf\xe0-\xef])%b|([\xc0-\xdf])%b)){1,4096}" % (_DELTA, _TWO, _ONE)
)
_running_two = re.compile(rb"(?:%b[\x00-\x7f]{2})+" % _DELTA)
_running_one = re.compile(rb"(?:%b[\x00-\x7f])+" % _DELTA)
_struck = re.compile(  # any other messages, then note-ons under one status
    rb"(?:%b(?:[\x80-\x8f\xa0-\xbf\xe0-\xef]%b|[\xc0-\xdf]%b)){0,64}(?:%b[\x90-\x9f](%b))?"
    % (_DELTA, _TWO, _ONE, _DELTA, _TWO)
).findall
_any_block = re.compile(
    rb"%b((?:[\x80-\xbf\xe0-\xef]%b|[\xc0-\xdf]%b))" % (_DELTA, _TWO, _ONE)
).findall
_velocities = re.compile(rb"%b[\x00-\x7f]([\x00-\x7f])" % _DELTA).findall
_long_delta = re.compile(rb"[\x80-\xff]{2,}")


@dataclass(frozen=True)
class Survey:
    """What a walk over one track found."""

    clean: bool  # every event keeps the rules and the last one is the end of track
    stop: int  # first byte after the end of track, or where the walk gave up
    spans: tuple[tuple[int, int, int], ...] = ()  # (first byte, end, running status or 0)
    meta_ticks: int = 0  # sum of the delta times before metas and sysex
    odd_metas: bool = False  # a tempo, metre, key or text says something impossible


@dataclass(frozen=True)
class Chunk:
    """One chunk: `MTrk` is a track, anything else is somebody's extension."""

    kind: bytes
    body: bytes
    walk: Survey | None = None  # over the body, where it was made


@dataclass(frozen=True)
class Smf:
    """A whole file. `division` is ticks a quarter note, or negative frames and ticks a frame."""

    format: int
    division: int
    chunks: tuple[Chunk, ...]

    @property
    def tracks(self) -> list[bytes]:
        """The bodies of the track chunks."""
        return [chunk.body for chunk in self.chunks if chunk.kind == b"MTrk"]

    def walks(self) -> list[Survey]:
        """A survey of each track."""
        return [
            chunk.walk or survey(chunk.body, 0, len(chunk.body))
            for chunk in self.chunks
            if chunk.kind == b"MTrk"
        ]

    def dumps(self) -> bytes:
        """The file's bytes."""
        header = struct.pack(">4sIHHH", b"MThd", 6, self.format, len(self.tracks), self.division)
        return header + b"".join(
            struct.pack(">4sI", chunk.kind, len(chunk.body)) + chunk.body for chunk in self.chunks
        )


def survey(data: bytes, start: int, limit: int) -> Survey:
    """Walk the events of one track in `data[start:limit]` up to its end of track."""
    position, running, broken_off = start, 0, False
    spans: list[tuple[int, int, int]] = []
    ticks, odd = 0, False
    while True:
        if found := _messages.match(data, position, limit):
            spans.append((position, found.end(), 0))
            running, broken_off = data[max(found.start(1), found.start(2))], False
            position = found.end()
            continue  # the pattern takes 4096 at a time
        delta = _delta.match(data, position, limit)
        if delta is None or delta.end() + 2 > limit:
            return Survey(False, position)
        at = delta.end()
        status = data[at]
        if status < 0x80:
            rest = _running_one if 0xC0 <= running < 0xE0 else _running_two
            again = rest.match(data, position, limit) if running and not broken_off else None
            if again is None:
                return Survey(False, position)
            spans.append((position, again.end(), running))
            position = again.end()
            continue
        if status not in (0xFF, 0xF0, 0xF7):
            return Survey(False, position)
        ticks += number(delta.group())
        at += 2 if status == 0xFF else 1
        length = _delta.match(data, at, limit)
        if length is None or (status == 0xFF and data[at - 1] >= 0x80):
            return Survey(False, position)
        end = length.end() + number(length.group())
        if end > limit:
            return Survey(False, position)
        if status != 0xFF:
            broken_off = True
        elif data[at - 1] == END_OF_TRACK:
            return Survey(end == length.end(), end, tuple(spans), ticks, odd)
        else:
            odd = odd or mended_meta(data[at - 1], data[length.end() : end]) is not None
        position = end


def mended_meta(kind: int, content: bytes) -> bytes | None:
    """What a meta event with this content should hold instead; empty: none at all; None: as is."""
    if kind == TEMPO:
        return None if len(content) == 3 and any(content) else b""
    if kind == METRE:
        if len(content) < 2 or content[0] == 0 or content[1] > 6:
            return b""
        return None if len(content) == 4 else (content + b"\x18\x08"[len(content) - 2 :])[:4]
    if kind == KEY:
        sharps = content[0] if content else 99
        return None if len(content) == 2 and (sharps + 7) % 256 <= 14 and content[1] < 2 else b""
    if 1 <= kind <= 15 and not content.isascii():
        try:
            content.decode()
        except UnicodeDecodeError:
            return content.decode("cp1252", "replace").encode()
    return None


def struck_notes(data: bytes, surveyed: Survey) -> int:
    """How many note-ons with a velocity the walked track holds."""
    count = 0
    for first, end, running in surveyed.spans:
        if not running:
            for block in _struck(data, first, end):  # without the status
                count += block[1:2] > b"\0"
                if len(block) > 2:
                    velocities = _velocities(block, 2)
                    count += len(velocities) - velocities.count(b"\0")
        elif running & 0xF0 == NOTE_ON:
            velocities = _velocities(data, first, end)
            count += len(velocities) - velocities.count(b"\0")
    return count


def most_ticks(data: bytes, surveyed: Survey) -> int:
    """An upper bound of the tick at which the walked track ends, without adding it all up."""
    bound = surveyed.meta_ticks
    for first, end, _ in surveyed.spans:  # an event has two bytes or more
        bound += (end - first) // 2 << 14
        for high in _long_delta.findall(data, first, end):
            bound += 1 << (7 * len(high) + 7)
    return bound


def channel_bytes(data: bytes, surveyed: Survey) -> dict[int, int]:
    """How many bytes the messages of each channel (0..15) take in the walked track."""
    sizes: dict[int, int] = {}
    for first, end, running in surveyed.spans:
        for block in (
            [bytes([running]) * (end - first)] if running else _any_block(data, first, end)
        ):
            channel = block[0] & 15
            sizes[channel] = sizes.get(channel, 0) + len(block)
    return sizes


def decode(data: bytes, start: int, limit: int) -> tuple[list[Event], list[str], int]:
    """Read any bytes as a track: its events with end of track, what was forgiven, where it ended.

    A data byte over 127 counts as 127, as `mido` does when told to clip; undefined and real-time
    messages are left out, running status is taken up again after metas and sysex.
    """
    events: list[Event] = []
    forgiven: dict[str, None] = {}
    position, tick, running, broken_off = start, 0, 0, False
    while True:
        delta, at = _tolerant_number(data, position, limit)
        if at >= limit:
            forgiven["a track ends without end of track"] = None
            break
        if delta > LONGEST_DELTA:
            forgiven["an impossible delay is left out"] = None
            delta = 0
        tick += delta
        status = data[at]
        if status < 0x80 and not running:
            forgiven["a message without a status is left out"] = None
            position = at + 1
        elif status < 0xF0:
            if status >= 0x80:
                at, running, broken_off = at + 1, status, False
            elif broken_off:
                forgiven["running status goes on after a system exclusive message"] = None
            position = at + (1 if 0xC0 <= running < 0xE0 else 2)
            if position > limit:
                forgiven["a track is cut off inside a message"] = None
                break
            content = data[at:position]
            if not content.isascii():
                forgiven["a data byte over 127 counts as 127"] = None
                content = bytes(min(byte, 127) for byte in content)
            events.append((tick, bytes([running]) + content))
        elif status in (0xFF, 0xF0, 0xF7):
            head = at + (2 if status == 0xFF else 1)
            broken_off = broken_off or status != 0xFF
            length, body = _tolerant_number(data, head, limit)
            if status == 0xFF and data[at + 1 : at + 2] == bytes([END_OF_TRACK]):
                events.append((tick, b"\xff\x2f\x00"))
                position = body + length if body + length <= limit else limit
                break
            position = body + length
            if position > limit:
                position = data.find(b"\xf7", head, limit) + 1 if status == 0xF0 else 0
                forgiven["a message says it is longer than its track"] = None
                if not position:
                    break
            else:
                events.append((tick, data[at:head] + vlq(length) + data[body:position]))
        else:
            forgiven[f"a message {status:02x}, which no file may hold, is left out"] = None
            position = at + 1 + {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
    if not events or events[-1][1] != b"\xff\x2f\x00":
        events.append((tick, b"\xff\x2f\x00"))
        position = limit
    return events, list(forgiven), position


def encode(events: Iterable[Event]) -> bytes:
    """The body of a track chunk; events in order of their ticks, each with its status byte."""
    body = bytearray()
    now = 0
    for tick, message in events:
        while tick - now > LONGEST_DELTA:  # an empty text carries the rest of the silence
            body += vlq(LONGEST_DELTA) + b"\xff\x01\x00"
            now += LONGEST_DELTA
        body += vlq(tick - now) + message
        now = tick
    return bytes(body)


TEXT = 1  # a meta event's kind


def meta(kind: int, content: bytes) -> bytes:
    """A meta event's message."""
    return bytes([0xFF, kind]) + vlq(len(content)) + content


def meta_content(message: bytes) -> bytes:
    """What a meta event's message holds after its kind and length."""
    return message[_tolerant_number(message, 2, len(message))[1] :]


def number(digits: bytes) -> int:
    """The value of a variable-length quantity."""
    value = 0
    for byte in digits:
        value = value << 7 | byte & 0x7F
    return value


def vlq(value: int) -> bytes:
    """`value`, 0..LONGEST_DELTA, as a variable-length quantity."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def _tolerant_number(data: bytes, position: int, limit: int) -> tuple[int, int]:
    """A quantity of any length, cut at `limit`, and the first byte after it."""
    value = 0
    while position < limit:
        byte = data[position]
        position += 1
        value = min(value << 7 | byte & 0x7F, 1 << 40)
        if byte < 0x80:
            break
    return value, position
