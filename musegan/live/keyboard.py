"""The player's keyboard: messages in, the notes of a melody out, and what is to sound of them.

Positions are quarter notes, see `transport`. All channels are one keyboard, but for the drum
channel, whose pads sound and are no melody.
"""

from dataclasses import dataclass

import numpy as np

from musegan.live.events import (
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    NOTES_OFF,
    PEDAL,
    PRESSURE,
    PROGRAM,
    SOUND_OFF,
)
from musegan.music.arrangement import PITCH, START, Notes, no_notes
from musegan.music.band import DRUM_CHANNEL
from musegan.music.metre import Metre

CHANNEL_MESSAGES = range(0x80, 0xF0)
HALF = 64  # a pedal is down from here on
RESET_CONTROLLERS = 121


@dataclass(slots=True)
class PlayedNote:
    """A note of the player; `end` is infinite while it is held, by the finger or by the pedal."""

    start: float  # quarters
    end: float
    pitch: int
    velocity: int


class Keyboard:
    """What the player plays and has played. Not locked: one thread at a time."""

    def __init__(self) -> None:
        self.notes: list[PlayedNote] = []  # in order of their starts
        self._pressed: dict[tuple[int, int], PlayedNote] = {}  # (channel, pitch)
        self._pedalled: dict[tuple[int, int], PlayedNote] = {}  # let go, but held by the pedal
        self._pedals: set[int] = set()  # channels

    def hear(self, message: bytes, quarter: float) -> bool:
        """Take a message; whether it is one that is to sound.  Thread: engine.

        Clock, active sensing and messages that are cut short are none of the keyboard's.
        """
        if not message or message[0] not in CHANNEL_MESSAGES:
            return False
        status, channel = message[0] & 0xF0, message[0] & 0x0F
        if len(message) < (2 if status in (PROGRAM, PRESSURE) else 3):
            return False
        if status == NOTE_ON and message[2]:
            self._press(channel, message[1], message[2], quarter)
        elif status in (NOTE_ON, NOTE_OFF):
            self._release(channel, message[1], quarter)
        elif status == CONTROL:
            self._control(channel, message[1], message[2], quarter)
        return True

    def let_go(self, quarter: float) -> None:
        """End all notes: the keyboard is gone, or said so."""
        for note in (*self._pressed.values(), *self._pedalled.values()):
            note.end = max(quarter, note.start)
        self._pressed.clear()
        self._pedalled.clear()
        self._pedals.clear()

    def forget(self, quarter: float) -> None:
        """Drop what ended before a position."""
        self.notes = [note for note in self.notes if note.end >= quarter]

    @property
    def held(self) -> tuple[int, ...]:
        """The pitches that sound, lowest first."""
        sounding = {*self._pressed, *self._pedalled}
        return tuple(sorted({pitch for channel, pitch in sounding if channel != DRUM_CHANNEL}))

    @property
    def last_heard(self) -> float:
        """Where a note sounded last; infinite while one is held, minus infinity before the first."""
        return max((note.end for note in self.notes), default=-np.inf)

    def first_after(self, quarter: float) -> float | None:
        """Where the first note from a position on begins; None if there is none."""
        return next((note.start for note in self.notes if note.start >= quarter), None)

    def loudness(self, quarter: float, reach: float) -> float | None:
        """The mean velocity before a position, what was `reach` quarters ago counting 1/e."""
        heard = [(note.velocity, note.start) for note in self.notes if note.start <= quarter]
        if not heard:
            return None
        velocities, starts = np.array(heard[-64:]).T
        weights = np.exp((starts - starts[-1]) / reach)
        return float((velocities * weights).sum() / weights.sum())

    def steps(self, metre: Metre, before: float) -> Notes:
        """The notes that have begun, in steps, (note, 4); those still held end at `before`."""
        if not self.notes:
            return no_notes()
        rows = [(note.start, note.end, note.pitch, note.velocity) for note in self.notes]
        start, end, pitch, velocity = np.array(rows).T
        first = metre.nearest_steps(start)
        after = np.maximum(metre.nearest_steps(np.minimum(end, before)), first + 1)
        notes = np.column_stack([first, after, pitch.astype(np.int64), velocity.astype(np.int64)])
        return notes[np.lexsort((notes[:, PITCH], notes[:, START]))]

    def _press(self, channel: int, pitch: int, velocity: int, quarter: float) -> None:
        self._release(channel, pitch, quarter)
        held = self._pedalled.pop((channel, pitch), None)
        if held is not None:
            held.end = max(quarter, held.start)
        note = PlayedNote(quarter, np.inf, pitch, velocity)
        self._pressed[channel, pitch] = note
        if channel != DRUM_CHANNEL:
            self.notes.append(note)

    def _release(self, channel: int, pitch: int, quarter: float) -> None:
        note = self._pressed.pop((channel, pitch), None)
        if note is None:
            return
        if channel in self._pedals:
            self._pedalled[channel, pitch] = note
        else:
            note.end = max(quarter, note.start)

    def _control(self, channel: int, number: int, value: int, quarter: float) -> None:
        """The pedal, and "all notes off" of a channel, which leaves to the pedal what it holds."""
        if number == PEDAL and value >= HALF:
            self._pedals.add(channel)
        elif number in (PEDAL, RESET_CONTROLLERS):
            self._pedals.discard(channel)
        elif number == SOUND_OFF or number >= NOTES_OFF:
            for key in [key for key in self._pressed if key[0] == channel]:
                self._release(*key, quarter)
        if number == SOUND_OFF or channel not in self._pedals:
            for key in [key for key in self._pedalled if key[0] == channel]:
                note = self._pedalled.pop(key)
                note.end = max(quarter, note.start)
