"""The parts: what the band has played lately, what it holds, and its notes as events.

A half bar's notes become events when it is decided. A note that reaches its end is held over it, and
ends there, or goes on, when the next is decided; so every note that is begun is ended, once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from musegan.music.arrangement import END, PITCH, START, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cue import HEARD_STEPS, Answer, cross
from musegan.music.metre import Metre


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """A note of the band begins or ends."""

    quarter: float  # where it is due
    role: Role
    pitch: int
    velocity: int  # 0 ends it


@dataclass
class _Part:
    """What one role has played lately, and what it holds."""

    notes: list[list[int]] = field(default_factory=list)  # start, end, pitch, velocity in steps
    held: dict[int, list[int]] = field(default_factory=dict)  # by pitch: what reached the border


class Parts:
    """The parts of all roles. Not locked: one thread at a time."""

    def __init__(self, metre: Metre) -> None:
        self.metre = metre
        self._parts = {role: _Part() for role in ROLES}

    def __len__(self) -> int:
        """How many notes are remembered."""
        return sum(len(part.notes) for part in self._parts.values())

    def held(self, role: Role) -> Collection[int]:
        """The pitches whose notes reached the end of what was decided last."""
        return self._parts[role].held.keys()

    def before(self, roles: Iterable[Role], start: int, earliest: int) -> dict[Role, Notes]:
        """What roles have played, in steps from step `start`: what sounded after `earliest` of these."""
        return {
            role: shifted(_array(part.notes), start, earliest)
            for role, part in self._parts.items()
            if role in roles and part.notes
        }

    def again(self, role: Role, notes: Notes, steps: int) -> Notes:
        """Notes of another cell in one of `steps`; what went on from before is struck if need be."""
        again = notes[notes[:, START] < steps].copy()
        again[:, END] = np.minimum(again[:, END], steps)
        held = [pitch in self._parts[role].held for pitch in again[:, PITCH].tolist()]
        again[:, START] = np.where(held, again[:, START], np.maximum(again[:, START], 0))
        return again

    def last_harmony(self, past: Answer, steps: int) -> Answer:
        """What is held now, or else the first notes of a past cell, held for `steps`; drums go on."""
        held: dict[Role, Notes] = {}
        for role, notes in past.items():
            if role is Role.DRUMS:
                held[role] = self.again(role, notes, steps)
                continue
            now = self.held(role)
            first = notes[: 1 if role is Role.BASS else 2, PITCH].tolist()
            pitches = sorted({*now} or {*first})
            rows = [(-1 if pitch in now else 0, steps, pitch, 80) for pitch in pitches]
            held[role] = np.array(rows, np.int64).reshape(-1, 4)
        return held

    def sound(self, first: int, answer: Mapping[Role, Notes], steps: int) -> list[NoteEvent]:
        """Notes of the coming `steps`, from step `first` on, as events."""
        events: list[NoteEvent] = []
        for role in ROLES:
            part = self._parts[role]
            crossing = cross(part.held, _apart(answer.get(role, no_notes()), steps))
            held, part.held = part.held, {}
            for pitch in sorted(crossing.let_go):
                held[pitch][1] = first
                events.append(NoteEvent(self.metre.quarter_of(first), role, pitch, 0))
            coming = [(held[pitch], end) for pitch, end in crossing.goes_on.items()]
            for start, end, pitch, velocity in crossing.begins.tolist():
                note = [first + start, first + end, pitch, velocity]
                part.notes.append(note)
                coming.append((note, end))
                at = self.metre.quarter_of(first + start)
                events.append(NoteEvent(at, role, pitch, velocity))
            for note, end in coming:
                note[1] = first + end
                if end == steps and role is not Role.DRUMS:
                    part.held[note[2]] = note
                else:
                    at = self.metre.quarter_of(first + end)
                    events.append(NoteEvent(at, role, note[2], 0))
        return events

    def let_go(self, roles: Iterable[Role], quarter: float) -> list[NoteEvent]:
        """The ends of what is held; what was to begin later than at the position is unplayed."""
        events = []
        step = self.metre.nearest_step(quarter)
        for role in roles:
            part = self._parts[role]
            for pitch, note in part.held.items():
                end = max(quarter, self.metre.quarter_of(note[0] + 1))
                events.append(NoteEvent(end, role, pitch, 0))
            part.held = {}
            part.notes = [note for note in part.notes if note[0] < step]
            for note in part.notes:
                note[1] = min(note[1], step)
        return events

    def forget(self, step: int) -> None:
        """Drop what ended by a step."""
        for part in self._parts.values():
            part.notes = [note for note in part.notes if note[1] > step]


def _array(rows: Sequence[Sequence[int]]) -> Notes:
    notes = np.array(rows, np.int64).reshape(-1, 4)
    return notes[np.lexsort((notes[:, PITCH], notes[:, START]))]


def shifted(notes: Notes, start: int, earliest: int) -> Notes:
    """Notes counted from step `start`: begun before it, and still sounding after `earliest`."""
    moved = notes.copy()
    moved[:, [START, END]] -= start
    moved = moved[(moved[:, START] < 0) & (moved[:, END] > earliest)]
    moved[:, START] = np.maximum(moved[:, START], -HEARD_STEPS)
    moved[:, END] = np.minimum(moved[:, END], 0)
    return moved


def _apart(notes: Notes, steps: int) -> Notes:
    """Notes of a cell, each pitch one at a time: a note ends where the next of its pitch begins."""
    apart = notes[np.lexsort((notes[:, END], notes[:, START], notes[:, PITCH]))]
    apart[:, END] = np.minimum(apart[:, END], steps)
    again = apart[1:, PITCH] == apart[:-1, PITCH]
    limit = np.where(again, apart[1:, START], steps)
    apart[:-1, END] = np.minimum(apart[:-1, END], limit)
    apart = apart[apart[:, END] > np.maximum(apart[:, START], 0)]
    return apart[np.lexsort((apart[:, PITCH], apart[:, START]))]
