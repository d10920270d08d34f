"""What a melody will do next, guessed from what it did, and how well a band would agree with it.

Tunes repeat themselves. Where the last bars went as bars did before, whole bars ago, the melody may
go on as it did then; where they went like none, it will go on with the notes it has used so far.

The constants were fitted to 61 of POP909's training songs. There the triad that agrees best with what
is expected of each beat, half a bar ahead, agrees with the melody better than its real band does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes
from musegan.music.harmony import CENTROIDS, CONSONANCE

Floats = npt.NDArray[np.float64]

MEMORY = 32  # steps by which places are compared, two bars of 4/4
PARTED = 1.0  # steps by which any two places are taken to differ; a short likeness is none
LIKENESS = 6.0  # nats by which a place that is wholly alike outweighs one that is not at all
PRIOR = 0.1  # weight of the notes used so far, beside a place that is wholly alike
FADE = 64.0  # steps after which a note counts half among them
SILENCE = -2.0  # what silence agrees with any melody, about as badly as a clash
REST, UNKNOWN = -1, -2

_CONSONANT: Floats = CONSONANCE[(np.arange(12)[:, None] - np.arange(12)) % 12]  # (melody, band)


@dataclass(frozen=True, eq=False)
class Expectation:
    """What is expected of a melody in the coming steps."""

    classes: Floats  # (step, 12), the chance of each pitch class if one sounds
    lag: int  # steps, whole bars, back to the place most like this one; 0 where there is none
    likeness: float  # of that place, 0..1


def expect(melody: Notes, bar: int, steps: int, unheard: int = 1) -> Expectation:
    """What a melody heard until step 0 will do in the `steps` from there.

    Args:
        melody: (note, 4), begun before step 0; what sounds after it is not looked at.
        bar: steps of a bar.
        steps: how many are to be expected.
        unheard: steps before step 0 of which it is not known yet what begins in them.
    """
    line = _classes(melody)
    known = max(len(line) - unheard, 0)
    heard = line[:known]
    weights = 0.5 ** (np.arange(known, 0, -1) / FADE) * (heard != REST)
    used = np.bincount(np.maximum(heard, 0), weights, minlength=12)
    chances = np.tile(1e-3 + PRIOR * used / max(float(used.sum()), 1e-9), (steps, 1))
    lags = np.arange(bar, known + 1, bar)
    lags = lags[lags >= steps]
    if not len(lags):
        return Expectation(chances / chances.sum(1, keepdims=True), 0, 0.0)
    padded = np.concatenate([np.full(MEMORY, UNKNOWN), heard])
    recent = known + np.arange(MEMORY)
    now, then = padded[recent], padded[recent - lags[:, None]]
    both = (now != UNKNOWN) & (then != UNKNOWN) & ((now != REST) | (then != REST))
    alike = ((now == then) & both).sum(1) / (both.sum(1) + PARTED)
    after = line[len(line) - lags[:, None] + np.arange(steps)]  # lag, step
    lag, step = np.nonzero(after != REST)
    np.add.at(chances, (step, after[lag, step]), np.exp(LIKENESS * (alike - 1))[lag])
    best = int(alike.argmax())
    return Expectation(chances / chances.sum(1, keepdims=True), int(lags[best]), float(alike[best]))


def agreement(
    heard: npt.NDArray[np.bool_], expected: Expectation, lengths: npt.NDArray[np.int64]
) -> Floats:
    """How well bands will agree with a melody of which this is expected, (band,).

    `heard` has the pitch classes that sound, (band, step, 12), and is pooled by beats: four steps,
    or a whole cell of another length, `lengths` being the cells'. What is told is the mean over
    beats of half the expected PCS and half the NiC less the MCTD (see `music.harmony`).
    """
    beats = [beat for length in lengths.tolist() for beat in _beats(length)]
    first = np.cumsum([0, *beats[:-1]])
    chances = np.add.reduceat(expected.classes, first, 0) / np.array(beats)[:, None]
    sounding = np.logical_or.reduceat(heard, first, 1).astype(np.float64)  # band, beat, class
    count = sounding.sum(2, keepdims=True)
    shares = sounding / np.maximum(count, 1)
    distance = np.linalg.norm(CENTROIDS - (shares @ CENTROIDS)[:, :, None], axis=3)
    agrees = 0.5 * (shares @ _CONSONANT.T) + 0.5 * sounding - distance  # band, beat, melody
    means: Floats = (np.where(count > 0, agrees, SILENCE) * chances).sum(2).mean(1)
    return means


def _beats(steps: int) -> list[int]:
    return [4] * (steps // 4) if steps % 4 == 0 else [steps]


def _classes(melody: Notes) -> npt.NDArray[np.int64]:
    """The pitch class of the top line at each step from the first note to step 0, or `REST`."""
    begin = int(melody[:, START].min(initial=0))
    notes = melody[melody[:, PITCH].argsort(kind="stable")]
    lengths = (np.minimum(notes[:, END], 0) - notes[:, START]).clip(0)
    before = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) + np.repeat(notes[:, START] - begin - before, lengths)
    line = np.full(-begin, REST)
    line[steps] = np.repeat(
        notes[:, PITCH] % 12, lengths
    )  # of several the last is kept, the highest
    return line
