"""Measures of harmony: how well an accompaniment agrees with a melody.

The melody is its top line; the accompaniment is what sounds of it at each step, by pitch class:
`sounding_classes` as it is ("acc16" on a grid of sixteenths), pooled over beats ("accbeat"), or the
pitch classes of chord labels. Every measure is of one song; a table takes the mean over songs.
A step where the melody or the accompaniment rests is not judged, except by `consonance_rates`.

Yeh et al. 2021, "Automatic melody harmonization with triad chords" (arXiv:2001.02360), define
CTnCTR, PCS and MCTD; ports of them differ, so each docstring here says what exactly is counted.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes
from musegan.music.sounding import REST, Counts, sounding_classes, summed_over, top_pitches

Floats = npt.NDArray[np.float64]

CONSONANCE: Floats = np.array([1, -1, -1, 1, 1, 0, -1, 1, 1, 1, -1, -1], np.float64)
"""By semitones of the melody above the accompaniment, modulo 12: unison, thirds, fifth and sixths
count +1, the perfect fourth 0, the rest -1 (Yeh et al., PCS)."""

_ANGLES = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
_RADII = np.array([1.0, 1.0, 0.5])
CENTROIDS: Floats = np.stack([_RADII * np.sin(_ANGLES), _RADII * np.cos(_ANGLES)], axis=2).reshape(
    12, 6
)
"""Where each pitch class lies in tonal space, (12, 6): the circles of fifths, minor thirds and
major thirds with radii 1, 1 and 0.5 (Harte, Sandler and Gasser 2006)."""

_PAIRS = CONSONANCE[(np.arange(12)[:, None] - np.arange(12)) % 12]  # (melody class, band class)


@dataclass(frozen=True)
class Harmony:
    """The measures of harmony of one song; NaN where melody and accompaniment never meet."""

    chord_tones: float  # CTnCTR, higher agrees more
    pitch_consonance: float  # PCS, -1..1
    centroid_distance: float  # MCTD, lower agrees more
    notes_in_chord: float  # NiC, 0..1
    consonant: float  # CR, 0..1
    unsupported: float  # UR, 0..1
    dissonant: float  # DR, 0..1
    tonal_distance: float  # TD per beat
    published_tonal_distance: float  # TD as the published code has it


def harmony(
    melody: Notes,
    accompaniment: Notes,
    beat_starts: npt.NDArray[np.int64],
    *,
    heard: Counts | None = None,
) -> Harmony:
    """All measures of harmony of one song.

    Args:
        melody: (note, 4).
        accompaniment: (note, 4), all judged tracks together, without drums.
        beat_starts: first steps of the beats, ending with the number of steps.
        heard: pitch classes to judge the melody against, (step, 12); what sounds at each step where
            none are given. `pooled(sounding_classes(...), beat_starts)` pools it per beat.
    """
    steps = int(beat_starts[-1])
    sounding = sounding_classes(accompaniment, steps)
    chords = sounding if heard is None else heard
    line = top_pitches(melody, steps)
    sung = line_classes(line)
    return Harmony(
        chord_tones(melody, chords),
        pitch_consonance(line, chords),
        centroid_distance(line, chords),
        notes_in_chord(line, chords),
        *consonance_rates(melody, chords),
        tonal_distance(sung, sounding, beat_starts),
        tonal_distance(
            published_bands(melody, steps), published_bands(accompaniment, steps), beat_starts
        ),
    )


def line_classes(line: Counts) -> Counts:
    """A line of pitches (step,) as counts of pitch classes, (step, 12)."""
    sung: Counts = ((line[:, None] != REST) & (line[:, None] % 12 == np.arange(12))).astype(
        np.int64
    )
    return sung


def notes_in_chord(line: Counts, chords: Counts) -> float:
    """NiC: the share of steps at which the melody's pitch class is in the accompaniment.

    Of the steps at which both sound, `line` (step,) and `chords` (step, 12).
    """
    classes, heard = _meeting(line, chords)
    return _mean(heard[np.arange(len(classes)), classes])


def pitch_consonance(line: Counts, chords: Counts) -> float:
    """PCS: the mean over steps of the mean `CONSONANCE` of the melody with each pitch class heard.

    Each pitch class counts once a step, however many octaves it sounds in (Yeh et al., with one
    step as the window).
    """
    classes, heard = _meeting(line, chords)
    return _mean((_PAIRS[classes] * heard).sum(axis=1) / heard.sum(axis=1))


def centroid_distance(line: Counts, chords: Counts) -> float:
    """MCTD: the distance in tonal space between melody and accompaniment, mean over steps.

    A mean over steps weighs each melody note by its duration, as Yeh et al. do. The accompaniment's
    centroid is the mean of those of its pitch classes, each once.
    """
    classes, heard = _meeting(line, chords)
    centroids = heard @ CENTROIDS / heard.sum(axis=1, keepdims=True)
    return _mean(np.linalg.norm(CENTROIDS[classes] - centroids, axis=1))


def chord_tones(melody: Notes, chords: Counts) -> float:
    """CTnCTR: (chord tones + proper non-chord tones) / melody notes, judged at each note's onset.

    A non-chord tone is proper where the next note lies at most two semitones away (repeated pitches
    included, chord tone or not). Notes that begin over silence are not counted.
    """
    notes = melody[(melody[:, START] >= 0) & (melody[:, START] < len(chords))]
    if not len(notes):
        return float("nan")
    heard = chords[notes[:, START]] > 0
    inside = heard[np.arange(len(notes)), notes[:, PITCH] % 12]
    near = np.append(np.abs(np.diff(notes[:, PITCH])) <= 2, False)
    return _mean((inside | near)[heard.any(axis=1)])


def consonance_rates(melody: Notes, chords: Counts) -> tuple[float, float, float]:
    """CR, UR, DR: shares of melody-note time by what the accompaniment plays during the note.

    A note counts, with its whole length, as consonant where any pitch class heard during it has
    `CONSONANCE` +1 with it, as unsupported where nothing is heard, else as dissonant (after
    StreamMUSE, on notes in steps).
    """
    steps = len(chords)
    notes = melody[(melody[:, START] >= 0) & (melody[:, START] < steps)]
    ends = np.minimum(notes[:, END], steps)
    lengths = ends - notes[:, START]
    if not lengths.sum():
        return (float("nan"),) * 3
    total = np.concatenate([np.zeros((1, 12), np.int64), (chords > 0).cumsum(axis=0)])
    heard = total[ends] > total[notes[:, START]]
    consonant = (heard & (_PAIRS[notes[:, PITCH] % 12] == 1)).any(axis=1)
    silent = ~heard.any(axis=1)
    shares = [(lengths * kind).sum() / lengths.sum() for kind in (consonant, silent)]
    return float(shares[0]), float(shares[1]), float(1 - shares[0] - shares[1])


def tonal_distance(first: Counts, second: Counts, beat_starts: npt.NDArray[np.int64]) -> float:
    """TD: the distance in tonal space between two tracks, mean over the beats where both sound.

    `first` and `second` are `sounding_classes`, (step, 12): within a beat a pitch class weighs as
    many steps as it sounds, in every octave (Dong et al. 2018, after Harte et al., octaves folded).
    """
    one, other = summed_over(first, beat_starts), summed_over(second, beat_starts)
    both = (one.sum(axis=1) > 0) & (other.sum(axis=1) > 0)
    one, other = one[both], other[both]
    shares = one / one.sum(axis=1, keepdims=True) - other / other.sum(axis=1, keepdims=True)
    return _mean(np.linalg.norm(shares @ CENTROIDS, axis=1))


def published_bands(notes: Notes, steps: int) -> Counts:
    """What published code takes for pitch classes, (step, 12): 7 semitones a band from C1 (24) up.

    MuseGAN's `to_chroma` reshapes 84 pitches to 12 x 7 and sums, which puts C..F# in one band and
    never folds octaves. `tonal_distance` of these is the TD of the MuseGAN papers' tables.
    """
    band = (notes[:, PITCH] - 24) // 7
    inside = (band >= 0) & (band < 12)
    moved = notes[inside].copy()
    moved[:, PITCH] = band[inside]
    return sounding_classes(moved, steps)


def _meeting(line: Counts, chords: Counts) -> tuple[Counts, npt.NDArray[np.bool_]]:
    """The melody's pitch classes (meeting,) and those heard (meeting, 12), where both sound."""
    heard = chords > 0
    both = (line != REST) & heard.any(axis=1)
    return line[both] % 12, heard[both]


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else float("nan")
