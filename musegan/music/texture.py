"""Measures of texture: how one track is woven, bar by bar.

Each measure is of one track of one song; a table takes the mean over songs and, where the track
is always silent, leaves the song out. Steps are those of a grid, `bar_starts` its bars' first
steps, ending with the number of steps; what begins before the first bar is not looked at.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, START, Notes
from musegan.music.harmony import published_bands
from musegan.music.sounding import onsets, sounding_classes, sounding_pitches, summed_over

Floats = npt.NDArray[np.float64]

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
QUALIFIED_BEATS = 3 / 24  # 3 of the 96 steps of a bar of 4/4
_PATTERN = np.array([1, 0.3, 0, 0, 0, 0.3])  # within a sixteenth of 6 steps: MuseGAN's tolerance


@dataclass(frozen=True)
class Texture:
    """The measures of texture of one track; NaN where they do not exist, as in a silent track."""

    empty_bars: float  # EB: share of bars in which nothing sounds
    pitch_classes: float  # UPC: distinct pitch classes a bar, of bars that are not empty
    pitches: float  # distinct pitches a bar, of bars that are not empty
    polyphony: float  # PP: share of steps with two pitches or more, of bars that are not empty
    dense_polyphony: float  # PP of the papers' text: more than two
    qualified_notes: float  # QN: share of notes of 3/96 of a bar of 4/4 or more
    notes: float  # notes that begin in a bar, of bars that are not empty
    note_beats: float  # mean length of a note in beats
    groove: float  # groove consistency: 1 - mean Hamming distance of neighbouring bars' onsets
    entropy: float  # of pitch classes, in bits, by sounding time
    scale: float  # share of sounding time in the best of the twelve major scales
    drum_pattern: float  # DP: share of onsets on eighth notes


@dataclass(frozen=True)
class PublishedTexture:
    """The same names as published code computes them, to stand next to the papers' tables."""

    empty_bars: float  # v3 and pypianoroll: the share of bars that are NOT empty
    pitch_classes: float  # bands of 7 semitones instead of pitch classes
    qualified_notes: float  # lengths are counted times 84 or 128: always 1 where there is a note
    drum_pattern: float  # weights 1, .3, 0, 0, 0, .3 a sixteenth, the best of 6 shifts


def texture(notes: Notes, bar_starts: npt.NDArray[np.int64], *, steps_per_beat: int = 4) -> Texture:
    """All measures of texture of one track, notes (note, 4).

    On a grid of sixteenths every note is qualified: QN tells something from 24 steps a beat on.
    """
    notes, bar_starts = _from_first_bar(notes, bar_starts)
    steps = int(bar_starts[-1])
    lengths = (notes[:, END] - notes[:, START]) / steps_per_beat
    sounding = sounding_pitches(notes, steps) > 0
    used = summed_over(sounding.astype(np.int64), bar_starts) > 0  # (bar, pitch)
    full: npt.NDArray[np.bool_] = np.asarray(used.any(axis=1))
    many = sounding.sum(axis=1)[np.repeat(full, np.diff(bar_starts))]
    starts = summed_over(onsets(notes, steps)[:, None], bar_starts)[:, 0]
    profile = folded(sounding.sum(axis=0).astype(np.float64))
    return Texture(
        empty_bars=float(1 - full.mean()) if len(full) else float("nan"),
        pitch_classes=_mean(folded(used[full].astype(np.float64), np.maximum).sum(axis=1)),
        pitches=_mean(used[full].sum(axis=1)),
        polyphony=_mean(many >= 2),
        dense_polyphony=_mean(many > 2),
        qualified_notes=qualified_notes(notes, steps_per_beat),
        notes=_mean(starts[full]),
        note_beats=_mean(lengths),
        groove=groove(notes, bar_starts),
        entropy=entropy(profile),
        scale=scale_consistency(profile),
        drum_pattern=drum_pattern(notes, steps_per_beat),
    )


