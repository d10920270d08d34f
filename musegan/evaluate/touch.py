"""Measures of touch: how people's and another's are told apart, and what they have in common.

Windows are (window, TOLD, step) of what is told and (window, 2 * VOICES, step) of touch, as
`music.touch` has them. Velocities and delays are first rounded as MIDI and hands would have them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from musegan.evaluate.frechet import frechet_distance, standardised
from musegan.evaluate.twosample import ToldApart, told_apart
from musegan.music.touch import CLOCK, LATE, LOUD, NOMINAL, VOICES

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PEOPLE = "people"
ALIKE = 1e-6  # a distance that is none
PLACES, BAR = 8, 16  # steps of a cell, and of a bar of 4/4
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
FINEST = 1 / 30  # of a step: as fine as delays are told
DOWNBEAT, HALF, BEAT, EIGHTH = (
    0.5,
    0.3,
    0.1,
    -0.2,
)  # a step's weight in its bar, less .5; others -.5
ACCENTS = (0.22, 0.12)  # of drums and of others: how much of it shows in an accented row
HAND = 0.03  # of an accented row: the deviation of velocities


@dataclass(frozen=True)
class TouchRow:
    """How somebody strikes the notes of a role, beside people."""

    name: str
    role: str
    apart: float  # how often a classifier tells a window of it from people's; .5: it cannot
    low: float
    high: float
    frechet: float  # distance to people's, over that of people's odd songs to their even ones
    spread: float  # deviation of velocities, around 80
    late: float  # deviation of delays, in steps
    pattern: float  # correlation of velocities with those of the same voice 16 steps before
    likeness: float  # correlation of velocities with people's of the same notes
    likeness_late: float  # of delays


def measure_touch(
    role: str, told: Floats, real: Floats, songs: npt.NDArray[np.int64], rows: Mapping[str, Floats]
) -> list[TouchRow]:
    """A row for people, and for each other touch of the same windows; `songs` (window,) are their songs'."""
    struck = told[:, :VOICES] > 0
    known = touch_features(told, real)
    odd = np.isin(songs, np.unique(songs)[::2])
    floor = max(ALIKE, _distance(known[odd], known[~odd], known))
    loud, late = _struck(real, struck)
    measured = []
    for name, touch in {PEOPLE: real, **rows}.items():
        test, distance = ToldApart(0.5, 0.5, 0.5), floor
        if name != PEOPLE:
            own = touch_features(told, touch)
            test = told_apart(known, own, songs, songs)
            distance = _distance(known, own, known)
        own_loud, own_late = _struck(touch, struck)
        measured.append(
            TouchRow(
                name,
                role,
                test.accuracy,
                test.low,
                test.high,
                distance / floor,
                float(LOUD * own_loud.std()),
                float(LATE * own_late.std()),
                _pattern(touch, struck),
                _correlation(own_loud, loud),
                _correlation(own_late, late),
            )
        )
    return measured


def rounded(touch: Floats) -> Floats:
    """Touch whose velocities are whole numbers, and whose delays are told no finer than `FINEST`."""
    loud, late = np.split(np.asarray(touch, np.float64), 2, axis=1)
    return np.concatenate(
        [np.round(loud * LOUD) / LOUD, np.round(late * LATE / FINEST) * FINEST / LATE], 1
    )


def touch_features(told: Floats, touch: Floats) -> Floats:
    """What a classifier is shown of windows, (window, feature).

    Of velocities and of delays each: of all notes the quantiles, the mean at each step of a cell, how far
    one is from the next; of each voice the mean, the deviation and how alike neighbours are.
    """
    struck = told[:, :VOICES] > 0
    return np.array(
        [
            _of_window(window.reshape(2, VOICES, -1), on, np.argmax(clock, 0))
            for window, on, clock in zip(
                rounded(touch), struck, told[:, CLOCK[:PLACES]], strict=True
            )
        ]
    )


def shuffled(told: Floats, touch: Floats, seed: int = 0) -> Floats:
    """People's touch, each voice's in another order within its window."""
    made, dice = touch.copy(), np.random.default_rng(seed)
    for window, on in zip(made, told[:, :VOICES] > 0, strict=True):
        rows = window.reshape(2, VOICES, -1)
        for voice in range(VOICES):
            at = np.flatnonzero(on[voice])
            rows[:, voice, at] = rows[:, voice, dice.permutation(at)]
    return made


