"""Voices: who plays what in a performance, for whoever plays notes instead of a SoundFont.

A voice is what one track plays on one channel with one program. Its notes end as they are heard to
end: when the key is let go, the pedal too, or the key is struck again. Volume, expression and pan
are its channel's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from musegan.audio.kit import DEFAULT_VOLUME, DRUMS, EXPRESSION, VOLUME
from musegan.audio.performance import Performance
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples

PAN, MIDDLE = 10, 64
SOUND_OFF, RESET, NOTES_OFF = 120, 121, 123
CENTRED = 8192  # a bend that is none
RAMP_SECONDS = 0.005  # in which a level becomes another

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """How loud a channel is, as factors for left and right, from each moment on."""

    seconds: Floats  # (change,) rising, the first is 0
    factors: Floats  # (2, change); a channel that sets nothing has 1 and 1

    def of(self, first: int, count: int) -> Samples:
        """The factors of so many samples at 48 kHz, (2, sample); from one to the next in a ramp."""
        begins = self.seconds[1:]
        ends = np.minimum(begins + RAMP_SECONDS, np.append(begins[1:], np.inf))
        moments = np.concatenate([[0.0], np.stack([begins, ends], 1).reshape(-1)])
        time = np.arange(first, first + count) / SYNTH_RATE
        sides = []
        for side in self.factors:
            values = np.stack([side[:-1], side[1:]], 1).reshape(-1)
            sides.append(np.interp(time, moments, np.concatenate([side[:1], values])))
        return np.stack(sides).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Voice:
    """Notes of one track, channel and program, in order of their onsets."""

    name: str  # of its track; may be empty
    channel: int
    program: int  # of General MIDI
    notes: Ints  # (note,) their numbers in the performance
    pitches: Ints  # (note,)
    velocities: Ints  # (note,)
    onsets: Floats  # (note,) seconds
    ends: Floats  # (note,) seconds, when they are let go for good
    levels: Levels
    bent: bool  # whether its channel's pitch is bent anywhere

    @property
    def drums(self) -> bool:
        """Whether its keys are a kit's."""
        return self.channel == DRUMS


@dataclass
class Loudness:
    """How loud a channel is, and where: its volume, expression and pan."""

    volume: int = DEFAULT_VOLUME
    expression: int = 127
    pan: int = MIDDLE

    def set(self, number: int, value: int) -> bool:
        """Take a controller; whether it is one of these."""
        if number == VOLUME:
            self.volume = value
        elif number == EXPRESSION:
            self.expression = value
        elif number == PAN:
            self.pan = value
        elif number == RESET:
            self.expression = 127
        else:
            return False
        return True

    @property
    def factors(self) -> tuple[float, float]:
        """For left and right; those of a channel that sets nothing are 1 and 1."""
        return factors_of(self.volume, self.expression, self.pan)


@dataclass
class _Channel:
    """What a channel has set so far, and its history."""

    program: int = 0
    loudness: Loudness = field(default_factory=Loudness)
    bent: bool = False
    moments: list[float] = field(default_factory=lambda: [0.0])
    factors: list[tuple[float, float]] = field(default_factory=lambda: [Loudness().factors])

    def control(self, seconds: float, number: int, value: int) -> None:
        if not self.loudness.set(number, value):
            return
        if seconds <= self.moments[-1]:
            self.factors.pop()
        else:
            self.moments.append(seconds)
        self.factors.append(self.loudness.factors)

    def levels(self) -> Levels:
        return Levels(np.array(self.moments), np.array(self.factors).T)


def factors_of(volume: int, expression: int, pan: int) -> tuple[float, float]:
    """How loud left and right are: by the squares, as General MIDI has it, and equal power."""
    gain = (volume / DEFAULT_VOLUME * expression / 127) ** 2 * 2**0.5
    angle = min(max(pan - 1, 0) / 126, 1.0) * np.pi / 2
    return float(gain * np.cos(angle)), float(gain * np.sin(angle))


def voices_of(performance: Performance) -> list[Voice]:
    """All voices, in order of their tracks and then of their first notes."""
    channels = [_Channel() for _ in range(16)]
    ends = performance.releases.copy()
    sounding: list[dict[int, int]] = [{} for _ in range(16)]  # of each channel: key -> note
    groups: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
    for seconds, message, note in performance.events:
        kind, number = message[0] & 0xF0, message[0] & 0x0F
        channel = channels[number]
        if kind == 0xC0:
            channel.program = message[1]
        elif kind == 0xE0:
            channel.bent |= message[1] | message[2] << 7 != CENTRED
        elif kind == 0xB0:
            channel.control(seconds, message[1], message[2])
            if message[1] in (SOUND_OFF, NOTES_OFF):
                for other in sounding[number].values():
                    ends[other] = min(ends[other], seconds)
        elif kind == 0x90 and message[2] and note >= 0:
            before = sounding[number].get(message[1])
            if before is not None:
                ends[before] = min(ends[before], seconds)
            sounding[number][message[1]] = note
            key = (int(performance.tracks[note]), number, channel.program)
            groups.setdefault(key, []).append((note, message[1], message[2]))
    return [
        _voice(performance, track, channels[number], number, program, rows, ends)
        for (track, number, program), rows in sorted(groups.items(), key=_order)
    ]


def _order(group: tuple[tuple[int, int, int], list[tuple[int, int, int]]]) -> tuple[int, int]:
    (track, _, _), rows = group
    return track, rows[0][0]


def _voice(
    performance: Performance,
    track: int,
    channel: _Channel,
    number: int,
    program: int,
    rows: Sequence[tuple[int, int, int]],
    ends: Floats,
) -> Voice:
    notes, pitches, velocities = np.array(rows, np.int64).T
    return Voice(
        name=performance.names[track],
        channel=number,
        program=program,
        notes=notes,
        pitches=pitches,
        velocities=velocities,
        onsets=performance.onsets[notes],
        ends=ends[notes],
        levels=channel.levels(),
        bent=channel.bent,
    )
