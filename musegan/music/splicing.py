"""Splicing: other notes for some steps of a track, while everything else in its file stays.

A note belongs to the step that it begins in. So what begins in steps that are written anew goes, also
where it sounded on beyond them; what begins before them stays, and ends at their first step unless
the new music holds it on. A new note ends with the steps that are written anew, unless it takes up
a note that was held beyond them: then it ends where that one did.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegan.errors import MidiError
from musegan.music import smf
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import Role
from musegan.music.grid import Grid
from musegan.music.midi import parse
from musegan.music.playing import in_ticks
from musegan.music.smf import Chunk, Event

Steps = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

GONE = -1  # as a note's end: the note is taken out


@dataclass(frozen=True, eq=False)
class Edit:
    """What becomes of the notes of one track."""

    notes: Notes  # as the file has them, in ticks
    ends: Steps  # (note,), their end ticks from now on, or GONE
    added: Notes  # in ticks


def edit_of(
    notes: Notes,
    whole: Notes,
    fresh: Notes,
    anew: Bools,
    role: Role,
    grid: Grid,
    delays: npt.NDArray[np.float64] | None = None,
) -> Edit:
    """Other music for some steps of a part.

    Args:
        notes: the part as the file has it, in ticks.
        whole: the part with its new music, in steps: says how long what is held sounds.
        fresh: the new notes with their velocities, in steps.
        anew: (step,), the steps that are written anew.
        role: whose part it is; drums have no lengths to change, a bass plays one note at a time.
        grid: where steps lie in ticks.
        delays: of the new notes, (note,) in steps; by default they lie on the grid.
    """
    first, after = quantised(notes, grid)
    ticks = np.round(grid.step_ticks).astype(np.int64)
    inside = notes[:, START] >= 1.5 * grid.step_ticks[0] - 0.5 * grid.step_ticks[1]
    inside &= notes[:, START] < grid.step_ticks[-1]
    gone = inside & anew[first]
    ends = np.where(gone, GONE, notes[:, END])
    if role is not Role.DRUMS:
        before = np.concatenate([[0], np.cumsum(anew)])
        held = {(start, pitch): end for start, end, pitch, _ in whole.tolist()}
        begins = np.sort(fresh[:, START])
        for row in np.flatnonzero(inside & ~gone & (before[after] > before[first])).tolist():
            start, pitch = int(first[row]), int(notes[row, PITCH])
            border = start + int(anew[start:].argmax())
            stop = held.get((start, pitch), border)
            later = begins[begins > start]
            if role is Role.BASS and len(later):
                stop = min(stop, int(later[0]))
            if stop < after[row]:
                ends[row] = min(int(ticks[stop]), int(notes[row, END]))
    let_go = {
        (int(after[row]), int(notes[row, PITCH])): int(notes[row, END])
        for row in np.flatnonzero(inside).tolist()
    }
    added = in_ticks(fresh, grid, delays)
    for row, (end, pitch) in enumerate(fresh[:, [END, PITCH]].tolist()):
        if not anew[end - 1]:
            added[row, END] = let_go.get((end, pitch), ticks[end])
    _part(notes, ends, added)
    return Edit(notes, ends, added[added[:, END] > added[:, START]])


def _part(notes: Notes, ends: Steps, added: Notes) -> None:
    """Let notes and what is added, in ticks, end where their key is struck again, in place.

    What is added at the very tick of a note that stays is taken out.
    """
    kept = np.flatnonzero(ends != GONE)
    for pitch in np.intersect1d(notes[kept, PITCH], added[:, PITCH]).tolist():
        old, new = kept[notes[kept, PITCH] == pitch], np.flatnonzero(added[:, PITCH] == pitch)
        starts, struck = notes[old, START], added[new, START]
        ends[old] = np.minimum(ends[old], _next(struck, starts, "right"))
        added[new, END] = np.minimum(added[new, END], _next(starts, struck, "left"))


def _next(struck: Steps, starts: Steps, side: Literal["left", "right"]) -> Steps:
    """When a key is struck next, (start,); at the start itself counts where `side` is left."""
    later = np.append(np.sort(struck), np.iinfo(np.int64).max)
    found: Steps = later[np.searchsorted(later[:-1], starts, side)]
    return found


def quantised(notes: Notes, grid: Grid) -> tuple[Steps, Steps]:
    """First step and first step after of each note in ticks, rows as they are."""
    first = np.minimum(grid.nearest_steps(notes[:, START]), grid.steps - 1)
    return first, np.minimum(np.maximum(grid.nearest_steps(notes[:, END]), first + 1), grid.steps)


def splice(data: bytes, edits: Sequence[Edit]) -> bytes:
    """A standard file with some tracks' notes edited; every other event stays where it is.

    Chunks without an edit stay byte for byte. Raises MidiError where a track is not in the file.
    """
    file = parse(data)
    chunks = list(file.chunks)
    for edit in edits:
        index, channel = _find(chunks, edit.notes)
        chunks[index] = Chunk(b"MTrk", _spliced(_events(chunks[index]), channel, edit))
    return replace(file, chunks=tuple(chunks)).dumps()


def without_tracks(data: bytes, tracks: Sequence[Notes]) -> bytes:
    """A standard file without the chunks that hold these tracks' notes and no others'.

    Raises MidiError where a track is not in the file, or shares its chunk with other notes.
    """
    file = parse(data)
    gone = set()
    for notes in tracks:
        index, channel = _find(list(file.chunks), notes)
        others = {key[1] for key in _pairs(_events(file.chunks[index]))} - {channel}
        if others:
            raise MidiError(
                "the band shares a track of the file with other music; save the file in format 1"
            )
        gone.add(index)
    kept = tuple(chunk for index, chunk in enumerate(file.chunks) if index not in gone)
    return replace(file, chunks=kept).dumps()


@dataclass(frozen=True)
class _Pair:
    """A note: the events that strike it and let it go, by their place in the track."""

    on: int
    off: int | None


def _events(chunk: Chunk) -> list[Event]:
    return smf.decode(chunk.body, 0, len(chunk.body))[0]


def _pairs(events: Sequence[Event]) -> dict[tuple[int, int, int], list[_Pair]]:
    """The notes of a track, by (tick, channel, pitch); a note-off ends the oldest of its key."""
    notes: dict[tuple[int, int, int], list[_Pair]] = defaultdict(list)
    sounding: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)
    for index, (tick, message) in enumerate(events):
        kind, channel = message[0] & 0xF0, message[0] & 15
        if kind not in (smf.NOTE_ON, smf.NOTE_OFF):
            continue
        pitch, struck = message[1], kind == smf.NOTE_ON and message[2] > 0
        if struck:
            place = len(notes[tick, channel, pitch])
            notes[tick, channel, pitch].append(_Pair(index, None))
            sounding[channel, pitch].append((tick, place, index))
        elif sounding[channel, pitch]:
            start, place, on = sounding[channel, pitch].popleft()
            notes[start, channel, pitch][place] = _Pair(on, index)
    return notes


def _find(chunks: Sequence[Chunk], notes: Notes) -> tuple[int, int]:
    """The chunk and the channel that hold a track's notes."""
    wanted = {(start, pitch) for start, pitch in notes[:, [START, PITCH]].tolist()}
    best = (0, -1, -1)
    for index, chunk in enumerate(chunks):
        if chunk.kind != b"MTrk":
            continue
        found: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for tick, channel, pitch in _pairs(_events(chunk)):
            found[channel].add((tick, pitch))
        for channel, keys in found.items():
            worth = 2 * len(keys & wanted) - len(keys)
            if wanted <= keys and worth > best[0]:
                best = (worth, index, channel)
    if best[1] < 0:
        raise MidiError("a track of the band cannot be found again in the file; save it anew")
    return best[1], best[2]


