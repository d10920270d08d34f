"""MIDI files read and written, odd and broken ones too.

What is read is a `symusic.Score` in ticks. Time in seconds follows the file's tempo map, 120
quarter notes a minute before its first tempo. What is written keeps every byte of the tracks that
were there and adds tracks after them.
"""

import io
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreQuarter, ScoreSecond, ScoreTick

from musegan.errors import MidiError
from musegan.music import repair, smf
from musegan.music.channels import Programs, program_at
from musegan.music.legibility import legible
from musegan.music.smf import Chunk, Event


class MidiWriter(Protocol):
    """What `pretty_midi.PrettyMIDI` is to us."""

    instruments: list[Any]

    def write(self, filename: Any) -> None:
        """Write a MIDI file into an open binary file."""


Source: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview
    | ScoreTick | ScoreQuarter | ScoreSecond | MidiWriter
)  # fmt: skip

DEFAULT_TEMPO = 500_000  # microseconds a quarter note

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class AddedTrack:
    """A track for `add_tracks`: what it is called, what plays it, and what it plays."""

    name: str
    program: int | None  # General MIDI 0..127; None: the sound that the channel has
    channel: int  # 0..15; 9 is for drums
    notes: npt.NDArray[np.int64]  # (note, 4): start tick, end tick, pitch, velocity
    others: Programs | None = None  # who shares the channel, see `music.channels`
    text: str = ""  # what the track says of itself; empty: nothing

    def __post_init__(self) -> None:
        notes = self.notes
        if notes.ndim != 2 or notes.shape[1] != 4:
            raise ValueError(f"notes of shape {notes.shape}, not (note, 4)")
        if not (0 <= (self.program or 0) < 128 and 0 <= self.channel < 16):
            raise ValueError(f"program {self.program} or channel {self.channel} is out of range")
        start, end, pitch, velocity = notes.T
        fine = (start >= 0) & (start < end) & (pitch >= 0) & (pitch < 128)
        fine &= (velocity >= 1) & (velocity < 128)
        if not fine.all():
            raise ValueError(f"a note is impossible: {notes[~fine][0].tolist()}")


def read_midi(source: Source, name: str | None = None) -> ScoreTick:
    """Read any MIDI file a user may have: a `symusic.Score` in ticks.

    `source` is a path, the bytes of a file, or what `standard_bytes` takes besides; `name` is what
    messages call it. Note-offs end the oldest note of their key and channel that still sounds. A
    note that nothing ends lasts until its key is struck again, the channel is silenced, or its
    track ends. Raises `MidiError`, in one line, for what is not MIDI.
    """
    data, name = _data(source, name)
    standard, file, repairs = repair.mended(data, name)
    if repairs:
        logger.info("%s: repaired: %s", name, "; ".join(repairs))
    repair.check_ticks(file, name)
    walks = file.walks()
    struck = [smf.struck_notes(body, w) for body, w in zip(file.tracks, walks, strict=True)]
    if not any(walk.odd_metas for walk in walks):
        score = _score(standard, name)
        if score.note_num() == sum(struck):
            return score
    tracks = []
    for body, walk, count in zip(file.tracks, walks, struck, strict=True):
        alone = smf.Smf(0, file.division, (Chunk(b"MTrk", body),)).dumps()
        fine = not walk.odd_metas and _score(alone, name).note_num() == count
        tracks.append(Chunk(b"MTrk", body if fine else legible(body)))
    return _score(replace(file, chunks=tuple(tracks)).dumps(), name)


def standard_bytes(source: Source, name: str | None = None) -> bytes:
    """The bytes of a standard MIDI file: the source's own where they are fine, else repaired.

    `source` is a path, bytes, a `symusic.Score`, or a `pretty_midi.PrettyMIDI`. Tracks of format 2
    are put one after the other in format 1; SMPTE time becomes a constant tempo under which every
    tick keeps its second. Raises `MidiError`.
    """
    return repair.mended(*_data(source, name))[0]


def add_tracks(source: Source, tracks: Sequence[AddedTrack]) -> bytes:
    """Add tracks to a file: bytes of format 1, with ticks as in `read_midi(source)`.

    Every track chunk of `standard_bytes(source)` stays byte for byte, so do chunks of other kinds;
    the new tracks come after the last one. Raises `MidiError`.
    """
    file = parse(source)
    count = len(file.tracks) + len(tracks)
    if count > 0xFFFF:
        raise MidiError(f"{count} tracks do not fit a MIDI file; it may have 65535")
    last = max((i for i, c in enumerate(file.chunks) if c.kind == b"MTrk"), default=-1) + 1
    added = tuple(Chunk(b"MTrk", _track_body(track)) for track in tracks)
    chunks = (*file.chunks[:last], *added, *file.chunks[last:])
    return smf.Smf(1, file.division, chunks).dumps()


