"""Baselines: bands that need no model, to hold a model's band against.

A band that cannot beat another song's has learnt nothing about its melody; one that cannot beat
the causal chord template has learnt nothing that last bar's melody did not say.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes, no_notes
from musegan.music.band import Role
from musegan.music.harmony import line_classes
from musegan.music.sounding import summed_over, top_pitches

Band = Mapping[Role, Notes]

TRIADS = np.array(
    [[(pitch - root) % 12 in shape for pitch in range(12)] for shape in ((0, 4, 7), (0, 3, 7))
     for root in range(12)], np.int64
)  # fmt: skip
"""The pitch classes of the 12 major triads, then the 12 minor ones, (24, 12)."""

NO_TRIAD = -1
_VELOCITY = 80
_LOWEST_ROOT = {Role.BASS: 36, Role.PIANO: 54}


def another_song(arrangement: Arrangement, other: Arrangement) -> Band:
    """Another song's band, bar for bar, begun again where it is shorter; bars are cut to fit."""
    here, there = arrangement.grid.bar_starts, other.grid.bar_starts
    sources = np.arange(arrangement.grid.bars) % max(other.grid.bars, 1)
    return {role: _bars_in_order(part, there, sources, here) for role, part in other.band.items()}


def shifted(arrangement: Arrangement, bars: int = 1) -> Band:
    """The song's own band, `bars` bars late; its last bars are lost."""
    starts = arrangement.grid.bar_starts
    sources = np.arange(arrangement.grid.bars) - bars
    return {
        role: _bars_in_order(part, starts, sources, starts)
        for role, part in arrangement.band.items()
    }


def tritone(arrangement: Arrangement) -> Band:
    """The song's own band a tritone higher, drums apart: as wrong as a band in time can be."""
    return {
        role: part if role is Role.DRUMS else _transposed(part, 6)
        for role, part in arrangement.band.items()
    }


def block_chords(arrangement: Arrangement) -> Band:
    """In each half bar, held, the triad with most of its melody: piano, and bass on the root."""
    edges = arrangement.grid.cell_starts
    return chords_as_band(best_triads(arrangement.melody, edges), edges)


def causal_chords(arrangement: Arrangement) -> Band:
    """In each bar the triad that holds most of the previous bar's melody: all a live band knows."""
    edges = arrangement.grid.bar_starts
    return chords_as_band(a_span_late(best_triads(arrangement.melody, edges)), edges)


def best_triads(melody: Notes, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The row of `TRIADS` with most melody in each span, by sounding steps, (span,).

    Ties go to the first row. Through rests the last triad stays; before the first note `NO_TRIAD`.
    """
    sung = summed_over(line_classes(top_pitches(melody, int(edges[-1]))), edges)
    sounds = sung.any(axis=1)
    latest = np.maximum.accumulate(np.where(sounds, np.arange(len(sung)), -1))
    best = (sung @ TRIADS.T).argmax(axis=1)
    return np.where(latest >= 0, best[latest], NO_TRIAD)


def a_span_late(triads: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The triads one span later, (span,)."""
    return np.concatenate([[NO_TRIAD], triads[:-1]])


def chords_as_classes(
    triads: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Triads of spans as pitch classes at each step, (step, 12)."""
    classes = np.where(triads[:, None] == NO_TRIAD, 0, TRIADS[triads])
    lead = np.zeros((int(edges[0]), 12), np.int64)
    at_steps: npt.NDArray[np.int64] = np.repeat(classes, np.diff(edges), axis=0)
    return np.concatenate([lead, at_steps])


def chords_as_band(triads: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]) -> Band:
    """Triads of spans in root position, held for their spans: piano, and the root in the bass."""
    bass, piano = [], []
    for triad, start, end in zip(
        triads.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True
    ):
        if triad == NO_TRIAD:
            continue
        root, third = triad % 12, 4 if triad < 12 else 3
        bass.append((start, end, _root(Role.BASS, root), _VELOCITY))
        low = _root(Role.PIANO, root)
        piano += [(start, end, low + step, _VELOCITY) for step in (0, third, 7)]
    return {Role.BASS: _as_notes(bass), Role.PIANO: _as_notes(piano)}


def _root(role: Role, root: int) -> int:
    lowest = _LOWEST_ROOT[role]
    return lowest + (root - lowest) % 12


def _bars_in_order(
    part: Notes,
    starts: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int64],
    targets: npt.NDArray[np.int64],
) -> Notes:
    """Bar `sources[i]` of a part as bar i of another song; sources out of range are silent."""
    first = np.searchsorted(part[:, START], starts)
    bars = []
    for source, start, end in zip(
        sources.tolist(), targets[:-1].tolist(), targets[1:].tolist(), strict=True
    ):
        if not 0 <= source < len(starts) - 1:
            continue
        bar = part[first[source] : first[source + 1]].copy()
        bar[:, [START, END]] += start - starts[source]
        bars.append(bar[bar[:, START] < end])
    moved: Notes = np.concatenate(bars) if bars else no_notes()
    moved[:, END] = np.minimum(moved[:, END], targets[-1])
    return moved


def _transposed(part: Notes, semitones: int) -> Notes:
    moved: Notes = part.copy()
    high = part[:, PITCH] + semitones > 127
    moved[:, PITCH] += np.where(high, semitones - 12, semitones)
    return moved


def _as_notes(rows: Iterable[tuple[int, int, int, int]]) -> Notes:
    return np.array(list(rows), np.int64).reshape(-1, 4)
