"""Sounds of a generator beside real ones, on the features of a judge.

A judge is given as a function, so nothing here needs a model. All sounds are 16-bit numbers, ours
too.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from musegan.errors import UsageError
from musegan.evaluate.confidence import interval
from musegan.evaluate.pictures import Looked, mean_figures, measured, plain
from musegan.evaluate.reference import chosen, classes_missing, gaussian_sampler

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Samples = npt.NDArray[np.int16]

OURS, TEST, REAL = "ours", "real (test)", "real (train)"
AT_ONCE = 1_000  # rows whose distances are held
GAUSSIAN, MISSING = "PCA-Gaussian", "classes missing"

LEAST = 10  # sounds of a side


class Heard(NamedTuple):
    """What a judge makes of sounds."""

    looked: Looked  # features and chances
    bands: Floats  # coarse mel bands, (sound, number): what nearest neighbours are found by


Listen = Callable[[Samples], Heard]
Generate = Callable[[int, int], Samples]  # (count, seed) -> (sound, sample)


@dataclass(frozen=True)
class SoundRow:
    """All that is measured of one set of sounds against the test set."""

    name: str
    frechet: float  # on the judge's features
    kernel: float
    precision: float
    recall: float
    density: float
    coverage: float
    modes: float  # classes that the judge hears at least once
    divergence: float  # KL of their shares to the real ones', nats
    score: float  # as the Inception score, of the judge's chances
    among: float  # mean distance to the nearest other one of the set, of that of the test set
    to_train: float  # mean distance to the nearest training sound, of that of the test set
    reads: float = float("nan")  # share whose class the judge hears as asked; NaN: none was


class SoundSplit(NamedTuple):
    """The sounds of a split, and their classes."""

    sounds: Samples
    labels: Integers


@dataclass(frozen=True)
class SoundReport:
    """An evaluation: ours beside real, trivial and flawed sounds."""

    sounds: int  # a side
    classes: int
    judge: str
    accuracy: float  # of the judge
    seeds: tuple[int, ...]
    rows: tuple[SoundRow, ...]  # ours is the mean over the seeds
    each: tuple[SoundRow, ...]  # ours, of each seed

    def row(self, name: str) -> SoundRow:
        """The row of that name; KeyError where there is none."""
        return {row.name: row for row in self.rows}[name]

    @property
    def share(self) -> float:
        """Our score, of that of real sounds."""
        return self.row(OURS).score / self.row(TEST).score

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and numbers; what is not finite becomes None."""
        told: dict[str, Any] = plain(asdict(self))
        told["share_of_real_score"] = plain(self.share)
        told["score_interval"] = plain(interval([row.score for row in self.each])._asdict())
        return told


def sound_table(
    listen: Listen,
    generate: Generate,
    train: SoundSplit,
    test: SoundSplit,
    *,
    judge: str = "",
    accuracy: float = float("nan"),
    seeds: Sequence[int] = (0,),
    count: int = 10_000,
    announce: Callable[[str], None] | None = None,
    asked: Integers | None = None,
) -> SoundReport:
    """Judge what `generate` makes, and what stands beside it, against the test sounds.

    Beside it stand the test sounds themselves, training sounds, a Gaussian on principal components,
    and training sounds without two classes.

    Args:
        listen: sounds -> what a judge makes of them.
        generate: (count, seed) -> sounds, of the length of the others.
        seeds: `generate` runs once for each; our row is their mean.
        count: sounds a side; fewer where the test split has fewer.
        announce: told what is being done.
        asked: the classes that `generate` was asked for, (count,); None: it knows none.
    """
    say = announce or (lambda line: None)
    say("the real sounds")
    count = min(count, len(train.sounds), len(test.sounds))
    if count < LEAST:
        raise UsageError(
            f"{count} sounds a side are too few to measure by; it takes {LEAST}, so give the "
            f"training and the test split more"
        )
    real, known = listen(test.sounds[chosen(count, len(test.sounds))]), listen(train.sounds)
    yard = Yardstick(real, known.bands)
    each = []
    for seed in seeds:
        say(f"{OURS}, seed {seed}")
        heard = listen(generate(count, seed))
        row = yard.measured(OURS, heard)
        if asked is not None:
            right = heard.looked.chances.argmax(1) == asked[:count]
            row = replace(row, reads=float(right.mean()))
        each.append(row)
    kept = classes_missing(train.labels)
    taken = chosen(count, len(train.sounds))
    fitted = train.sounds[chosen(1_000, len(train.sounds))]
    # Of a set and itself the kernel distance, which is without bias, says nothing.
    itself = replace(yard.measured(TEST, real), kernel=float("nan"))
    rows = [replace(each[0], **mean_figures(each)), itself]
    copies: dict[str, Callable[[], Samples]] = {
        REAL: lambda: train.sounds[taken],
        GAUSSIAN: lambda: gaussian_sampler(fitted)(count, 0).astype(np.int16),
    }
    if len(kept):  # of two classes nothing is left
        copies[MISSING] = lambda: train.sounds[kept[chosen(count, len(kept))]]
    for name, make in copies.items():
        say(name)
        rows.append(yard.measured(name, listen(make())))
    classes = real.looked.chances.shape[1]
    return SoundReport(count, classes, judge, accuracy, tuple(seeds), tuple(rows), tuple(each))


class Yardstick:
    """The real sounds that all sets are held against."""

    def __init__(self, real: Heard, known: Floats) -> None:
        """`known` are the bands of all training sounds."""
        self.real, self.known = real, known
        self.among = nearest_other(real.bands)
        self.to_train = nearest(real.bands, known)

    def measured(self, name: str, heard: Heard) -> SoundRow:
        """All measures of one set.

        `among` and `to_train` are |D|self and |D|train of Donahue et al. 2019 (arXiv:1802.04208),
        section 5.2, on coarse mel bands, of those of the test sounds. A sound that is a training
        sound itself is as near as can be: `to_train` of a copy is 0.
        """
        row = measured(name, heard.looked, self.real.looked, classify=False)
        return SoundRow(
            name=name,
            frechet=row.frechet,
            kernel=row.kernel,
            precision=row.precision,
            recall=row.recall,
            density=row.density,
            coverage=row.coverage,
            modes=row.modes,
            divergence=row.divergence,
            score=row.score,
            among=nearest_other(heard.bands) / self.among,
            to_train=nearest(heard.bands, self.known) / self.to_train,
        )


def nearest(bands: Floats, others: Floats) -> float:
    """The mean distance of rows to their nearest of others."""
    parts = [cdist(part, others).min(axis=1) for part in _parts(bands)]
    return float(np.concatenate(parts).mean())


def nearest_other(bands: Floats) -> float:
    """The mean distance of rows to their nearest other row."""
    parts = [np.partition(cdist(part, bands), 1, axis=1)[:, 1] for part in _parts(bands)]
    return float(np.concatenate(parts).mean())


def _parts(bands: Floats) -> list[Floats]:
    """Some rows at a time, so that large sets need little memory."""
    return np.array_split(bands, -(-len(bands) // AT_ONCE))
