"""Pictures of a generator beside real ones, on the features of a judge.

A judge is given as a function, so nothing here needs a model. All pictures are bytes, ours too:
real ones were rounded, and what was not would be told apart by that alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.errors import UsageError
from musegan.evaluate.confidence import interval
from musegan.evaluate.frechet import gaussian_distance
from musegan.evaluate.kernel import kernel_distance
from musegan.evaluate.manifold import manifold
from musegan.evaluate.modes import modes_covered
from musegan.evaluate.reference import chosen, classes_missing, gaussian_sampler
from musegan.evaluate.twosample import ToldApart, told_apart

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

OURS, REAL, GAUSSIAN, MISSING = "ours", "real (train)", "PCA-Gaussian", "classes missing"
COUNT = 10_000  # pictures of a side of the protocol

LEAST = 10  # pictures of a side


class Looked(NamedTuple):
    """What a judge makes of pictures."""

    features: Floats  # (picture, feature)
    chances: Floats  # of each class, (picture, class); they add up to 1


Look = Callable[[Bytes], Looked]
Generate = Callable[[int, int], Bytes]  # (count, seed) -> (picture, channel, row, column)


@dataclass(frozen=True)
class PictureRow:
    """All that is measured of one set of pictures against the test set."""

    name: str
    frechet: float  # FID's form, on the judge's features
    kernel: float  # KID's, the mean over subsets
    kernel_deviation: float
    precision: float
    recall: float
    density: float
    coverage: float
    modes: float  # classes that the judge sees at least once
    divergence: float  # KL of their shares to the real ones', nats
    score: float  # as the Inception score, of the judge's chances
    told_apart: ToldApart | None  # None where nobody asked
    reads: float = float("nan")  # share whose class the judge reads as asked; NaN: none was


class Split(NamedTuple):
    """The pictures of a split, and their classes."""

    images: Bytes
    labels: Integers


@dataclass(frozen=True)
class PictureReport:
    """An evaluation: ours beside real, trivial and flawed pictures."""

    pictures: int  # a side
    classes: int  # the modes there are
    judge: str
    accuracy: float  # of the judge
    seeds: tuple[int, ...]
    rows: tuple[PictureRow, ...]  # ours is the mean over the seeds
    each: tuple[PictureRow, ...]  # ours, of each seed

    def row(self, name: str) -> PictureRow:
        """The row of that name; KeyError where there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    @property
    def share(self) -> float:
        """Our Frechet distance, of that of the generator that needs no learning."""
        return self.row(OURS).frechet / self.row(GAUSSIAN).frechet

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and numbers; what is not finite becomes None."""
        told: dict[str, Any] = plain(asdict(self))
        told["share_of_gaussian"] = plain(self.share)
        told["frechet_interval"] = plain(interval([row.frechet for row in self.each])._asdict())
        return told


def picture_table(
    look: Look,
    generate: Generate,
    train: Split,
    test: Split,
    *,
    judge: str = "",
    accuracy: float = float("nan"),
    seeds: Sequence[int] = (0,),
    count: int = COUNT,
    classify: bool = True,
    announce: Callable[[str], None] | None = None,
    asked: Integers | None = None,
) -> PictureReport:
    """Judge what `generate` makes, and what stands beside it, against the test pictures.

    Args:
        look: pictures -> features and chances; see `experiments.judging.Judge.look`.
        generate: (count, seed) -> pictures, of the size of the others.
        train, test: the two splits; the sampler and the copies are made of the first.
        seeds: `generate` runs once for each; our row is their mean.
        count: pictures a side; fewer where a split has fewer.
        classify: train the classifiers that tell the sets apart (ten seconds a row).
        announce: told what is being done.
        asked: the classes that `generate` was asked for, (count,); None: it knows none.
    """
    say = announce or (lambda line: None)
    say("the test pictures")
    count = min(count, len(train.images), len(test.images))
    if count < LEAST:
        raise UsageError(
            f"{count} pictures a side are too few to measure by; it takes {LEAST}, so give the "
            f"training and the test split more"
        )
    real = look(test.images[chosen(count, len(test.images))])
    row = partial(measured, real=real, classify=classify)
    each = []
    for seed in seeds:
        say(f"{OURS}, seed {seed}")
        looked = look(generate(count, seed))
        one = row(OURS, looked)
        if asked is not None:
            one = replace(one, reads=float((looked.chances.argmax(1) == asked[:count]).mean()))
        each.append(one)
    rows = [mean_row(each), *reference_rows(look, train, real, classify=classify, announce=say)]
    classes = real.chances.shape[1]
    return PictureReport(count, classes, judge, accuracy, tuple(seeds), tuple(rows), tuple(each))


def reference_rows(
    look: Look,
    train: Split,
    real: Looked,
    *,
    classify: bool = True,
    announce: Callable[[str], None] | None = None,
) -> tuple[PictureRow, ...]:
    """The floor, the generator that needs no learning, and a copy that lacks two classes.

    The floor is real against real, as near as anything that is not a copy can come.
    """
    say, count = announce or (lambda line: None), len(real.features)
    kept = classes_missing(train.labels)
    made: dict[str, Callable[[], Bytes]] = {
        REAL: lambda: train.images[chosen(count, len(train.images))],
        GAUSSIAN: lambda: gaussian_sampler(train.images)(count, 0).astype(np.uint8),
    }
    if len(kept):  # of two classes nothing is left
        made[MISSING] = lambda: train.images[kept[chosen(count, len(kept))]]
    rows = []
    for name, make in made.items():
        say(name)
        rows.append(measured(name, look(make()), real, classify=classify))
    return tuple(rows)


def measured(name: str, fake: Looked, real: Looked, *, classify: bool = True) -> PictureRow:
    """All measures of one set against the real one."""
    classes = real.chances.shape[1]
    kernel = kernel_distance(fake.features, real.features)
    lies = manifold(real.features, fake.features)
    modes = modes_covered(fake.chances.argmax(1), real.chances.argmax(1), classes)
    return PictureRow(
        name=name,
        frechet=picture_distance(fake, real),
        kernel=kernel.mean,
        kernel_deviation=kernel.deviation,
        precision=lies.precision,
        recall=lies.recall,
        density=lies.density,
        coverage=lies.coverage,
        modes=modes.covered,
        divergence=modes.divergence,
        score=class_score(fake.chances),
        told_apart=pictures_told_apart(fake, real) if classify else None,
    )


def picture_distance(fake: Looked, real: Looked) -> float:
    """The Frechet distance as the field computes it: features and covariances as they are.

    Source: Heusel et al. 2017 (arXiv:1706.08500), eq. 6, on a judge's features for Inception's.
    It falls as the sets grow, so compare only what was measured on as many pictures.
    """
    moments = [
        (one.features.mean(axis=0), np.cov(one.features, rowvar=False)) for one in (fake, real)
    ]
    return gaussian_distance(*moments[0], *moments[1])


def class_score(chances: Floats) -> float:
    """exp of the mean KL from each picture's chances to their mean: 1 up to the classes' number.

    Source: Salimans et al. 2016 (arXiv:1606.03498), section 4, with a judge for Inception.
    """
    positive = np.clip(chances, 1e-30, None)
    mean = positive.mean(axis=0)
    return float(np.exp((positive * np.log(positive / mean)).sum(axis=1).mean()))


def pictures_told_apart(fake: Looked, real: Looked) -> ToldApart:
    """How often a fresh classifier of the features knows a fake; .5 is perfect."""
    count = min(len(fake.features), len(real.features))
    pairs = np.arange(count)  # folds are of pairs: as many fakes as real ones in each
    return told_apart(real.features[:count], fake.features[:count], pairs, pairs)


def mean_figures(rows: Sequence[Any]) -> dict[str, Any]:
    """The mean of each number of some rows, dataclasses all of one kind."""
    return {
        key: float(np.mean([getattr(row, key) for row in rows]))
        for key, value in asdict(rows[0]).items()
        if isinstance(value, int | float)
    }


def mean_row(rows: Sequence[PictureRow]) -> PictureRow:
    """The mean of each figure; the interval of telling apart is the widest."""
    told = [row.told_apart for row in rows if row.told_apart is not None]
    apart = None
    if told:
        mean = float(np.mean([one.accuracy for one in told]))
        apart = ToldApart(mean, min(one.low for one in told), max(one.high for one in told))
    return replace(rows[0], told_apart=apart, **mean_figures(rows))


def plain(value: Any) -> Any:
    """What JSON can say of it: what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