def parse(source: Source) -> smf.Smf:
    """The chunks of `standard_bytes(source)`. Raises `MidiError`."""
    return repair.mended(*_data(source, None))[1]


def seconds_of_ticks(score: ScoreTick, ticks: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """When ticks sound under the score's tempo map, in seconds; same shape as `ticks`."""
    starts, seconds, rates = _tempo_map(score)
    wanted = np.asarray(ticks, np.float64)
    piece = np.maximum(np.searchsorted(starts, wanted, side="right") - 1, 0)
    result: npt.NDArray[np.float64] = seconds[piece] + (wanted - starts[piece]) * rates[piece]
    return result


def ticks_of_seconds(score: ScoreTick, seconds: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """At which tick, fractions and all, a moment lies: undoes `seconds_of_ticks`."""
    starts, begins, rates = _tempo_map(score)
    wanted = np.asarray(seconds, np.float64)
    piece = np.maximum(np.searchsorted(begins, wanted, side="right") - 1, 0)
    result: npt.NDArray[np.float64] = starts[piece] + (wanted - begins[piece]) / rates[piece]
    return result


def _tempo_map(
    score: ScoreTick,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Each tempo's first tick, its second, and its seconds a tick; the first begins at tick 0."""
    division = score.ticks_per_quarter
    if division < 1:
        raise MidiError(f"a score with {division} ticks a quarter note has no time")
    tempos = {0: DEFAULT_TEMPO}
    for tempo in sorted(score.tempos, key=lambda tempo: int(tempo.time)):  # the last one counts
        if tempo.mspq > 0:
            tempos[max(int(tempo.time), 0)] = int(tempo.mspq)
    starts = np.array(sorted(tempos), np.float64)
    rates = np.array([tempos[tick] for tick in sorted(tempos)], np.float64) / (1e6 * division)
    seconds = np.concatenate([[0.0], np.cumsum(np.diff(starts) * rates[:-1])])
    return starts, seconds, rates


def _score(data: bytes, name: str) -> ScoreTick:
    try:
        return ScoreTick.from_midi(data)
    except Exception as error:  # symusic raises whatever its C++ does
        reason = " ".join(str(error).split())[:120]
        raise MidiError(f"{name}: cannot be read as MIDI: {reason}") from error


def _track_body(track: AddedTrack) -> bytes:
    notes = track.notes[np.lexsort((track.notes[:, 2], track.notes[:, 0]))]
    sound = [] if track.program is None else [bytes([smf.PROGRAM | track.channel, track.program])]
    events: list[tuple[int, int, bytes]] = []
    for start, end, pitch, velocity in notes.tolist():
        strike = [bytes([smf.NOTE_ON | track.channel, pitch, velocity])]
        if track.others is not None:
            strike = [*sound, *strike]
        if track.others:
            program = program_at(track.others, start)
            strike.append(bytes([smf.PROGRAM | track.channel, program]))
        events += [(start, 1, message) for message in strike]
        events.append((end, 0, bytes([smf.NOTE_OFF | track.channel, pitch, 64])))
    events.sort(key=lambda event: event[:2])  # a key is let go before it is struck again
    head: list[Event] = [(0, smf.meta(3, track.name.encode(errors="replace")))]
    if track.text:
        head.append((0, smf.meta(smf.TEXT, track.text.encode(errors="replace"))))
    if track.others is None:
        head += [(0, message) for message in sound]
    last = events[-1][0] if events else 0
    played = [(tick, message) for tick, _, message in events]
    return smf.encode([*head, *played, (last, b"\xff\x2f\x00")])


def _data(source: Source, name: str | None) -> tuple[bytes, str]:
    """The bytes that a source stands for, and its name, which fits on one line."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), _one_line(name or "MIDI data")
    if isinstance(source, (ScoreTick, ScoreQuarter, ScoreSecond)):
        score: Any = source.to("tick")
        return bytes(score.dumps_midi()), _one_line(name or "score")
    if not isinstance(source, (str, os.PathLike)):
        buffer = io.BytesIO()
        source.write(buffer)
        return buffer.getvalue(), _one_line(name or "PrettyMIDI")
    path = Path(source)
    name = _one_line(name or str(path))
    try:
        with path.open("rb") as file:
            head = file.read(repair.HEAD_BYTES)
            return (head + file.read() if b"MThd" in head else head), name
    except FileNotFoundError as error:
        raise MidiError(f"{name}: there is no such file; check its name and folder") from error
    except IsADirectoryError as error:
        raise MidiError(f"{name}: is a folder; name the MIDI files in it") from error
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise MidiError(f"{name}: cannot be read: {reason}") from error


def _one_line(name: str) -> str:
    """A name without line breaks and other signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in name)
