"""Odd and broken MIDI files made standard.

`mended` repairs the form (wrappers, lengths, counts, messages that no file may hold, SMPTE time,
format 2), so that any program can read the file; a file in good form stays as it is, byte for
byte. What tracks in good form may still hold that readers stumble over, `legibility` sees to.
"""

import struct
from dataclasses import replace

from musegan.errors import MidiError
from musegan.music import smf
from musegan.music.smf import Chunk, Event, Smf

HEAD_BYTES = 1 << 16  # how far into a file its header is looked for
LAST_TICK = (1 << 31) - 1  # what readers can count to
DEFAULT_DIVISION = 480  # ticks a quarter note where a file says 0

_KNOWN = {
    b"PK": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"ID3": "an MP3",
    b"RIFF": "a RIFF file without MIDI",
    b"fLaC": "a FLAC",
    b"OggS": "an Ogg",
    b"<?xml": "an XML file",
    b"%PDF": "a PDF",
    b"X:": "ABC notation",
    b"\xf0": "a system exclusive dump",
}


def mended(data: bytes, name: str) -> tuple[bytes, Smf, list[str]]:
    """The bytes of a standard file, its chunks, and what was repaired (nothing: the same bytes).

    SMPTE time becomes 60 quarter notes a minute with the same ticks; the tracks of a format 2
    file, which play one after the other, become a format 1 file in which they do.
    Raises `MidiError` where there is no MIDI in `data`.
    """
    start, limit, repairs = _bounds(data, name)
    length, form, declared, division = struct.unpack_from(">IHHh", data, start + 4)
    first = start + 8 + length
    if length < 6 or first > limit:
        found = data.find(b"MTrk", start + 14, limit)
        first = found if found >= 0 else min(start + 14, limit)
    if length != 6:
        repairs.append(f"the header's length is {length}, not 6")
    chunks, chunk_repairs, stop = _chunks(data, first, limit)
    repairs += chunk_repairs
    if stop < limit:
        repairs.append(f"what follows the last track is left out, bytes: {limit - stop}")
    file = Smf(form, division & 0xFFFF, tuple(chunks))
    count = len(file.tracks)
    if count == 0 and declared:
        raise MidiError(
            f"{name}: has none of the tracks that its header announces ({declared}); get a whole copy"
        )
    if count > 0xFFFF:
        raise MidiError(f"{name}: has {count} tracks; a MIDI file may have 65535")
    if count != declared:
        repairs.append(f"the number of tracks is {count}, not {declared}")
    if form == 2:
        repairs.append("format 2: its tracks are put one after the other")
        file = _in_sequence(file)
    elif form > 2 or (form == 0 and count > 1):
        repairs.append(f"format {form} with {count} tracks becomes format 1")
        file = replace(file, format=1)
    if division <= 0:
        file, remark = _in_quarters(file, division, name)
        repairs.append(remark)
    return (file.dumps() if repairs else data), file, repairs


def _bounds(data: bytes, name: str) -> tuple[int, int, list[str]]:
    """Where the file proper begins and ends in `data`, and what lies around it."""
    if not data:
        raise MidiError(f"{name}: is empty (0 bytes); a MIDI file has 14 at least")
    start = data.find(b"MThd", 0, HEAD_BYTES)
    if start < 0:
        known = next((text for magic, text in _KNOWN.items() if data.startswith(magic)), "")
        looks = f", which looks like {known}" if known else ""
        raise MidiError(
            f"{name}: is not a MIDI file: it begins with {data[:8]!r}{looks}, not with b'MThd'"
        )
    if len(data) < start + 14:
        raise MidiError(
            f"{name}: ends inside its header: {len(data) - start} bytes of 14; get a whole copy"
        )
    if start == 0:
        return 0, len(data), []
    if data.startswith(b"RIFF") and data[start - 8 : start - 4] == b"data":
        size = int.from_bytes(data[start - 4 : start], "little")
        limit = start + size if 14 <= size <= len(data) - start else len(data)
        return start, limit, ["taken out of its RIFF wrapper"]
    return start, len(data), [f"what precedes the header is left out, bytes: {start}"]


def _chunks(data: bytes, first: int, limit: int) -> tuple[list[Chunk], list[str], int]:
    """All chunks, tracks in good form; what was repaired; the first byte after the last one."""
    chunks: list[Chunk] = []
    repairs: list[str] = []
    position = first
    while position + 8 <= limit:
        kind, size = struct.unpack_from(">4sI", data, position)
        start, end = position + 8, position + 8 + size
        if kind == b"MTrk":
            body = data[start : min(end, limit)]
            walk = smf.survey(body, 0, len(body))
            if walk.clean and walk.stop == size:
                chunks.append(Chunk(kind, body, walk))
                position = end
                continue
            body, more, position = _mended_track(data, start, end, limit)
            chunks.append(Chunk(kind, body))
            repairs += [remark for remark in more if remark not in repairs]
        elif _is_chunk(data, position, limit):
            chunks.append(Chunk(kind, data[start:end]))
            position = end
        else:
            found = data.find(b"MTrk", position, limit)
            if found < 0 or kind == b"MThd":
                break
            repairs.append(f"what lies between tracks is left out, bytes: {found - position}")
            position = found
    return chunks, repairs, position


