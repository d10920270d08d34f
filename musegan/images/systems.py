"""Systems: the bars of a song laid out in rows, and how wide a quarter note is drawn."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from symusic.core import ScoreTick

PAGE_WIDTH, WIDEST = 1600, 6000  # pixels of music in a system: as a rule, for the longest songs
QUARTER, WIDEST_QUARTER = 26.0, 72.0  # pixels a quarter note: as a rule, in the shortest songs
MOST_BARS = 20_000


@dataclass(frozen=True)
class Bar:
    """A bar from its first tick to the next bar's, and the metre if it is new."""

    start: int
    end: int
    beat: float  # ticks
    metre: str = ""


@dataclass(frozen=True)
class System:
    """The bars of one row, numbers first to last, from 0."""

    first: int
    last: int


def bars_of(score: ScoreTick) -> list[Bar]:
    """The bars under the score's metres, 4/4 before the first; the last holds the last note.

    What rings over a bar line by less than an eighth of a quarter makes no bar.
    """
    quarter = score.ticks_per_quarter
    metres = {0: (4, 4)}
    for change in sorted(score.time_signatures, key=lambda change: int(change.time)):
        if change.numerator > 0 and change.denominator > 0:
            metres[max(0, int(change.time))] = (change.numerator, change.denominator)
    played = [track for track in score.tracks if len(track.notes)]
    begun = max((int(track.notes.numpy()["time"].max()) + 1 for track in played), default=1)
    end = max([begun, *(int(track.end()) - quarter // 8 for track in played)])
    starts = [tick for tick in sorted(metres) if tick < end or tick == 0]
    bars: list[Bar] = []
    for start, stop in pairwise([*starts, None]):
        assert start is not None
        numerator, denominator = metres[start]
        beat = quarter * 4 / denominator
        if denominator >= 8 and numerator % 3 == 0 and numerator > 3:
            beat *= 3
        length = max(1, round(quarter * 4 * numerator / denominator))
        changed = not bars or metres[starts[starts.index(start) - 1]] != metres[start]
        position, metre = start, f"{numerator}/{denominator}" if changed else ""
        last = end if stop is None else stop
        while position < last and len(bars) < MOST_BARS:
            bar_end = position + length if stop is None else min(position + length, stop)
            bars.append(Bar(position, bar_end, beat, metre))
            position, metre = bar_end, ""
    return bars


@dataclass(frozen=True)
class Layout:
    """How the bars lie on the picture."""

    systems: list[System]
    quarter: float  # pixels a quarter note
    width: int  # pixels of music


def lay_out(bars: list[Bar], ticks_per_quarter: int, most_systems: int) -> Layout:
    """Choose how many bars go in a system, so that the systems fit on the picture.

    Long songs are drawn smaller first and then on a wider picture.
    """
    quarters = (bars[-1].end - bars[0].start) / ticks_per_quarter
    longest = max(bar.end - bar.start for bar in bars) / ticks_per_quarter
    if quarters * QUARTER <= PAGE_WIDTH:
        quarter = min(WIDEST_QUARTER, PAGE_WIDTH / quarters)
        return Layout([System(0, len(bars) - 1)], quarter, round(quarters * quarter))
    width = PAGE_WIDTH
    rows = [max(width / quarter, longest) for quarter in (QUARTER, 20.0, 16.0)]
    while True:
        for row in rows:
            systems = fill_systems(bars, row * ticks_per_quarter)
            if len(systems) <= most_systems:
                fullest = max(bars[s.last].end - bars[s.first].start for s in systems)
                return Layout(systems, width * ticks_per_quarter / fullest, width)
        width = min(WIDEST, round(width * 1.25))
        rows = [max(width / 16.0, rows[-1] * 1.1)]


def fill_systems(bars: list[Bar], ticks: float) -> list[System]:
    """Fill systems of a length with whole bars; where many fit, a multiple of four."""
    systems: list[System] = []
    starts = [bar.start for bar in bars]
    first = 0
    while first < len(bars):
        after = bisect_right(starts, starts[first] + ticks + 0.5)
        fits = after - first - (bars[after - 1].end > starts[first] + ticks + 0.5)
        remaining = len(bars) - first
        fits = max(1, fits if fits <= 4 or fits >= remaining else fits - fits % 4)
        systems.append(System(first, min(first + fits, len(bars)) - 1))
        first += fits
    return systems
