"""Channels: which a file uses, and where the parts of a band sit so that they clash with nothing.

A MIDI file has sixteen channels, one of them for drums, and a channel has one sound at a time. Where
a part has to share its channel, it asks for its sound before each of its notes, and gives the other
part its sound back after it: notes that sound keep the sound that they began with.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from musegan.music import smf
from musegan.music.band import DRUM_CHANNEL
from musegan.music.smf import Smf

MELODIC = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)

Programs = Sequence[tuple[int, int]]  # (tick, General MIDI program from then on), by tick


@dataclass(frozen=True)
class Seat:
    """The channel of a new part."""

    channel: int
    others: Programs | None = None  # who shares it: a part of the file, or (empty) of the band


def channel_use(file: Smf) -> dict[int, int]:
    """Each channel (0..15) that the file uses, and how many bytes its messages take."""
    total: dict[int, int] = {}
    for body, walk in zip(file.tracks, file.walks(), strict=True):
        for channel, size in smf.channel_bytes(body, walk).items():
            total[channel] = total.get(channel, 0) + size
    return dict(sorted(total.items()))


def find_seats(file: Smf, count: int) -> list[Seat]:
    """Channels for `count` new parts that are not drums.

    First come channels that the file does not use, in order, then those on which it plays no note.
    When they run out, the last of them is shared among the parts left over. Only where the file
    plays on all of them are its own parts met: on the channels with fewest notes.
    """
    used = channel_use(file)
    free = [channel for channel in MELODIC if channel not in used]
    if len(free) >= count:
        return [Seat(channel) for channel in free[:count]]
    notes, programs = _played(file)
    free += [channel for channel in MELODIC if channel in used and not notes[channel]]
    if len(free) >= count:
        return [Seat(channel) for channel in free[:count]]
    if free:
        left = count - len(free) + 1
        return [*(Seat(channel) for channel in free[:-1]), *[Seat(free[-1], ())] * left]
    least = sorted(MELODIC, key=lambda channel: (notes[channel], -channel))
    return [
        Seat(channel, programs.get(channel) or ((0, 0),))
        for channel in (least[part % len(least)] for part in range(count))
    ]


def program_at(programs: Programs, tick: int) -> int:
    """Which program holds at a tick; 0 before the first."""
    return next((program for start, program in reversed(programs) if start <= tick), 0)


def _played(file: Smf) -> tuple[Counter[int], dict[int, list[tuple[int, int]]]]:
    """How many notes each channel has, and its programs."""
    notes: Counter[int] = Counter()
    programs: dict[int, list[tuple[int, int]]] = {}
    for body in file.tracks:
        for tick, message in smf.decode(body, 0, len(body))[0]:
            kind, channel = message[0] & 0xF0, message[0] & 15
            if kind == smf.NOTE_ON and message[2]:
                notes[channel] += 1
            elif kind == smf.PROGRAM:
                programs.setdefault(channel, []).append((tick, message[1]))
    for changes in programs.values():
        changes.sort(key=lambda change: change[0])
    return notes, programs
