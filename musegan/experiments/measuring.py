"""A released model of images, measured: drawn from, or shown its test pictures, and judged."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import ImageData
from musegan.data.domains import open_pair
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import as_bytes
from musegan.data.points import DEVIATION, modes_of
from musegan.data.sources import open_drawn
from musegan.errors import UsageError
from musegan.evaluate.fidelity import fidelity_metrics
from musegan.evaluate.modes import Hits, points_hit
from musegan.evaluate.pictures import (
    COUNT,
    Bytes,
    Generate,
    PictureReport,
    Split,
    picture_table,
)
from musegan.evaluate.reference import chosen
from musegan.experiments.images import ImageModelFile, draw_images
from musegan.experiments.judging import Judge, stacked_look
from musegan.experiments.translating import shown_split, translate_images

Integers = npt.NDArray[np.int64]

POINTS = 2_500  # of the tables of VEEGAN and PacGAN


def measure_pictures(
    model: ImageModelFile,
    judge: Judge,
    *,
    folder: str = "",
    seeds: Sequence[int] = (0,),
    count: int = COUNT,
    classify: bool = True,
    announce: Callable[[str], None] | None = None,
) -> PictureReport:
    """A model's pictures, beside those that its report has, against the test split of its data.

    A model that knows classes is asked for the test pictures' own, and how often the judge reads
    the one that was asked for is told (`reads`). A translator is shown the test pictures.

    Args:
        folder: where the data lie; empty: where the model's settings say.

    Raises:
        UsageError: it makes points, which `measure_points` counts, or the judge takes others.
        CorpusError: the data are not there.
    """
    if model.sizes.side == 1:
        raise UsageError(f"{model.experiment.name} makes points of the plane, which no judge sees")
    data = _unlimited(model.experiment.data, folder)
    test, train = (_targets(data, split) for split in ("test", "train"))
    look = stacked_look(judge) if data.stack > 1 else judge.look
    asked = asked_labels(model, test, min(count, len(test.images)))
    return picture_table(
        look,
        generator_of(model, test, data),
        _split(train),
        _split(test),
        judge=judge.experiment.name,
        accuracy=judge.accuracy,
        seeds=seeds,
        count=count,
        classify=classify,
        announce=announce,
        asked=None if asked is None else asked.numpy(),
    )


class JudgeFound(NamedTuple):
    """How often a judge is right on test pictures, or sounds."""

    accuracy: float
    pictures: int  # or sounds
    classes: dict[str, float]  # share right of each


def measure_judge(judge: Judge, folder: str = "") -> JudgeFound:
    """A judge on the test split of what it was trained on.

    Raises CorpusError if that is not there.
    """
    test = open_gallery(_unlimited(judge.experiment.data, folder), "test")
    return judge_found(judge.classes(test.images), test.labels, judge.names)


def judge_found(heard: Integers, labels: Integers, names: Sequence[str]) -> JudgeFound:
    """How often classes were read right, (item,) each; `names` by number."""
    right = heard == labels
    shares = {
        name: float(right[labels == number].mean())
        for number, name in enumerate(names)
        if (labels == number).any()
    }
    return JudgeFound(float(right.mean()), len(right), shares)


def measure_points(model: ImageModelFile, seed: int = 0) -> Hits:
    """How many modes of its ring or grid a model hits, with 2,500 points."""
    points, _ = draw_images(model, POINTS, seed)
    source = model.experiment.data.source
    return points_hit(
        points.flatten(1).numpy().astype(np.float64),
        modes_of(source).astype(np.float64),
        DEVIATION[source],
    )


def measure_fidelity(
    model: ImageModelFile, weights: Path | None, *, folder: str = "", count: int = COUNT
) -> dict[str, float]:
    """torch-fidelity's figures of a model that draws, against its test pictures.

    Raises:
        UsageError: it does not draw pictures.
        MissingExtra: torch-fidelity is not installed.
    """
    if not model.system.draws or model.sizes.side == 1:
        raise UsageError(f"{model.experiment.name} draws no pictures from noise")
    test = open_drawn(_unlimited(model.experiment.data, folder), "test")
    rows = chosen(count, len(test.images))
    labels = asked_labels(model, test, len(rows))
    if labels is None:
        labels = torch.zeros(len(rows), dtype=torch.int64)
    generator = model.networks["generator"]

    def draw(latents: torch.Tensor, first: int) -> torch.Tensor:
        images: torch.Tensor = generator(latents, labels[first : first + len(latents)])
        return images

    return fidelity_metrics(draw, model.sizes.latent, _split(test).images[rows], weights=weights)


def generator_of(model: ImageModelFile, test: Gallery, data: ImageData) -> Generate:
    """A model as a function of (count, seed), which gives pictures as bytes."""
    if not model.system.draws:
        shown = shown_split(data, "test").shown

        def translate(count: int, seed: int) -> Bytes:
            rows = torch.from_numpy(chosen(count, len(shown), seed))
            return _bytes(translate_images(model, shown[rows]))

        return translate

    def draw(count: int, seed: int) -> Bytes:
        labels = asked_labels(model, test, count)
        return _bytes(draw_images(model, count, seed, labels=labels)[0])

    return draw


def asked_labels(model: ImageModelFile, test: Gallery, count: int) -> torch.Tensor | None:
    """The classes that a model is asked for: those of the test pictures; None if it knows none."""
    if not model.system.draws or not model.sizes.classes or model.sizes.words:
        return None
    return torch.from_numpy(test.labels[chosen(count, len(test.labels))])


def _targets(data: ImageData, split: Literal["train", "test"]) -> Gallery:
    """What the model's pictures should be like."""
    return open_pair(data, split)[1] if data.onto else open_drawn(data, split)


def _split(gallery: Gallery) -> Split:
    return Split(gallery.images.astype(np.uint8, copy=False), gallery.labels)


def _unlimited(data: ImageData, folder: str) -> ImageData:
    return replace(data, folder=folder or data.folder, limit=0, flip=False)


def _bytes(images: torch.Tensor) -> Bytes:
    result: Bytes = as_bytes(images).numpy()
    return result
