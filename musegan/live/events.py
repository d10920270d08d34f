"""MIDI messages as they travel live: bytes, and who takes them.

A message is `bytes` of one whole channel or system message, status first. Times are seconds of the
monotonic clock (`time.perf_counter`); positions are quarter notes from the first downbeat, negative
in the count-in.
"""

from typing import Protocol

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL = 0x80, 0x90, 0xA0, 0xB0
PROGRAM, PRESSURE, BEND = 0xC0, 0xD0, 0xE0
SONG_POSITION, CLOCK, START, CONTINUE, STOP, SENSING = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE
SYSTEM = 0xF0  # and above: messages without a channel
VOLUME, PEDAL, SOUND_OFF, NOTES_OFF = 7, 64, 120, 123  # controllers


def is_note_on(message: bytes) -> bool:
    """Whether a channel message begins a note."""
    return message[0] & 0xF0 == NOTE_ON and message[2] > 0


def is_note_off(message: bytes) -> bool:
    """Whether a channel message ends a note; so does a note-on of velocity 0."""
    status = message[0] & 0xF0
    return status == NOTE_OFF or (status == NOTE_ON and message[2] == 0)


class Output(Protocol):
    """Where messages go: a MIDI port, built-in sound, or nowhere."""

    name: str
    lead_seconds: float  # how long before it is due a message should be sent here; 0 for a port

    def send(self, message: bytes, due: float | None = None) -> None:
        """Take a message that is to sound at `due`; None: at once. Never blocks.  Thread: engine.

        A port ignores `due`, for it is sent to when the message is due. Where the port or device is
        gone the message is lost, without an exception.
        """

    def close(self) -> None:
        """Let it go; what sounds must have been ended before.  Thread: any, once."""


class Nowhere:
    """An output that nobody hears."""

    name = "none"
    lead_seconds = 0.0

    def send(self, message: bytes, due: float | None = None) -> None:
        """Let it be."""

    def close(self) -> None:
        """Nothing to let go."""
