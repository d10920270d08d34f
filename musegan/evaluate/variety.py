"""Variety: how much two bands for one melody differ, beside how much a real band's do.

Two bands are compared bar by bar, their pitched roles together. What a real band would do another
time is known where its melody comes again, as a second verse: two passages of one phrase's length
with the same melody are two arrangements of it by the same people. Where they play note for note
what they played before, there was no second arrangement; so a second one is a passage none of whose
bars is a copy.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import Arrangement, Notes, no_notes
from musegan.music.band import Role
from musegan.music.patterns import PHRASE_BARS, bar_rhythms, struck_pitches
from musegan.music.sounding import pooled, sounding_classes

Band = Mapping[Role, Notes]
Bars = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """How much two bands differ, each 0 (in nothing) to 1 (they share nothing); NaN of silence.

    Each is a Jaccard distance: 1 - what both have over what either has.
    """

    notes: float  # of notes by step and pitch, mean over bars
    rhythm: float  # of steps at which notes begin, mean over bars
    harmony: float  # of pitch classes that sound in a beat, mean over steps


@dataclass(frozen=True)
class Heard:
    """The pitched roles of a band together, at each step."""

    struck: Flags  # (step, 128): whether a note begins
    classes: Flags  # (step, 12): whether a pitch class sounds anywhere in the beat
    bar_starts: Bars  # (bar + 1,)


def heard(song: Arrangement, band: Band, roles: Sequence[Role]) -> Heard:
    """What there is to compare of a band: its `roles` but drums, on the song's grid."""
    grid = song.grid
    parts = [band[role] for role in roles if role in band and role is not Role.DRUMS]
    notes = np.concatenate([no_notes(), *parts])
    classes = pooled(sounding_classes(notes, grid.steps), grid.beat_starts) > 0
    return Heard(struck_pitches(notes, grid.steps), classes, grid.bar_starts)


def difference(first: Heard, second: Heard, pairs: Bars | None = None) -> Difference:
    """How much two bands differ, or one band from itself at another place.

    Args:
        first, second: on grids whose compared bars have equal lengths.
        pairs: the bars to compare, (pair, 2): one of `first` and one of `second`; where None, each
            bar with that of the same number.
    """
    if pairs is None:
        pairs = np.repeat(np.arange(len(first.bar_starts) - 1)[:, None], 2, axis=1)
    here, there = _steps(first.bar_starts, pairs[:, 0]), _steps(second.bar_starts, pairs[:, 1])
    edges = np.concatenate([[0], np.cumsum(np.diff(first.bar_starts)[pairs[:, 0]])])
    struck, other = first.struck[here], second.struck[there]
    classes = np.arange(len(here) + 1)
    return Difference(
        _distance(struck, other, edges),
        _distance(_moments(struck), _moments(other), edges),
        _distance(first.classes[here], second.classes[there], classes),
    )


def recurrences(melody: Notes, bar_starts: Bars, bars: int = PHRASE_BARS) -> Bars:
    """Passages of so many bars in which a melody is the same, (pair, 2): their first bars.

    The same are onsets and pitches, bar for bar, in bars of equal lengths; in each bar a note
    begins, and the passages do not overlap. The earlier of a pair comes first.
    """
    struck = struck_pitches(melody, int(bar_starts[-1]))
    sung = bar_rhythms(struck, bar_starts, drums=True)
    places: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
    pairs = []
    for first in range(len(sung) - bars + 1):
        passage = tuple(sung[first : first + bars])
        if all(passage):
            pairs += [(other, first) for other in places[passage] if first - other >= bars]
            places[passage].append(first)
    return np.array(pairs, np.int64).reshape(-1, 2)


def played_anew(band: Heard, pairs: Bars, bars: int = PHRASE_BARS) -> Bars:
    """Of pairs of passages, (pair, 2), those no bar of which the band plays note for note again."""
    played = bar_rhythms(band.struck, band.bar_starts, drums=True)
    anew = [
        all(played[first + bar] != played[second + bar] for bar in range(bars))
        for first, second in pairs.tolist()
    ]
    kept: Bars = pairs[np.array(anew, bool)]
    return kept


def passage_difference(band: Heard, pairs: Bars, bars: int = PHRASE_BARS) -> Difference:
    """How much a band differs from itself between passages, (pair, 2); NaN where there are none."""
    each = (pairs[:, None, :] + np.arange(bars)[None, :, None]).reshape(-1, 2)
    return difference(band, band, each)


def _steps(bar_starts: Bars, bars: Bars) -> Bars:
    """The steps of bars, one after another."""
    edges = list(pairwise(bar_starts.tolist()))
    parts = [np.arange(*edges[bar]) for bar in bars.tolist()]
    steps: Bars = np.concatenate([np.zeros(0, np.int64), *parts])
    return steps


def _moments(struck: Flags) -> Flags:
    """Whether any note begins at each step, (step, 1)."""
    return np.asarray(struck.any(axis=1, keepdims=True))


def _distance(first: Flags, second: Flags, edges: Bars) -> float:
    """The mean over spans, those where neither has anything left out."""
    both = np.append(0, np.cumsum((first & second).sum(axis=1)))
    either = np.append(0, np.cumsum((first | second).sum(axis=1)))
    shared, known = np.diff(both[edges]), np.diff(either[edges])
    spans = known > 0
    return float(1 - (shared[spans] / known[spans]).mean()) if spans.any() else float("nan")
