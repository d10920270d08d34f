"""Measures of pattern and phrase: how far one track repeats itself, bar by bar.

A bar's *rhythm* is where in it notes begin; of drums also which drum is struck. Bars of different
lengths never have the same. `bar_starts` are the bars' first steps, ending with the number of
steps. Each measure is of one track of one song, NaN where it does not exist, as in a silent track.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import PITCH, START, Notes
from musegan.music.standstill import longest_standstill

Steps = npt.NDArray[np.int64]
Struck = npt.NDArray[np.bool_]

MEMORY_BARS = 4
PHRASE_BARS = 4


@dataclass(frozen=True)
class Patterns:
    """The measures of pattern and phrase of one track, shares of 0 to 1 but for the last."""

    repeats: float  # of sounding bars, those whose rhythm is that of one of the last four
    changes: float  # of bars that sound as does the one before, those with another rhythm than it
    fills: float  # the same, of the last bars of phrases alone
    alike_1: float  # what a bar shares with the bar before: notes of both over notes of either
    alike_2: float  # with the bar two bars before
    alike_4: float  # a phrase before
    alike_8: float  # two phrases before
    stays: float  # bars in a row on the same pitch classes, the most there are; of drums NaN


def patterns(
    notes: Notes, bar_starts: Steps, *, drums: bool = False, first_phrase: int = 0
) -> Patterns:
    """All measures of pattern and phrase of one track.

    Args:
        notes: (note, 4).
        bar_starts: (bar + 1,).
        drums: a rhythm is told by which drum is struck, too.
        first_phrase: the bar in which the first phrase of four bars begins.
    """
    struck = struck_pitches(notes, int(bar_starts[-1]))
    rhythms = bar_rhythms(struck, bar_starts, drums=drums)
    bars = np.arange(1, len(rhythms))
    changed = [rhythms[bar] != rhythms[bar - 1] for bar in bars]
    both = np.array([bool(rhythms[bar] and rhythms[bar - 1]) for bar in bars], bool)
    ends = (bars - first_phrase) % PHRASE_BARS == PHRASE_BARS - 1
    return Patterns(
        repeated_rhythms(rhythms),
        _mean(np.array(changed, bool)[both]),
        _mean(np.array(changed, bool)[both & ends]),
        alike_1=alike_at(struck, bar_starts, 1),
        alike_2=alike_at(struck, bar_starts, 2),
        alike_4=alike_at(struck, bar_starts, 4),
        alike_8=alike_at(struck, bar_starts, 8),
        stays=math.nan if drums or not len(notes) else longest_standstill(notes, bar_starts),
    )


def struck_pitches(notes: Notes, steps: int) -> Struck:
    """Whether a note of each pitch begins at each step, (step, 128)."""
    struck = np.zeros((steps, 128), bool)
    inside = notes[(notes[:, START] >= 0) & (notes[:, START] < steps)]
    struck[inside[:, START], inside[:, PITCH]] = True
    return struck


def bar_rhythms(struck: Struck, bar_starts: Steps, *, drums: bool = False) -> list[bytes]:
    """The rhythm of each bar, equal where bars have the same one; empty where nothing begins.

    Of pitched tracks where notes begin, of drums also which: `struck` (step, pitch).
    """
    told: Struck = struck if drums else np.asarray(struck.any(axis=1))
    edges = bar_starts.tolist()
    bars = [told[start:end] for start, end in pairwise(edges)]
    return [bar.tobytes() if bar.any() else b"" for bar in bars]


def repeated_rhythms(rhythms: list[bytes], memory: int = MEMORY_BARS) -> float:
    """The share of sounding bars whose rhythm is that of one of the `memory` bars before.

    The first bar has none before it and does not count.
    """
    repeats = [
        rhythm in rhythms[max(0, bar - memory) : bar]
        for bar, rhythm in enumerate(rhythms)
        if bar and rhythm
    ]
    return _mean(np.array(repeats, bool))


def alike_at(struck: Struck, bar_starts: Steps, lag: int) -> float:
    """What bars share with those `lag` bars before, mean of the Jaccard index of their notes, 0..1.

    A note is a step of the bar and a pitch, however long. Bars of different lengths share nothing;
    a bar and an earlier one that are both silent do not count.
    """
    lengths = np.diff(bar_starts)
    here = np.arange(lag, len(lengths))
    equal = lengths[here] == lengths[here - lag]
    notes = np.add.reduceat(struck.sum(axis=1), bar_starts[:-1]) if len(lengths) else lengths
    unequal = here[~equal]
    shares = [np.zeros(np.count_nonzero(notes[unequal] + notes[unequal - lag]))]
    for length in np.unique(lengths[here]):
        bars = here[equal & (lengths[here] == length)]
        steps = np.arange(length)
        now = struck[bar_starts[bars][:, None] + steps]
        before = struck[bar_starts[bars - lag][:, None] + steps]
        both, either = (now & before).sum(axis=(1, 2)), (now | before).sum(axis=(1, 2))
        shares.append(both[either > 0] / either[either > 0])
    return _mean(np.concatenate(shares))


def first_phrase_bar(melody: Notes, bar_starts: Steps) -> int:
    """The bar in which a melody's first phrase begins, past a pick-up: where its first note falls.

    A note in a bar's second half leads to the next bar.
    """
    if not len(melody):
        return 0
    begin = int(melody[:, START].min())
    bar = int(np.searchsorted(bar_starts, begin, side="right")) - 1
    first, after = bar_starts[bar : bar + 2].tolist()
    return bar + int(2 * (begin - first) >= after - first)


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else float("nan")
