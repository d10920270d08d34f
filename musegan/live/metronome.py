"""The metronome: a click on every beat, louder on the first of a bar."""

from collections.abc import Iterator

from musegan.live.events import NOTE_ON
from musegan.live.lineup import METRONOME
from musegan.music.metre import Metre

CLICK, DOWNBEAT_CLICK = (77, 84), (84, 112)  # pitch and velocity
CLICK_QUARTERS = 0.1


class Metronome:
    """Clicks through the count-in, and on where it is wanted. Not locked: one thread at a time."""

    def __init__(self, metre: Metre, count_in: int, *, on: bool) -> None:
        """Begin `count_in` bars before the first downbeat; `on`: to go on after it."""
        self.metre, self.on = metre, on
        self._next = -count_in * metre.beats_per_bar  # the next beat, from the first downbeat

    def move(self, quarter: float) -> None:
        """Go on with the beat that a position lies in."""
        beats = self.metre.bar_at(quarter) * self.metre.beats_per_bar
        self._next = beats + self.metre.beat_at(quarter)

    def until(self, quarter: float) -> Iterator[tuple[float, bytes]]:
        """The messages of the beats up to a position that were not asked for yet, by position."""
        while (at := self.metre.quarter_of_beat(self._next)) <= quarter:
            if self.on or at < 0:
                down = self._next % self.metre.beats_per_bar == 0
                pitch, velocity = DOWNBEAT_CLICK if down else CLICK
                yield at, bytes([NOTE_ON | METRONOME, pitch, velocity])
                yield at + CLICK_QUARTERS, bytes([NOTE_ON | METRONOME, pitch, 0])
            self._next += 1
