"""Where the tempo comes from: taps, or another machine's MIDI clock; and the clock we send.

MIDI clock is 24 ticks a quarter. Ticks come late by what cables, drivers and other threads cost, a
few milliseconds, now one, now another; so no single tick is believed. A line through the last four
quarters' ticks says when each was due, as closely as those of a good clock come. Where the tempo
jumps, the last ticks leave that line, and a new one begins with them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from musegan.live.events import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from musegan.live.transport import HIGHEST_QPM, LOWEST_QPM, Transport, within_limits

TICKS = 24  # in a quarter
TICKS_PER_SIXTEENTH = 6  # what song positions are counted in
LOST_SECONDS = 0.5  # without a tick for so long, the clock has gone

_MOST_INTERVALS = 7
_PAUSE_SECONDS = 2.0
_STRAY = 0.2  # of the median; an interval further off is a slip

_WINDOW = 4 * TICKS  # the most ticks that a line is drawn through
_SETTLED = TICKS  # ticks that tell the tempo better than what it was before a pause
_RECENT = 6  # ticks that are compared with the line through those before
_LEAST_JITTER = 0.0005  # seconds
_USUAL_JITTER = 0.002  # seconds, until enough ticks have shown theirs
_SHORTEST, _LONGEST = 60 / (TICKS * HIGHEST_QPM), 60 / (TICKS * LOWEST_QPM)  # seconds a tick


class TapTempo:
    """The tempo that somebody taps.

    The mean of the last intervals, at most seven, those left out that are far from their median. Who
    pauses for two seconds begins anew; taps faster than the highest tempo are a key that bounces.
    """

    def __init__(self) -> None:
        self.taps = 0  # since the last pause
        self._times: list[float] = []

    def tap(self, now: float) -> float | None:
        """Hear a tap; the tempo in quarter notes a minute, None after the first.  Thread: engine."""
        if self._times and now - self._times[-1] > _PAUSE_SECONDS:
            self.taps, self._times = 0, []
        if not self._times or now - self._times[-1] >= 60 / HIGHEST_QPM:
            self.taps += 1
            self._times = [*self._times[-_MOST_INTERVALS:], now]
        if len(self._times) < 2:
            return None
        intervals = np.diff(self._times)
        median = np.median(intervals)
        usual = intervals[np.abs(intervals - median) <= _STRAY * median]
        return within_limits(60 / float(usual.mean() if len(usual) else median))


@dataclass(slots=True)
class _Tick:
    """A tick that was heard."""

    number: int
    seconds: float
    used: bool = True  # in drawing the line; one that came much too late or early is not


@dataclass(frozen=True, slots=True)
class _Line:
    """When each tick is due: `period` after the one before."""

    number: int
    seconds: float
    period: float
    jitter: float  # seconds, root mean square

    def due(self, number: int) -> float:
        return self.seconds + (number - self.number) * self.period


class ClockFollower:
    """Follows another machine's MIDI clock: where it is, how fast, whether it runs.

    The position is the count of ticks since the start or the song position, exactly; the line
    through the last ticks says when they were due, and so what the position is between them and in a
    moment. Measured with 3 ms of jitter: phase within 1 ms, tempo within 0.1 %, both root mean square
    (`tests/live/test_tempo.py`).

    A tick that gets lost on its way, or comes twice, would shift all that follows by a tick. Where
    the four to six ticks after it come in the old tempo, whole ticks off their line, the count is set
    right; until then the old line holds. Where jitter hides that, as it may from a seventh of a tick
    on (3 ms at 120), the shift stays until the next start or song position. After a silence of half
    a second nothing is made up for: the count goes on where it was.
    """

    def __init__(self) -> None:
        self.running = False
        self._ticks: list[_Tick] = []
        self._line: _Line | None = None
        self._period: float | None = None  # that held before a pause, until the new one is known
        self._number = 0  # of the last tick, whether running or not
        self._last: float | None = None  # when that was
        self._shift: int | None = None  # the last tick's position in ticks less its number
        self._next: int | None = 0  # the next tick's position in ticks, where that was set
        self._paused = True

    @property
    def transport(self) -> Transport | None:
        """Where the other machine is, as if the tempo held from here on.  Thread: engine.

        None unless it runs, its first tick has come, and at least six have been heard.
        """
        line = self._line
        if line is None or self._shift is None or not self.running:
            return None
        quarter = (self._number + self._shift) / TICKS
        return Transport(line.due(self._number), quarter, _qpm(line.period))

    @property
    def qpm(self) -> float | None:
        """The tempo, also of a clock that ticks while it is stopped.  Thread: engine."""
        return None if self._line is None else _qpm(self._line.period)

    @property
    def next_quarter(self) -> float:
        """The position that the next tick has if the machine runs.  Thread: engine."""
        if self._next is not None:
            return self._next / TICKS
        return (self._number + 1 + (self._shift or 0)) / TICKS

    def lost(self, now: float) -> bool:
        """Whether ticks came, but none for half a second: a pulled cable.  Thread: engine."""
        return self._last is not None and now - self._last > LOST_SECONDS

    def hear(self, message: bytes, seconds: float) -> None:
        """Take a message that came at `seconds`; any but the clock's are ignored.  Thread: engine."""
        status = message[0] if message else 0
        if status == CLOCK:
            self._tick(seconds)
        elif status == START:
            self.running, self._next, self._paused = True, 0, True
        elif status == CONTINUE:
            self.running, self._paused = True, True
        elif status == STOP:
            if self._next is None and self._shift is not None:
                self._next = self._number + 1 + self._shift
            self.running, self._shift = False, None
        elif status == SONG_POSITION and len(message) == 3:
            self._next = TICKS_PER_SIXTEENTH * (message[1] | message[2] << 7)

    def _tick(self, seconds: float) -> None:
        last, self._last = self._last, seconds
        self._number += 1
        if self.running and self._next is not None:
            self._shift, self._next = self._next - self._number, None
        if last is not None and self._starts_anew(seconds - last):
            self._ticks = []
            self._period = self._line.period if self._line else None
        self._paused = False
        self._ticks = [*self._ticks[1 - _WINDOW :], _Tick(self._number, seconds)]
        self._judge_recent()
        if len(self._ticks) >= _RECENT or self._line is not None:
            self._line = _line_through(self._ticks, self._period)

    def _starts_anew(self, interval: float) -> bool:
        """Whether the ticks from now on are none of the old line's: after a silence or a start.

        A start does not disturb the ticks of most machines; of others it does.
        """
        if self._line is None or not self._paused:
            return interval > LOST_SECONDS
        off = interval - self._line.period
        return abs(off) > max(0.3 * self._line.period, 3 * self._line.jitter)

    def _judge_recent(self) -> None:
        """Compare the last ticks with the line through those before, and act where they left it."""
        before, recent = self._ticks[:-_RECENT], self._ticks[-_RECENT:]
        if len(before) < (2 if self._period else _RECENT):
            return
        line = _line_through(before, self._period)
        newest = recent[-1]
        newest.used = abs(newest.seconds - line.due(newest.number)) <= _gate(line)
        off = [tick.seconds - line.due(tick.number) for tick in recent]
        usual = 4.5 * 1.5 * line.jitter / math.sqrt(_RECENT)  # 1.5: it is a median, and a forecast
        if abs(float(np.median(off))) <= max(usual, 3 * _LEAST_JITTER):
            return
        far = max(abs(float(np.median(off[-3:]))), usual) / 2
        away = _RECENT  # the first of the ticks at the end that are all far off to the same side
        while away and off[away - 1] * off[-1] > 0 and abs(off[away - 1]) > far:
            away -= 1
        if _RECENT - away < 4:
            return
        known = len(before) >= _SETTLED or self._period is not None
        slipped = _slipped(off[away:], line) if known else 0
        if slipped is None and away:
            return
        if slipped:
            self._number += slipped
            for tick in recent[away:]:
                tick.number += slipped
        else:
            self._ticks = recent[max(away - 1, 0) :]  # the last before is where the tempo changed
            self._period = None
        for tick in recent[away:]:
            tick.used = True


