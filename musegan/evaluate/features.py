"""Plain features of a window of four bars: what a band plays, and how it fits the melody.

They are meant for comparing sets of windows (`frechet`, `twosample`), not for reading one by one.
Windows do not overlap, and only those count in which the melody begins a note, so that two bands
for one melody have the same windows. A bar of any length is seen as sixteen positions, and degrees
count from the tonic of the melody's key, for a minor key from its relative major's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes, no_notes
from musegan.music.band import DRUM_KEYS, Role
from musegan.music.harmony import (
    CENTROIDS,
    centroid_distance,
    consonance_rates,
    notes_in_chord,
    pitch_consonance,
)
from musegan.music.key import canonical_shift, estimate_key
from musegan.music.sounding import (
    Counts,
    onsets,
    pooled,
    sounding_classes,
    sounding_pitches,
    summed_over,
    top_pitches,
)
from musegan.music.texture import groove

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

WINDOW_BARS = 4
POSITIONS = 16
_NO_PITCH = 60.0  # stands for the register of a window in which a track is silent

_PITCHED = (
    "notes", "empty bars", "sounding", "voices", "dense", "pitch", "spread", "lowest", "highest",
    "length", "length 1", "length 2", "length 3-4", "length 5-8", "on beat", "on eighth",
    "interval", "repeated pitch", "chord size", "classes", "groove", "same as last bar",
    "in chord", "consonance",
)  # fmt: skip
_DRUMS = ("notes", "empty bars", "on beat", "on eighth", "groove", "same as last bar")
_WHOLE = (
    "centroid distance", "in chord per beat", "consonance per beat", "dissonant", "unsupported",
    "classes a half bar", "moved a bar", "with melody", "without melody",
)  # fmt: skip


@dataclass(frozen=True)
class _Window:
    """Four bars: bar and beat edges in steps, from the window's own first step."""

    bars: Steps
    beats: Steps
    melody: Notes
    line: Counts  # (step,)

    def position(self, steps: Steps) -> Steps:
        """Which of sixteen places in its bar each step is."""
        bar = np.searchsorted(self.bars, steps, side="right") - 1
        lengths = np.diff(self.bars)
        return (steps - self.bars[bar]) * POSITIONS // lengths[bar]


def feature_names(roles: Sequence[Role]) -> tuple[str, ...]:
    """What each column of `features` is, for the same roles."""
    names = [
        f"{role.value}: {name}" for role in roles if role is not Role.DRUMS for name in _PITCHED
    ]
    if Role.DRUMS in roles:
        names += [f"drums: {name}" for name in (*_DRUMS, *DRUM_KEYS)]
    names += [f"onsets at {position}" for position in range(POSITIONS)]
    names += [f"degree {degree}" for degree in range(12)]
    return (*names, *_WHOLE)


def features(
    melody: Notes,
    band: Mapping[Role, Notes],
    bar_starts: Steps,
    beat_starts: Steps,
    roles: Sequence[Role],
) -> Floats:
    """The features of one song's windows, (window, feature), under `feature_names(roles)`.

    Args:
        melody: (note, 4), of one song.
        band: its tracks; those that are not in `roles` are not looked at, a missing one is silent.
        bar_starts, beat_starts: first steps, ending with the number of steps.
        roles: the tracks judged, 24 features each (drums 15), and 37 of all together.
    """
    shift = canonical_shift(estimate_key(melody[:, PITCH], melody[:, END] - melody[:, START]))
    rows = []
    for first in range(0, len(bar_starts) - WINDOW_BARS, WINDOW_BARS):
        start, end = bar_starts[first], bar_starts[first + WINDOW_BARS]
        begun = (melody[:, START] >= start) & (melody[:, START] < end)
        if not begun.any():
            continue
        beats = beat_starts[(beat_starts >= start) & (beat_starts <= end)] - start
        sung = _cut(melody, start, end)
        window = _Window(
            bar_starts[first : first + WINDOW_BARS + 1] - start,
            beats,
            sung,
            top_pitches(sung, int(end - start)),
        )
        parts = {role: _cut(band.get(role, no_notes()), start, end) for role in roles}
        rows.append(_window_features(window, parts, shift))
    return np.array(rows, np.float64).reshape(-1, len(feature_names(roles)))


def _window_features(window: _Window, parts: Mapping[Role, Notes], shift: int) -> list[float]:
    row: list[float] = []
    for role, part in parts.items():
        if role is not Role.DRUMS:
            row += _track_features(window, part)
    if Role.DRUMS in parts:
        row += _drum_features(window, parts[Role.DRUMS])
    pitched = [part for role, part in parts.items() if role is not Role.DRUMS]
    row += _whole_features(window, np.concatenate([no_notes(), *pitched]), shift)
    return row