def _spliced(events: list[Event], channel: int, edit: Edit) -> bytes:
    pairs = _pairs(events)
    sounds = _sounds(events, channel)
    gone: set[int] = set()
    new: list[tuple[int, int, int, bytes]] = []  # tick, rank at it, order, message

    def let_go(tick: int, pitch: int) -> None:
        new.append((tick, 0, len(new), bytes([smf.NOTE_OFF | channel, pitch, 64])))

    seen: dict[tuple[int, int], int] = defaultdict(int)
    for (start, end, pitch, _), stop in zip(edit.notes.tolist(), edit.ends.tolist(), strict=True):
        pair = pairs[start, channel, pitch][seen[start, pitch]]
        seen[start, pitch] += 1
        if stop == end:
            continue
        gone |= {pair.on} if stop == GONE else set()
        gone |= set() if pair.off is None else {pair.off}
        if stop == GONE:
            gone |= {near for near in sounds.get(pair.on, ()) if near is not None}
        elif stop != GONE:
            let_go(stop, pitch)
    for start, end, pitch, velocity in edit.added[:, : VELOCITY + 1].tolist():
        let_go(end, pitch)
        for message in _strike(
            events, sounds, start, bytes([smf.NOTE_ON | channel, pitch, velocity])
        ):
            new.append((start, 2, len(new), message))
    kept = [(tick, 1, index, m) for index, (tick, m) in enumerate(events[:-1]) if index not in gone]
    merged = sorted([*kept, *new], key=lambda event: event[:3])
    last = max([events[-1][0], *(event[0] for event in merged)])
    return smf.encode([*((tick, m) for tick, _, _, m in merged), (last, events[-1][1])])


def _sounds(events: Sequence[Event], channel: int) -> dict[int, tuple[int, int | None]]:
    """The program changes before and after each note-on, where a part shares its channel."""

    def is_sound(index: int, tick: int) -> bool:
        return 0 <= index < len(events) and (
            events[index][0] == tick and events[index][1][0] == smf.PROGRAM | channel
        )

    found: dict[int, tuple[int, int | None]] = {}
    struck = [k for k, (_, m) in enumerate(events) if m[0] == smf.NOTE_ON | channel and m[2] > 0]
    for index in struck:
        tick = events[index][0]
        if len(struck) < 2 or not is_sound(index - 1, tick):
            return {}
        own = is_sound(index + 1, tick) and index + 2 not in struck
        found[index] = (index - 1, index + 1 if own else None)
    return found


def _strike(
    events: Sequence[Event], sounds: dict[int, tuple[int, int | None]], tick: int, on: bytes
) -> Iterator[bytes]:
    """A new note's messages: with the programs around the nearest note before it, if it needs any."""
    if not sounds:
        yield on
        return
    nearest = max((index for index in sounds if events[index][0] <= tick), default=min(sounds))
    before, after = sounds[nearest]
    yield events[before][1]
    yield on
    if after is not None:
        yield events[after][1]