def published_texture(
    notes: Notes, bar_starts: npt.NDArray[np.int64], *, steps_per_beat: int = 4
) -> PublishedTexture:
    """The measures of MuseGAN's published code that differ from their names, for one track."""
    notes, bar_starts = _from_first_bar(notes, bar_starts)
    steps = int(bar_starts[-1])
    heard = summed_over(sounding_classes(notes, steps), bar_starts) > 0
    full: npt.NDArray[np.bool_] = np.asarray(heard.any(axis=1))
    bands = summed_over(published_bands(notes, steps), bar_starts) > 0
    return PublishedTexture(
        empty_bars=_mean(full),
        pitch_classes=_mean(bands[bands.any(axis=1)].sum(axis=1)),
        qualified_notes=1.0 if len(notes) else float("nan"),
        drum_pattern=published_drum_pattern(notes, steps_per_beat),
    )


def qualified_notes(notes: Notes, steps_per_beat: float) -> float:
    """QN: the share of notes at least 3/96 of a bar of 4/4 long, an eighth of a beat."""
    return _mean(notes[:, END] - notes[:, START] >= QUALIFIED_BEATS * steps_per_beat)


def groove(notes: Notes, bar_starts: npt.NDArray[np.int64]) -> float:
    """Groove consistency: the mean share of steps at which neighbouring bars agree.

    Two steps agree where notes begin at both or at neither (Wu and Yang 2020, as muspy has it).
    Neighbours of different lengths are not compared.
    """
    struck = onsets(notes, int(bar_starts[-1])) > 0
    lengths = np.diff(bar_starts)
    agreeing, compared = 0, 0
    for length in np.unique(lengths):
        first = np.flatnonzero((lengths[:-1] == length) & (lengths[1:] == length))
        if not len(first):
            continue
        at = bar_starts[first][:, None] + np.arange(length)
        agreeing += int((struck[at] == struck[at + length]).sum())
        compared += at.size
    return agreeing / compared if compared else float("nan")


def entropy(profile: Floats) -> float:
    """The entropy of a histogram of pitch classes in bits, 0..log2 12 (Wu and Yang 2020)."""
    total = profile.sum()
    if not total:
        return float("nan")
    shares = profile[profile > 0] / total
    return float(-(shares * np.log2(shares)).sum() + 0.0)


def scale_consistency(profile: Floats) -> float:
    """The share of a histogram of pitch classes inside the best major scale (Mogren 2016)."""
    total = profile.sum()
    if not total:
        return float("nan")
    return float(max(np.roll(profile, -key)[list(MAJOR_SCALE)].sum() for key in range(12)) / total)


def drum_pattern(notes: Notes, steps_per_beat: int) -> float:
    """DP, strictly: the share of onsets that lie on eighth notes, the papers' 8-beat pattern.

    Their 16-beat pattern holds every onset of a grid of sixteenths and tells nothing there.
    """
    return _mean(notes[:, START] * 2 % steps_per_beat == 0)


def published_drum_pattern(notes: Notes, steps_per_beat: int) -> float:
    """DP as MuseGAN's code has it: onsets weighed by place in the sixteenth, the best shift."""
    if not len(notes):
        return float("nan")
    place = np.rint(notes[:, START] * 24 / steps_per_beat).astype(np.int64) % 6
    return float(max(_PATTERN[(place - shift) % 6].mean() for shift in range(6)))


def folded(values: Floats, fold: np.ufunc = np.add) -> Floats:
    """Fold the octaves of (..., 128) pitches into (..., 12) pitch classes."""
    padded = np.zeros((*values.shape[:-1], 132))
    padded[..., :128] = values
    result: Floats = fold.reduce(padded.reshape(*values.shape[:-1], 11, 12), axis=-2)
    return result


def _from_first_bar(
    notes: Notes, bar_starts: npt.NDArray[np.int64]
) -> tuple[Notes, npt.NDArray[np.int64]]:
    """The notes that begin in a bar, and the bars, counted from the first bar's first step."""
    first, end = bar_starts[0], bar_starts[-1]
    inside: Notes = notes[(notes[:, START] >= first) & (notes[:, START] < end)].copy()
    inside[:, [START, END]] -= first
    return inside, bar_starts - first


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else float("nan")
