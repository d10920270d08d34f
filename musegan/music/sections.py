"""Sections: which roles play and which rest, phrase by phrase.

A band that always plays in full tires. Drums, bass and piano hold the song together; guitar and
strings enter and leave between phrases, as often as they do in the corpora of a style, and where the
melody sings much they are more likely to rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, START, Notes
from musegan.music.band import Role
from musegan.music.grid import Grid

PHRASE_BARS = 4


@dataclass(frozen=True)
class Habit:
    """How a role comes and goes."""

    stays: float  # how likely it plays after a phrase in which it did, if as much is sung as usual
    returns: float  # the same, after a phrase in which it rested
    yields: float  # by how much the log-odds fall where twice as much is sung
    breathes: float  # share of the phrases it plays in of which it leaves out bars

    @property
    def share(self) -> float:
        """Of phrases in which it plays in the long run."""
        return self.returns / (1 - self.stays + self.returns)


# Measured by benchmarks/entrances.py over phrases of four bars of the training songs (the first three
# by logistic regression): POP909's bridge, Simutrans, Freedoom. Drums, bass and piano play in
# .92 to 1.00; here always. Freedoom's guitars rest in a third of phrases, but a rock band has one guitar.
ANSWERING, ORCHESTRAL = Habit(0.93, 0.37, 1.8, 0.38), Habit(0.96, 0.21, 0.3, 0.09)
ACCOMPANYING = Habit(0.99, 0.20, 0.9, 0.02)
HABITS: Mapping[str | None, Mapping[Role, Habit]] = {
    None: {Role.GUITAR: ACCOMPANYING, Role.STRINGS: ANSWERING},
    "pop": {Role.GUITAR: ACCOMPANYING, Role.STRINGS: ANSWERING},
    "classical": {Role.GUITAR: ACCOMPANYING, Role.STRINGS: ORCHESTRAL},
    "rock": {Role.GUITAR: ACCOMPANYING, Role.STRINGS: Habit(0.94, 0.16, 0.2, 0.05)},
}
# In a phrase in which a role breathes: how likely it leaves out a bar with melody, and one without.
SUNG, UNSUNG = 0.51, 0.10
HEARD, UNHEARD = 0.51, 0.24  # the same after a bar with melody, and after one without


def entrances(
    grid: Grid,
    first: int,
    last: int,
    roles: Sequence[Role],
    seed: int,
    melody: Notes,
    style: str | None = None,
) -> npt.NDArray[np.bool_]:
    """Whether each role plays in each of the cells `first` to `last`, (cell, role).

    Phrases are `PHRASE_BARS` bars from the bar of cell `first` on. A role that comes and goes is a
    two-state Markov chain by its habit, drawn by the seed and by how long the song is. One that would
    rest through a whole song plays through it, as does a band of such roles alone.
    """
    bars = _bars(grid, first, last)
    phrase = (bars - bars[0]) // PHRASE_BARS if len(bars) else bars
    count = int(phrase.max(initial=0)) + 1
    plays = np.ones((count, len(roles)), bool)
    habits = habits_of(style)
    if all(role in habits for role in roles):
        return plays[phrase]
    begun = np.searchsorted(grid.cell_starts[first:last], melody[:, START], "right") - 1
    inside = (begun >= 0) & (melody[:, START] < grid.cell_starts[last])
    sung = np.bincount(phrase[begun[inside]], minlength=count)
    more = sung / max(1.0, float(sung.mean())) - 1
    for column, role in enumerate(roles):
        if role in habits:
            states = _chain(habits[role], more, np.random.default_rng([seed, column, count]))
            plays[:, column] = states if states.any() else True
    return plays[phrase]


def breaths(
    grid: Grid,
    first: int,
    last: int,
    roles: Sequence[Role],
    seed: int,
    melody: Notes,
    style: str | None = None,
) -> npt.NDArray[np.bool_]:
    """Which bars a role that comes and goes leaves out where it plays, (cell, role) as `entrances`.

    Never all bars of a phrase. Strings of pop answer the melody: most bars that they leave out are sung.
    """
    bars = _bars(grid, first, last)
    left = np.zeros((len(bars), len(roles)), bool)
    habits = habits_of(style)
    if not len(bars) or all(role in habits for role in roles):
        return left
    count = -(-(int(bars[-1] - bars[0]) + 1) // PHRASE_BARS)
    begin = bars[0] + np.arange(count * PHRASE_BARS)
    sung = np.append(sounding_bars(melody, grid), np.zeros(PHRASE_BARS, bool))[begin]
    chance = np.where(sung, SUNG, UNSUNG)
    for column, role in enumerate(roles):
        if role not in habits:
            continue
        draws = np.random.default_rng([seed, column, count, 1]).random((count, 1 + PHRASE_BARS))
        out = draws[:, 1:] < chance.reshape(count, PHRASE_BARS)
        out &= (draws[:, :1] < habits[role].breathes) & ~out.all(1, keepdims=True)
        left[:, column] = out.ravel()[bars - bars[0]]
    return left


def phrase_roles(
    phrase: int, roles: Sequence[Role], seed: int, style: str | None = None
) -> tuple[Role, ...]:
    """Who of `roles` plays in a phrase, counted from 0, of music whose end nobody knows.

    The habits are those of `entrances`, to a melody that sings alike all through; so a role may rest
    for long, but not where all would.
    """
    return _phrase_roles(phrase, tuple(roles), seed, style)


@lru_cache(8)  # the longer music goes on, the longer it takes
def _phrase_roles(
    phrase: int, roles: tuple[Role, ...], seed: int, style: str | None
) -> tuple[Role, ...]:
    habits, even = habits_of(style), np.zeros(phrase + 1)
    playing = tuple(
        role
        for column, role in enumerate(roles)
        if role not in habits
        or _chain(habits[role], even, np.random.default_rng([seed, column]))[-1]
    )
    return playing or roles


def bar_roles(
    sung: Sequence[bool], roles: Sequence[Role], seed: int, style: str | None = None
) -> tuple[Role, ...]:
    """Who of `roles` plays in the next bar of music whose end nobody knows.

    Those of its phrase, but who breathes: as `breaths`, by what is known, whether anything was `sung` in each
    bar from the first on. Never is all of a phrase left out, so its last bar may have to be played.
    """
    phrase, of_phrase = divmod(len(sung), PHRASE_BARS)
    playing, habits = phrase_roles(phrase, roles, seed, style), habits_of(style)
    if all(role in habits for role in roles):
        return playing
    bars = range(phrase * PHRASE_BARS, len(sung) + 1)
    before = [bar > 0 and sung[bar - 1] for bar in bars]
    chance = np.where(before, HEARD, UNHEARD)
    resting = set()
    for column, role in enumerate(roles):
        if role in habits:
            draws = np.random.default_rng([seed, column, phrase, 1]).random(1 + PHRASE_BARS)
            out = draws[1 : 2 + of_phrase] < chance
            whole = of_phrase == PHRASE_BARS - 1 and out.all()
            if draws[0] < habits[role].breathes and out[-1] and not whole:
                resting.add(role)
    return tuple(role for role in playing if role not in resting)


def habits_of(style: str | None) -> Mapping[Role, Habit]:
    """Who comes and goes in a style, and how; of one that was not measured, as where none is named."""
    return HABITS.get(style, HABITS[None])


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


def sounding_bars(part: Notes, grid: Grid) -> npt.NDArray[np.bool_]:
    """In which bars a part sounds, (bar,)."""
    edges = np.zeros(grid.bars + 1, np.int64)
    np.add.at(edges, np.searchsorted(grid.bar_starts, part[:, START], "right") - 1, 1)
    np.add.at(edges, np.searchsorted(grid.bar_starts, part[:, END] - 1, "right"), -1)
    return np.asarray(np.cumsum(edges)[:-1] > 0)


def _bars(grid: Grid, first: int, last: int) -> npt.NDArray[np.int64]:
    """The bar of each cell."""
    return np.searchsorted(grid.bar_starts, grid.cell_starts[first:last], side="right") - 1


def _chain(
    habit: Habit, more: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """In which phrases a role plays, (phrase,); `more`: by what share more than usual is sung there.

    Where it is 0 the chain is stationary.
    """
    draws = rng.random(len(more))
    states = np.empty(len(more), bool)
    likely = habit.share
    for index, (draw, shift) in enumerate(zip(draws, np.exp(-habit.yields * more), strict=True)):
        odds = likely / (1 - likely) * shift
        states[index] = draw < odds / (1 + odds)
        likely = habit.stays if states[index] else habit.returns
    return states
