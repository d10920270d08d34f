"""A performance: what every channel of a MIDI file plays, in seconds, and its pieces.

A piece holds the notes that begin in one stretch of time, until the last of them has died away,
and everything that was set before. A synthesizer adds its notes up, so the sounds of the pieces,
each laid down where it begins, add up to the sound of the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.errors import MidiError
from musegan.music import smf
from musegan.music.midi import Source, read_midi, seconds_of_ticks, standard_bytes
from musegan.music.smf import Event

TICKS_A_SECOND = 19_200  # 9600 a quarter note at 120: a twentieth of a millisecond
TAIL_SECONDS = 4.0  # from the last release until the sound has died away
LONGEST_SECONDS = 3 * 3600.0
VOLUME, PEDAL = 7, 64
DEFAULT_VOLUME = 100

_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM, _BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0


class Sounding(NamedTuple):
    """A channel message at its moment."""

    seconds: float
    message: bytes
    note: int  # of a note-on and of the note-off that ends it: which note; -1: no note


@dataclass(frozen=True, eq=False)
class Performance:
    """Channel messages in order of time; `onsets` (note,) and `releases` (note,) in seconds."""

    events: Sequence[Sounding]
    onsets: npt.NDArray[np.float64]
    releases: npt.NDArray[np.float64]
    tracks: npt.NDArray[np.int64]  # (note,) the number of each note's track
    names: Sequence[str]  # of the tracks

    def without(self, notes: npt.NDArray[np.bool_]) -> "Performance":
        """The same performance, in which nobody strikes these notes (note,)."""
        kept = [event for event in self.events if event.note < 0 or not notes[event.note]]
        return replace(self, events=kept)


@dataclass(frozen=True, eq=False)
class Piece:
    """The notes of a performance that are `mine` (note,), from one moment to another."""

    performance: Performance
    mine: npt.NDArray[np.bool_]
    start_seconds: float
    end_seconds: float

    def midi(self, volume: float = 1.0) -> bytes:
        """The piece as a MIDI file that begins at its start; a `volume` of 0.25 is a quarter as loud."""
        return _midi(self, volume)


def read_performance(source: Source, name: str | None = None) -> Performance:
    """Read what a MIDI file plays. A note that nothing ends lasts as long as its track.

    Raises MidiError for what is not MIDI, and for a performance of more than three hours.
    """
    data = standard_bytes(source, name)
    score = read_midi(data, name)
    ticks: list[int] = []
    messages: list[tuple[int, int, bytes]] = []  # end of its track, the track, message
    names: list[str] = []
    for track, body in enumerate(_track_bodies(data)):
        events, _, _ = smf.decode(body, 0, len(body))
        names.append(_name(events))
        for tick, message in events:
            if message[0] < 0xF0 and message[0] & 0xF0 not in (0xA0, 0xD0):
                ticks.append(tick)
                messages.append((events[-1][0], track, message))
    moments = seconds_of_ticks(score, np.array(ticks, np.float64))
    ends = seconds_of_ticks(score, np.array([end for end, _, _ in messages], np.float64))
    order = np.argsort(moments, kind="stable")
    timed = [(float(moments[i]), float(ends[i]), *messages[i][1:]) for i in order]
    return _pair(timed, names, name)


def pieces(performance: Performance, piece_seconds: float) -> Iterator[Piece]:
    """Cut a performance into the pieces that have notes."""
    if not len(performance.onsets):
        return
    starts = np.floor(performance.onsets / piece_seconds).astype(np.int64)
    for index in np.unique(starts):
        mine = starts == index
        begin = float(index) * piece_seconds
        end = float(performance.releases[mine].max()) + TAIL_SECONDS
        yield Piece(performance, mine, begin, end)


def _track_bodies(data: bytes) -> list[bytes]:
    bodies, position = [], 8 + int.from_bytes(data[4:8], "big")
    while position + 8 <= len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        if data[position : position + 4] == b"MTrk":
            bodies.append(data[position + 8 : position + 8 + length])
        position += 8 + length
    return bodies


def _name(events: Sequence[Event]) -> str:
    """What a track calls itself; empty if it does not."""
    texts = [smf.meta_content(m) for _, m in events if m[:2] == b"\xff\x03"]
    return texts[0].decode("utf-8", "replace").strip() if texts else ""


def _pair(
    timed: Sequence[tuple[float, float, int, bytes]], names: Sequence[str], name: str | None
) -> Performance:
    """Find the note that each note-off ends: the oldest of its key that sounds."""
    sounding: dict[tuple[int, int], list[int]] = {}
    held: dict[int, list[int]] = {}  # channel -> notes that its pedal holds
    pedals: set[int] = set()
    events: list[Sounding] = []
    onsets: list[float] = []
    releases: list[float] = []
    tracks: list[int] = []
    for seconds, end, track, message in timed:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        note = -1
        if kind == _NOTE_ON and message[2]:
            note = len(onsets)
            onsets.append(seconds)
            releases.append(max(end, seconds))
            tracks.append(track)
            sounding.setdefault((channel, message[1]), []).append(note)
        elif kind in (_NOTE_OFF, _NOTE_ON):
            oldest = sounding.get((channel, message[1]))
            if not oldest:
                continue
            note = oldest.pop(0)
            if channel in pedals:
                held.setdefault(channel, []).append(note)
            else:
                releases[note] = seconds
        elif kind == _CONTROL and message[1] == PEDAL:
            if message[2] >= 64:
                pedals.add(channel)
            else:
                pedals.discard(channel)
                for freed in held.pop(channel, []):
                    releases[freed] = seconds
        events.append(Sounding(seconds, message, note))
    if releases and max(releases) > LONGEST_SECONDS:
        hours = max(releases) / 3600
        raise MidiError(f"{name or 'MIDI data'}: lasts {hours:.1f} hours; cut it to 3 at most")
    return Performance(
        events, np.array(onsets), np.array(releases), np.array(tracks, np.int64), names
    )


def _midi(piece: Piece, volume: float) -> bytes:
    begin, end, mine = piece.start_seconds, piece.end_seconds, piece.mine
    factor = volume**0.5  # loudness goes with the square of the controller (General MIDI)
    settings: dict[tuple[int, int], bytes] = {  # (status, controller or -1) -> message
        (_CONTROL | channel, VOLUME): bytes(
            [_CONTROL | channel, VOLUME, round(DEFAULT_VOLUME * factor)]
        )
        for channel in range(16)
    }
    body: list[Event] = []
    for seconds, message, note in piece.performance.events:
        if seconds > end:
            break
        if note >= 0:
            if mine[note]:
                body.append((round((seconds - begin) * TICKS_A_SECOND), message))
            continue
        if message[0] & 0xF0 == _CONTROL and message[1] == VOLUME:
            message = message[:2] + bytes([round(message[2] * factor)])
        if seconds < begin:
            key = (message[0], message[1] if message[0] & 0xF0 == _CONTROL else -1)
            settings.pop(key, None)  # set again: now the latest
            settings[key] = message
        else:
            body.append((round((seconds - begin) * TICKS_A_SECOND), message))
    head: list[Event] = [(0, message) for message in settings.values()]
    last = round((end - begin) * TICKS_A_SECOND)
    track = smf.encode([*head, *body, (last, b"\xff\x2f\x00")])
    return smf.Smf(0, TICKS_A_SECOND // 2, (smf.Chunk(b"MTrk", track),)).dumps()
