"""What sounds when: notes as counts of sounding pitches at each step.

Every array is over the steps of a grid; what lies before or after is cut off. `edges` are first
steps of spans (beats, bars) and end with the number of steps, as in `Grid.beat_starts`.
"""

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes

Counts = npt.NDArray[np.int64]

REST = -1


def sounding_pitches(notes: Notes, steps: int) -> Counts:
    """How many notes of each MIDI pitch sound at each step, (step, 128)."""
    return _counts(notes, notes[:, PITCH], steps, 128)


def sounding_classes(notes: Notes, steps: int) -> Counts:
    """How many notes of each pitch class (C is 0) sound at each step, (step, 12)."""
    return _counts(notes, notes[:, PITCH] % 12, steps, 12)


def top_pitches(notes: Notes, steps: int) -> Counts:
    """The highest pitch that sounds at each step, or `REST`, (step,)."""
    heard = sounding_pitches(notes, steps)[:, ::-1] > 0
    return np.where(heard.any(axis=1), 127 - heard.argmax(axis=1), REST)


def onsets(notes: Notes, steps: int) -> Counts:
    """How many notes begin at each step, (step,)."""
    inside = notes[(notes[:, START] >= 0) & (notes[:, START] < steps), START]
    return np.bincount(inside, minlength=steps)[:steps].astype(np.int64)


def spans_of_steps(edges: npt.NDArray[np.int64], steps: int) -> npt.NDArray[np.int64]:
    """The span that each step lies in, (step,); those before the first edge lie in the first."""
    spans = np.searchsorted(edges, np.arange(steps), side="right") - 1
    return np.clip(spans, 0, max(len(edges) - 2, 0)).astype(np.int64)


def summed_over(counts: Counts, edges: npt.NDArray[np.int64]) -> Counts:
    """Sums over each span: (step, n) -> (span, n)."""
    total: Counts = np.concatenate([np.zeros_like(counts[:1]), counts.cumsum(axis=0)])
    at = np.clip(edges, 0, len(counts))
    sums: Counts = total[at[1:]] - total[at[:-1]]
    return sums


def pooled(counts: Counts, edges: npt.NDArray[np.int64]) -> Counts:
    """At each step, what sounds anywhere in its span: (step, n) -> (step, n)."""
    return summed_over(counts, edges)[spans_of_steps(edges, len(counts))]


def _counts(notes: Notes, rows: npt.NDArray[np.int64], steps: int, width: int) -> Counts:
    change = np.zeros((steps + 1, width), np.int64)
    np.add.at(change, (np.clip(notes[:, START], 0, steps), rows), 1)
    np.add.at(change, (np.clip(notes[:, END], 0, steps), rows), -1)
    return change[:-1].cumsum(axis=0)
