"""How a band is built over bars and songs: what repeats, what differs, what was heard before."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from musegan.evaluate.confidence import mean_of, reach_of
from musegan.evaluate.copies import Copies, TrainingSongs, copies
from musegan.evaluate.variety import (
    Difference,
    Heard,
    difference,
    heard,
    passage_difference,
    played_anew,
    recurrences,
)
from musegan.music.arrangement import Arrangement, Notes, no_notes
from musegan.music.band import Role
from musegan.music.patterns import Patterns, first_phrase_bar, patterns

Band = Mapping[Role, Notes]
Floats = npt.NDArray[np.float64]

_DRAWS = 2000


@dataclass(frozen=True)
class Over:
    """A mean over songs as a share of another, with a 95 % interval from redrawing songs."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Structure:
    """What one kind of band repeats and varies: means over songs, and over takes of its seeds.

    A *reach* is half the 95 % interval over takes, NaN where there is one take.
    """

    patterns: Mapping[Role, Patterns]
    patterns_reach: Mapping[Role, Patterns]
    copies: Mapping[Role, Copies]  # of roles for which training songs are known
    copies_reach: Mapping[Role, Copies]
    again: Difference  # between passages of one melody, wherever it comes again
    from_real: Difference  # from the song's own band
    two_bands: Difference  # between two seeds; of real bands between passages played anew
    over_real: Mapping[str, Over]  # that over the real bands', for each field of `Difference`


def measure_structure(
    songs: Sequence[Arrangement],
    real: str,
    played: Mapping[str, Sequence[Sequence[Band]]],
    judged: Sequence[Role],
    tracks: Sequence[Role],
    training: TrainingSongs | None = None,
) -> dict[str, Structure]:
    """The structure of every kind of band.

    Args:
        songs: what they play to.
        real: the name in `played` of the songs' own bands.
        played: name -> takes, each a band for each song.
        judged: the roles that are compared together, see `variety`.
        tracks: the roles that are measured one by one, where a song's own band has them.
        training: role -> songs in which copies are looked for.
    """
    own = [heard(song, song.band, judged) for song in songs]
    pairs = [recurrences(song.melody, song.grid.bar_starts) for song in songs]
    anew = [
        passage_difference(band, played_anew(band, each))
        for band, each in zip(own, pairs, strict=True)
    ]
    runs = _copies(songs, played, tracks, training or {})
    found = {}
    for name, takes in played.items():
        sounds = [
            [heard(song, band, judged) for song, band in zip(songs, take, strict=True)]
            for take in takes
        ]
        two = anew if name == real else _between_takes(sounds)
        heard_of = {role for take in takes for band in take for role in band}.union(judged)
        shown = [role for role in tracks if role in heard_of]
        means, reaches = _patterns(songs, takes, shown)
        found[name] = Structure(
            means,
            reaches,
            {role: mean_of(each) for role, each in runs[name].items() if role in shown},
            {role: reach_of(each) for role, each in runs[name].items() if role in shown},
            mean_of([
                passage_difference(band, each)
                for take in sounds for band, each in zip(take, pairs, strict=True)
            ]),
            mean_of([
                difference(band, other)
                for take in sounds for band, other in zip(take, own, strict=True)
            ]),
            mean_of(two),
            _over(two, anew),
        )  # fmt: skip
    return found


def over(values: Floats, others: Floats, *, draws: int = _DRAWS, seed: int = 0) -> Over:
    """The mean of `values` (song,) over that of `others` (song,), NaN left out of both."""
    ratio = _ratio(values[None], others[None])[0]
    picked = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    redrawn = _ratio(values[picked], others[picked])
    redrawn = redrawn[~np.isnan(redrawn)]
    if not len(redrawn):
        return Over(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(redrawn, [0.025, 0.975]).tolist()
    return Over(float(ratio), low, high)


def _over(two: Sequence[Difference], anew: Sequence[Difference]) -> dict[str, Over]:
    ours, real = [asdict(each) for each in two], [asdict(each) for each in anew]
    return {
        name: over(np.array([one[name] for one in ours]), np.array([one[name] for one in real]))
        for name in real[0]
    }


def _ratio(values: Floats, others: Floats) -> Floats:
    """Of each row's means: (draw, song), (draw, song) -> (draw,)."""

    def mean(each: Floats) -> Floats:
        known = ~np.isnan(each)
        result: Floats = np.where(known, each, 0).sum(axis=1) / known.sum(axis=1)
        return result

    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = mean(values) / mean(others)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _between_takes(takes: Sequence[Sequence[Heard]]) -> list[Difference]:
    """For each song the mean difference of each two takes; NaN where there is one take."""
    nothing = Difference(float("nan"), float("nan"), float("nan"))
    return [
        mean_of([difference(one, two) for one, two in combinations(bands, 2)] or [nothing])
        for bands in zip(*takes, strict=True)
    ]


def _patterns(
    songs: Sequence[Arrangement], takes: Sequence[Sequence[Band]], tracks: Sequence[Role]
) -> tuple[dict[Role, Patterns], dict[Role, Patterns]]:
    """Means and reaches of each track over the songs that have it."""
    means, reaches = {}, {}
    for role in tracks:
        each = [
            [
                patterns(
                    band.get(role, no_notes()),
                    song.grid.bar_starts,
                    drums=role is Role.DRUMS,
                    first_phrase=first_phrase_bar(song.melody, song.grid.bar_starts),
                )
                for song, band in zip(songs, take, strict=True)
                if role in song.band
            ]
            for take in takes
        ]
        means[role] = mean_of([one for take in each for one in take])
        reaches[role] = reach_of([mean_of(take) for take in each])
    return means, reaches


def _copies(
    songs: Sequence[Arrangement],
    played: Mapping[str, Sequence[Sequence[Band]]],
    tracks: Sequence[Role],
    training: TrainingSongs,
) -> dict[str, dict[Role, list[Copies]]]:
    """Name -> role -> the copies of each take, over songs that have the role. All at once: see there."""
    takes = [(name, take) for name, each in played.items() for take in each]
    bands = [band for _, take in takes for band in take]
    found: dict[str, dict[Role, list[Copies]]] = {name: {} for name in played}
    for role, runs in copies(bands, training, tracks).items():
        has = np.array([role in song.band for song in songs], bool)
        for (name, _), lengths in zip(takes, runs.reshape(len(takes), -1), strict=True):
            longest = lengths[has]
            one = Copies(float(longest.mean()), float(longest.max()))
            found[name].setdefault(role, []).append(one)
    return found