def _track_features(window: _Window, part: Notes) -> list[float]:
    steps = int(window.bars[-1])
    heard = sounding_pitches(part, steps) > 0
    voices = heard.sum(axis=1)
    classes = sounding_classes(part, steps)
    begun = part[part[:, START] >= 0]
    lengths, pitches = begun[:, END] - begun[:, START], begun[:, PITCH].astype(np.float64)
    line = _begun_tops(begun)
    used = summed_over(classes, window.bars) > 0
    moments = len(np.unique(begun[:, START]))
    return [
        len(begun) / WINDOW_BARS,
        1 - _mean(np.asarray(used.any(axis=1))),
        _mean(voices > 0),
        _mean(voices),
        _mean(voices > 2),
        _mean(pitches, _NO_PITCH),
        float(pitches.std()) if len(pitches) else 0.0,
        float(pitches.min(initial=127)) if len(pitches) else _NO_PITCH,
        float(pitches.max(initial=0)) if len(pitches) else _NO_PITCH,
        _mean(lengths),
        *(_mean((lengths >= low) & (lengths <= high)) for low, high in _LENGTHS),
        *_on_the_beat(window, begun),
        _mean(np.abs(np.diff(line))),
        _mean(np.diff(line) == 0),
        len(begun) / moments if moments else 0.0,
        _mean(used.sum(axis=1)),
        _known(groove(begun, window.bars)),
        _same_as_last_bar(window, begun),
        _known(notes_in_chord(window.line, classes)),
        _known(pitch_consonance(window.line, classes)),
    ]


_LENGTHS = ((1, 1), (2, 2), (3, 4), (5, 8))


def _drum_features(window: _Window, part: Notes) -> list[float]:
    begun = part[part[:, START] >= 0]
    hits = summed_over(onsets(begun, int(window.bars[-1]))[:, None], window.bars)
    return [
        len(begun) / WINDOW_BARS,
        _mean(hits == 0),
        *_on_the_beat(window, begun),
        _known(groove(begun, window.bars)),
        _same_as_last_bar(window, begun),
        *(float((begun[:, PITCH] == drum).sum()) / WINDOW_BARS for drum in DRUM_KEYS.values()),
    ]


def _whole_features(window: _Window, notes: Notes, shift: int) -> list[float]:
    steps = int(window.bars[-1])
    classes = sounding_classes(notes, steps)
    begun = notes[notes[:, START] >= 0]
    places = np.bincount(window.position(begun[:, START]), minlength=POSITIONS) / WINDOW_BARS
    degrees = np.roll(classes.sum(axis=0), shift) / max(int(classes.sum()), 1)
    per_beat = pooled(classes, window.beats)
    _, unsupported, dissonant = consonance_rates(window.melody, classes)
    halves = np.unique(np.concatenate([window.bars, (window.bars[1:] + window.bars[:-1]) // 2]))
    bars = summed_over(classes, window.bars)
    bars = bars[bars.any(axis=1)]
    centroids = bars @ CENTROIDS / bars.sum(axis=1, keepdims=True)
    band_struck = onsets(begun, steps) > 0
    sung = onsets(window.melody[window.melody[:, START] >= 0], steps) > 0
    return [
        *places.tolist(),
        *degrees.tolist(),
        _known(centroid_distance(window.line, classes)),
        _known(notes_in_chord(window.line, per_beat)),
        _known(pitch_consonance(window.line, per_beat)),
        _known(dissonant),
        _known(unsupported),
        _mean((summed_over(classes, halves) > 0).sum(axis=1)),
        _mean(np.linalg.norm(np.diff(centroids, axis=0), axis=1)),
        _mean(band_struck[sung]),
        _mean(band_struck[~sung]),
    ]


def _cut(notes: Notes, start: int, end: int) -> Notes:
    """The notes that sound in a window, counted from its start; those held over begin before 0."""
    inside: Notes = notes[(notes[:, START] < end) & (notes[:, END] > start)].copy()
    inside[:, [START, END]] -= start
    return inside


def _begun_tops(begun: Notes) -> Floats:
    """The highest of the pitches that begin together, in order, (moment,)."""
    order = np.lexsort((begun[:, PITCH], begun[:, START]))
    starts, pitches = begun[order, START], begun[order, PITCH]
    last = np.append(starts[1:] != starts[:-1], True)[: len(starts)]
    tops: Floats = pitches[last].astype(np.float64)
    return tops


def _on_the_beat(window: _Window, begun: Notes) -> tuple[float, float]:
    """The shares of onsets on beats, and on the eighths between (by sixteenths of the bar)."""
    place = window.position(begun[:, START])
    return _mean(np.isin(begun[:, START], window.beats)), _mean(place % 4 == 2)


def _same_as_last_bar(window: _Window, begun: Notes) -> float:
    """How alike neighbouring bars are in what begins where: shared / all (place, pitch), 0..1."""
    bar = np.searchsorted(window.bars, begun[:, START], side="right") - 1
    what = np.zeros((WINDOW_BARS, POSITIONS * 128), bool)
    what[bar, window.position(begun[:, START]) * 128 + begun[:, PITCH]] = True
    shared = (what[1:] & what[:-1]).sum(axis=1)
    either = (what[1:] | what[:-1]).sum(axis=1)
    return _mean(shared[either > 0] / either[either > 0])


def _known(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _mean(values: npt.NDArray[np.generic], otherwise: float = 0.0) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else otherwise