def clock_messages(first_quarter: float, last_quarter: float) -> Iterator[tuple[float, bytes]]:
    """The ticks to send from one position to just before another, each with its own.  Thread: any.

    Positions are whole 24ths, so spans that meet share no tick and miss none.
    """
    number = math.ceil(first_quarter * TICKS) - 1
    while number / TICKS < first_quarter:
        number += 1
    while number / TICKS < last_quarter:
        yield number / TICKS, bytes([CLOCK])
        number += 1


def song_position(quarter: float) -> bytes:
    """The message that names the last sixteenth at or before a position, from 0.  Thread: any."""
    sixteenth = min(max(math.floor(quarter * 4 + 1e-9), 0), 0x3FFF)
    return bytes([SONG_POSITION, sixteenth & 0x7F, sixteenth >> 7])


def _qpm(period: float) -> float:
    return within_limits(60 / (TICKS * period))


def _gate(line: _Line) -> float:
    """How far off its line, in seconds, a tick says more about the computer than about the tempo."""
    return max(0.25 * line.period, 3 * line.jitter)


def _line_through(ticks: Sequence[_Tick], period: float | None) -> _Line:
    """The line with the least squared distance from the used ticks.

    Until enough ticks have come, it has the `period` of before where one is given.
    """
    used = [tick for tick in ticks if tick.used] or ticks
    last = used[-1]
    numbers = np.array([tick.number - last.number for tick in used], np.float64)
    seconds = np.array([tick.seconds - last.seconds for tick in used])
    middle, mean = numbers.mean(), seconds.mean()
    if period is None or len(used) >= _SETTLED:
        spread = float(((numbers - middle) ** 2).sum())
        slope = float(((numbers - middle) * (seconds - mean)).sum()) / spread if spread else 0.0
        period = min(max(slope, _SHORTEST), _LONGEST)
    off = seconds - mean - period * (numbers - middle)
    jitter = math.sqrt(float((off**2).sum()) / max(len(used) - 2, 1))
    return _Line(
        last.number,
        last.seconds + float(mean - period * middle),
        period,
        max(jitter, _LEAST_JITTER if len(used) >= _SETTLED else _USUAL_JITTER),
    )


def _slipped(off: Sequence[float], line: _Line) -> int | None:
    """How many ticks got lost (more than 0) or came twice before these; 0 if none; None: unsure.

    It is where each is off its line by nearly the same whole number of ticks, and none drifts.
    """
    ticks = np.asarray(off) / line.period
    whole = round(float(np.median(ticks)))
    if whole == 0 or line.jitter > 0.15 * line.period or (np.abs(ticks - whole) > 0.35).any():
        return 0
    drift = abs(float(np.polyfit(np.arange(len(ticks)), ticks, 1)[0]))
    if drift < 0.05:
        return whole
    return None if drift < 0.15 else 0