def accented(told: Floats, drums: bool, seed: int = 0) -> Floats:
    """Touch by rule: downbeats, beats and eighths a little louder, a small chance, and nothing late."""
    phase = told[:, CLOCK[PLACES + 1 :]]  # sine and cosine
    at = told[:, CLOCK[:PLACES]].argmax(1)
    begins = (np.abs(phase[:, 0]) < 1e-3) & (phase[:, 1] > 0)
    places = [begins, at == 0, at % 4 == 0, at % 2 == 0]
    weights = np.select(places, [DOWNBEAT, HALF, BEAT, EIGHTH], -0.5)
    chance = 1 + HAND * np.random.default_rng(seed).standard_normal(
        (len(told), VOICES, at.shape[1])
    )
    loud = ((1 + ACCENTS[0 if drums else 1] * weights)[:, None] * chance - 1) * NOMINAL / LOUD
    loud = loud * (told[:, :VOICES] > 0)
    return np.concatenate([loud, np.zeros_like(loud)], 1)


def print_touch(rows: Sequence[TouchRow], windows: Mapping[str, int]) -> None:
    """Print the table; `windows` says how many there are of each role."""
    table = Table(title="how notes are struck, windows of unseen performances")
    for name in (
        "role",
        "touch",
        "told apart",
        "Frechet",
        "velocities ±",
        "delays ±",
        "pattern",
        "r",
        "r late",
    ):
        table.add_column(
            name, justify="left" if name in ("role", "touch") else "right", no_wrap=True
        )
    for row in rows:
        apart = (
            f"{row.apart:.3f}"
            if row.name == PEOPLE
            else f"{row.apart:.3f} ({row.low:.3f}-{row.high:.3f})"
        )
        table.add_row(
            f"{row.role} ({windows[row.role]:,})" if row.name == PEOPLE else "",
            row.name,
            apart,
            *(f"{value:.2f}" for value in (row.frechet, row.spread)),
            f"{row.late:.3f}",
            *(f"{value:.2f}" for value in (row.pattern, row.likeness, row.likeness_late)),
        )
    console = Console(width=120)
    console.print(table)
    console.print(
        "told apart: .5 is perfect. Frechet: over that of people's odd songs to their even ones. Delays "
        "are in steps. pattern: correlation of velocities with those of the voice a bar of 16 steps before, beside "
        "their means. r: with people's velocities, and delays, of the same notes."
    )


def _distance(first: Floats, second: Floats, reference: Floats) -> float:
    return frechet_distance(standardised(first, reference), standardised(second, reference))


def _struck(touch: Floats, struck: Bools) -> tuple[Floats, Floats]:
    """Velocities and delays of all notes, each (note,)."""
    rows = rounded(touch).reshape(len(touch), 2, VOICES, -1)
    return rows[:, 0][struck], rows[:, 1][struck]


def _pattern(touch: Floats, struck: Bools) -> float:
    """How alike a voice's velocities are to those a bar of 16 steps before, beside its mean in a window."""
    loud = rounded(touch)[:, :VOICES]
    counts = np.maximum(struck.sum(2, keepdims=True), 1)
    apart = loud - (loud * struck).sum(2, keepdims=True) / counts
    both = struck[:, :, BAR:] & struck[:, :, :-BAR]
    return _correlation(apart[:, :, BAR:][both], apart[:, :, :-BAR][both])


def _of_window(rows: Floats, on: Bools, at: npt.NDArray[np.int64]) -> list[float]:
    found: list[float] = []
    for values in rows:
        every = values.T[on.T]  # in order of time
        found += np.quantile(every, SHARES).tolist() if len(every) else [0.0] * len(SHARES)
        found.append(_mean(np.abs(np.diff(every))))
        found += [_mean(values[on & (at == place)]) for place in range(PLACES)]
        for voice in range(VOICES):
            own = values[voice, on[voice]]
            found += [_mean(own), float(own.std()) if len(own) else 0.0, _likeness(own)]
    return found


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _likeness(values: Floats) -> float:
    """The correlation of each value with the next; 0 where there are few, or all are alike."""
    if len(values) < 4:
        return 0.0
    apart = values - values.mean()
    power = float((apart**2).mean())
    return float((apart[1:] * apart[:-1]).mean()) / power if power > 1e-6 else 0.0


def _correlation(first: Floats, second: Floats) -> float:
    """Of two rows of values; 0 where one of them does not vary."""
    if not len(first) or min(first.std(), second.std()) < 1e-9:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
