"""What is found where bars of a band were written anew: at their borders, and in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from musegan.evaluate.features import features
from musegan.evaluate.frechet import frechet_distance, standardised
from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes
from musegan.music.band import Role
from musegan.music.harmony import notes_in_chord
from musegan.music.sounding import onsets, pooled, sounding_classes, top_pitches

Band = Mapping[Role, Notes]
Figures = dict[str, float]

JUDGED = (Role.BASS, Role.PIANO)
BARS = 4  # of a stretch
AROUND = 2  # bars on either side of a border whose features are compared


def mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


@dataclass
class Seams:
    """What was found at the borders of stretches."""

    before: list[float] = field(default_factory=list)  # rhythm, of the bars around the first border
    after: list[float] = field(default_factory=list)
    jump: list[float] = field(default_factory=list)  # semitones
    in_chord: list[float] = field(default_factory=list)  # of the stretch
    kept: list[float] = field(default_factory=list)  # share of onsets that were there before
    rows: list[npt.NDArray[np.float64]] = field(default_factory=list)  # features around borders

    def figures(self, reference: npt.NDArray[np.float64]) -> Figures:
        return {
            "rhythm_before": mean(self.before),
            "rhythm_after": mean(self.after),
            "register": mean(self.jump),
            "frechet": frechet_distance(
                standardised(reference, reference),
                standardised(np.concatenate(self.rows), reference),
            ),
            "NiC": mean(self.in_chord),
            "same_onsets": mean(self.kept),
        }


def bar_notes(part: Notes, grid_bars: npt.NDArray[np.int64], bar: int) -> Notes:
    inside = part[(part[:, START] >= grid_bars[bar]) & (part[:, START] < grid_bars[bar + 1])].copy()
    inside[:, [START, END]] -= grid_bars[bar]
    return inside


def rhythm_across(band: Band, song: Arrangement, border: int) -> float:
    """How far the bars on either side of a border have the same rhythm."""
    edges = song.grid.bar_starts
    length = int(min(edges[border] - edges[border - 1], edges[border + 1] - edges[border]))
    shares = []
    for part in band.values():
        left, right = (
            onsets(bar_notes(part, edges, bar), length) > 0 for bar in (border - 1, border)
        )
        if left.any() or right.any():
            shares.append(float((left & right).sum() / (left | right).sum()))
    return mean(shares)


def register_across(band: Band, song: Arrangement, border: int) -> float:
    jumps = []
    for role, part in band.items():
        if role is not Role.DRUMS:
            left, right = (
                bar_notes(part, song.grid.bar_starts, bar)[:, PITCH] for bar in (border - 1, border)
            )
            if len(left) and len(right):
                jumps.append(abs(float(left.mean() - right.mean())))
    return mean(jumps)


def features_around(band: Band, song: Arrangement, border: int) -> npt.NDArray[np.float64]:
    grid = song.grid.bars_between(border - AROUND, border + AROUND)
    start = int(song.grid.bar_starts[border - AROUND])

    def cut(part: Notes) -> Notes:
        kept = part[(part[:, START] >= start) & (part[:, START] < start + grid.steps)].copy()
        kept[:, [START, END]] -= start
        return kept

    parts = {role: cut(part) for role, part in band.items() if role in JUDGED}
    melody = cut(song.melody)
    if not len(melody):
        return np.zeros((0, 0))
    return features(melody, parts, grid.bar_starts, grid.beat_starts, JUDGED)


def add_seams(seams: Seams, band: Band, base: Band, song: Arrangement, first: int) -> None:
    """Measure a band whose bars `first` to `first + BARS` were written anew in `base`."""
    edges = song.grid.bar_starts
    seams.before.append(rhythm_across(band, song, first))
    seams.after.append(rhythm_across(band, song, first + BARS))
    for border in (first, first + BARS):
        seams.jump.append(register_across(band, song, border))
        row = features_around(band, song, border)
        if len(row):
            seams.rows.append(row)
    start, end = int(edges[first]), int(edges[first + BARS])
    pitched = np.concatenate([part for role, part in band.items() if role is not Role.DRUMS])
    heard = pooled(sounding_classes(pitched, song.grid.steps), song.grid.beat_starts)
    line = top_pitches(song.melody, song.grid.steps)
    seams.in_chord.append(notes_in_chord(line[start:end], heard[start:end]))
    same, all_of = 0, 0
    for role, part in band.items():
        own, old = (
            {(a, p) for a, _, p, _ in notes.tolist() if start <= a < end}
            for notes in (part, base[role])
        )
        same, all_of = same + len(own & old), all_of + len(own)
    if all_of:
        seams.kept.append(same / all_of)


def with_stretch(base: Band, other: Band, song: Arrangement, first: int) -> dict[Role, Notes]:
    """A band with the notes of another that begin in the stretch in place of its own; all are cut."""
    start, end = (int(song.grid.bar_starts[bar]) for bar in (first, first + BARS))
    joined = {}
    for role, part in base.items():
        inside = (part[:, START] >= start) & (part[:, START] < end)
        kept = part[~inside].copy()
        held = (kept[:, START] < start) & (kept[:, END] > start)
        kept[held, END] = start
        theirs = other.get(role, part[:0])
        new = theirs[(theirs[:, START] >= start) & (theirs[:, START] < end)].copy()
        new[:, END] = np.minimum(new[:, END], end)
        joined[role] = np.concatenate([kept, new])
    return joined
