"""Sections: which roles play and which rest, phrase by phrase.

A band that always plays in full tires. Drums, bass and piano hold the song together; guitar and
strings enter and leave between phrases, as often as they do in the corpora.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, START, Notes
from musegan.music.band import Role
from musegan.music.grid import Grid

PHRASE_BARS = 4


@dataclass(frozen=True)
class Habit:
    """How a role comes and goes."""

    share: float  # of phrases in which it plays
    stay: float  # of phrases in which it does as in the phrase before


# Measured over phrases of eight cells in which the melody goes on: strings in POP909 (the bridge)
# and Simutrans, guitar in Simutrans. Drums, bass and piano play in .92 to 1.00; here always.
HABITS = {Role.GUITAR: Habit(0.90, 0.96), Role.STRINGS: Habit(0.79, 0.86)}


def entrances(
    grid: Grid, first: int, last: int, roles: Sequence[Role], seed: int
) -> npt.NDArray[np.bool_]:
    """Whether each role plays in each of the cells `first` to `last`, (cell, role).

    Phrases are `PHRASE_BARS` bars from the bar of cell `first` on. A role that comes and goes is a
    two-state Markov chain with its habit's share and constancy; one that would rest through a whole
    song plays through it, as does a band of such roles alone.
    """
    starts = grid.cell_starts[first:last]
    bars = np.searchsorted(grid.bar_starts, starts, side="right") - 1
    phrase = (bars - bars[0]) // PHRASE_BARS if len(bars) else bars
    plays = np.ones((int(phrase.max(initial=0)) + 1, len(roles)), bool)
    if all(role in HABITS for role in roles):
        return plays[phrase]
    for column, role in enumerate(roles):
        if role in HABITS:
            states = _chain(HABITS[role], len(plays), np.random.default_rng([seed, column]))
            plays[:, column] = states if states.any() else True
    return plays[phrase]


def phrase_roles(phrase: int, roles: Sequence[Role], seed: int) -> tuple[Role, ...]:
    """Who of `roles` plays in a phrase, counted from 0, of music whose end nobody knows.

    The chains are those of `entrances`; so a role may rest for long, but not where all would.
    """
    playing = tuple(
        role
        for column, role in enumerate(roles)
        if role not in HABITS
        or _chain(HABITS[role], phrase + 1, np.random.default_rng([seed, column]))[-1]
    )
    return playing or tuple(roles)


def span_of_band(melody: Notes, grid: Grid) -> tuple[int, int]:
    """Between which steps the band's notes begin: (first, after).

    From the bar of the melody's first note, or from the next where that bar is a pick-up: where the
    melody begins in its second half, or it is cut short at the song's start. Until the beat in which
    the melody ends is over.
    """
    begin, end = int(melody[:, START].min()), int(melody[:, END].max())
    bar = int(np.searchsorted(grid.bar_starts, begin, side="right")) - 1
    first, after = grid.bar_starts[bar : bar + 2].tolist()
    if end > after:
        short = bar == 0 and after - first < grid.bar_starts[2] - after
        if short or 2 * (begin - first) >= after - first:
            first = after
    beat = int(np.searchsorted(grid.beat_starts, end))
    return first, int(grid.beat_starts[min(beat, len(grid.beat_starts) - 1)])


def played_cells(melody: Notes, grid: Grid) -> tuple[int, int]:
    """The cells from the bar of the melody's first note to the bar of its last: (first, after)."""
    bar_of = np.searchsorted(
        grid.bar_starts, [melody[:, START].min(), melody[:, END].max() - 1], "right"
    )
    first = np.searchsorted(grid.cell_starts, grid.bar_starts[bar_of[0] - 1])
    after = np.searchsorted(grid.cell_starts, grid.bar_starts[min(bar_of[1], grid.bars)])
    return int(first), int(after)


def heard_with(melody: Notes, given: Mapping[Role, Notes]) -> Notes:
    """The melody and the given parts but drums, as notes (note, 4), sorted by start."""
    parts = [part for role, part in given.items() if role is not Role.DRUMS]
    notes = np.concatenate([melody, *parts])
    return np.asarray(notes[np.argsort(notes[:, START], kind="stable")], np.int64)


def _chain(habit: Habit, count: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A stationary chain: it changes as often as the habit says, in both directions alike."""
    change = (1 - habit.stay) / 2
    draws = rng.random(count)
    states = np.empty(count, bool)
    state = bool(draws[0] < habit.share)
    for index, draw in enumerate(draws):
        if index:
            leave = change / habit.share if state else change / (1 - habit.share)
            state = state != (draw < leave)
        states[index] = state
    return states