def _mended_track(data: bytes, start: int, end: int, limit: int) -> tuple[bytes, list[str], int]:
    """The body of a track that breaks a rule, what was repaired, and where the next chunk is."""
    trusted = end == limit or (end < limit and _is_chunk(data, end, limit))
    if trusted:
        stop_at = end
    else:
        found = data.find(b"MTrk", start, limit)
        stop_at = found if found >= 0 else limit
    events, repairs, stop = smf.decode(data, start, stop_at)
    body = smf.encode(events)
    following = data.find(b"MTrk", stop, stop_at)
    if following >= 0:
        repairs.append("a track's length covers the next one")
        return body, repairs, following
    if not trusted:
        repairs.append("a track's length is wrong")
        return body, repairs, stop
    if stop < end:
        repairs.append("what follows an end of track is left out")
    return body, repairs or ["a track is put in order"], end


def _is_chunk(data: bytes, position: int, limit: int) -> bool:
    """Whether a chunk that fits the file begins here; a second header does not count."""
    kind = data[position : position + 4]
    if kind == b"MTrk":
        return True
    size = int.from_bytes(data[position + 4 : position + 8], "big")
    named = len(kind) == 4 and kind.isascii() and kind.decode().isalnum() and kind != b"MThd"
    return named and position + 8 + size <= limit


def _in_sequence(file: Smf) -> Smf:
    """A format 2 file as format 1: each track begins where the one before it ended."""
    if len(file.tracks) < 2:
        return replace(file, format=0)
    chunks: list[Chunk] = []
    offset = 0
    for chunk in file.chunks:
        if chunk.kind != b"MTrk":
            chunks.append(chunk)
            continue
        events, _, _ = smf.decode(chunk.body, 0, len(chunk.body))
        moved = [(tick + offset, message) for tick, message in events]
        if offset:  # each has its own tempo and metre, so what the one before said must end
            begun = {m[1] for tick, m in events if tick == 0 and m[0] == 0xFF}
            for kind, usual in ((smf.METRE, b"\x04\x02\x18\x08"), (smf.TEMPO, b"\x07\xa1\x20")):
                if kind not in begun:
                    moved.insert(0, (offset, smf.meta(kind, usual)))
        offset = moved[-1][0]
        chunks.append(Chunk(b"MTrk", smf.encode(moved)))
    return Smf(1, file.division, tuple(chunks))


def _in_quarters(file: Smf, division: int, name: str) -> tuple[Smf, str]:
    """A file in SMPTE time, or with 0 ticks a quarter note, in quarter notes; every tick stays."""
    if division == 0:
        remark = f"0 ticks a quarter note: read as {DEFAULT_DIVISION}"
        return replace(file, division=DEFAULT_DIVISION), remark
    frames, ticks = -(division >> 8), division & 0xFF
    if (frames not in (24, 25, 29, 30) or ticks == 0) and file.tracks:
        raise MidiError(
            f"{name}: counts time in {frames} frames a second with {ticks} ticks each; "
            f"a MIDI file may have 24, 25, 29 or 30 frames, or ticks a quarter note"
        )
    if not file.tracks:
        return replace(file, division=DEFAULT_DIVISION), "an impossible division without any track"
    microseconds, a_second = (1_001_000, 30 * ticks) if frames == 29 else (10**6, frames * ticks)
    chunks: list[Chunk] = []
    for chunk in file.chunks:
        if chunk.kind == b"MTrk":  # tempos mean nothing in SMPTE time
            events, _, _ = smf.decode(chunk.body, 0, len(chunk.body))
            kept = [event for event in events if event[1][:2] != b"\xff\x51"]
            if len(kept) < len(events):
                chunk = Chunk(b"MTrk", smf.encode(kept))
        chunks.append(chunk)
    tempo: Event = (0, smf.meta(smf.TEMPO, microseconds.to_bytes(3, "big")))
    conductor = Chunk(b"MTrk", smf.encode([tempo, (0, b"\xff\x2f\x00")]))
    remark = f"SMPTE time of {frames} frames a second becomes a tempo"
    return Smf(1, a_second, (conductor, *chunks)), remark


def check_ticks(file: Smf, name: str) -> None:
    """Raise `MidiError` where a track is longer than readers can count."""
    for body, walk in zip(file.tracks, file.walks(), strict=True):
        if smf.most_ticks(body, walk) > LAST_TICK:
            last = smf.decode(body, 0, len(body))[0][-1][0]
            if last > LAST_TICK:
                raise MidiError(
                    f"{name}: ends at tick {last:,}; more than {LAST_TICK:,} cannot be counted"
                )
