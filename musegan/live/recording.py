"""A recording: what the player and the band played, as a MIDI file with their bars and tempo.

It keeps numbers in arrays, so that hours of playing take little room, and can be written at any
moment, whatever still sounds.
"""

from array import array
from collections.abc import Mapping, Sequence

from musegan.live.events import CONTROL, NOTE_OFF, NOTE_ON, NOTES_OFF, SOUND_OFF
from musegan.music.band import DRUM_CHANNEL
from musegan.music.metre import Metre
from musegan.music.smf import END_OF_TRACK, METRE, TEMPO, Chunk, Event, Smf, encode, meta

DIVISION = 480  # ticks a quarter note


class Recording:
    """Messages by position. Not locked: the engine's thread adds, and who ended it reads."""

    def __init__(self, metre: Metre, titles: Mapping[int, tuple[str, int]]) -> None:
        """`titles` names the channels that are kept, each with its program, in the file's order."""
        self.metre, self.titles = metre, titles
        self._quarters = array("d")
        self._messages = array("Q")  # status, first and second data byte, and how many there are
        self._tempi: list[tuple[float, float]] = []

    def __len__(self) -> int:
        return len(self._quarters)

    def add(self, quarter: float, message: bytes) -> None:
        """Keep a message of a kept channel that sounds at a position.  Thread: engine."""
        if message[0] & 0x0F in self.titles and message[0] < 0xF0:
            self._quarters.append(quarter)
            self._messages.append(int.from_bytes(message + bytes([len(message)]), "big"))

    def set_tempo(self, quarter: float, qpm: float) -> None:
        """The tempo from a position on; changes below a five-hundredth are none.  Thread: engine."""
        if not self._tempi or abs(self._tempi[-1][1] / qpm - 1) > 2e-3:
            self._tempi.append((quarter, qpm))

    def midi(self) -> bytes:
        """The file: format 1, a track for tempo and metre, one for each channel that was played.

        Bar 1 is the bar of the first downbeat, or of what was played before it. Notes that still
        sound end with the recording.
        """
        first = min(self._quarters, default=0.0)
        offset = -min(0, self.metre.bar_at(first)) * self.metre.quarters
        last = max(self._quarters, default=0.0)
        tracks = [self._times(offset)]
        rows = self._by_channel(offset)
        for channel, (title, program) in self.titles.items():
            if rows[channel]:
                tracks.append(_track(channel, title, program, rows[channel], _tick(last + offset)))
        return Smf(1, DIVISION, tuple(Chunk(b"MTrk", track) for track in tracks)).dumps()

    def _times(self, offset: float) -> bytes:
        whole = self.metre.denominator.bit_length() - 1
        events: list[Event] = [(0, meta(METRE, bytes([self.metre.numerator, whole, 24, 8])))]
        tempi = sorted(self._tempi, key=lambda tempo: tempo[0])  # positions may have gone back
        for index, (quarter, qpm) in enumerate(tempi):
            tick = 0 if index == 0 else _tick(quarter + offset)
            events.append((tick, meta(TEMPO, round(60e6 / qpm).to_bytes(3, "big"))))
        return encode([*events, (events[-1][0], meta(END_OF_TRACK, b""))])

    def _by_channel(self, offset: float) -> dict[int, list[Event]]:
        rows: dict[int, list[Event]] = {channel: [] for channel in self.titles}
        order = sorted(range(len(self)), key=self._quarters.__getitem__)
        for index in order:
            packed = self._messages[index]
            length = packed & 0xFF
            message = (packed >> 8).to_bytes(length, "big")
            rows[message[0] & 0x0F].append((_tick(self._quarters[index] + offset), message))
        return rows


def _track(
    channel: int, title: str, program: int, events: Sequence[Event], last_tick: int
) -> bytes:
    """A track whose every note ends, and ends once."""
    sounding: dict[int, int] = {}  # pitch -> tick of its onset
    kept: list[Event] = [(0, meta(0x03, title.encode()))]
    if not (program == 0 and channel == DRUM_CHANNEL):
        kept.append((0, bytes([0xC0 | channel, program])))
    for tick, message in events:
        kind, number = message[0] & 0xF0, message[1]
        is_note = kind in (NOTE_OFF, NOTE_ON)
        ends_all = kind == CONTROL and (number == SOUND_OFF or number >= NOTES_OFF)
        for pitch in [p for p in sounding if ends_all or (is_note and p == number)]:
            end = max(tick, sounding.pop(pitch) + 1)
            kept.append((end, bytes([NOTE_OFF | channel, pitch, 0])))
        if kind == NOTE_ON and message[2]:
            sounding[number] = tick
        elif is_note or ends_all:
            continue
        kept.append((tick, message))
    end = max([last_tick, *(tick + 1 for tick in sounding.values())])
    kept += [(end, bytes([NOTE_OFF | channel, pitch, 0])) for pitch in sounding]
    kept.sort(key=lambda event: event[0])
    return encode([*kept, (max(end, kept[-1][0]), meta(END_OF_TRACK, b""))])


def _tick(quarter: float) -> int:
    return max(0, round(quarter * DIVISION))
