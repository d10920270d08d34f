"""Labelled pictures that a model draws, for a classifier to learn from beside real ones."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from musegan.errors import UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import latents_of
from musegan.picturing.latents import draw

AT_ONCE = 256  # pictures that are held in memory


class Labelled(NamedTuple):
    """Some pictures of one class."""

    label: int
    numbers: list[int]  # of the pictures in their class, from 1
    images: Tensor  # (picture, channel, row, column)


def check_labels(model: ImageModelFile) -> None:
    """Refuse a model that draws without knowing of what class. Raises UsageError."""
    if not model.sizes.classes:
        raise UsageError(
            f"{model.experiment.name} was trained without classes, so nobody knows what it draws; "
            f"train one with model.conditional=true"
        )


def labelled(
    model: ImageModelFile, labels: list[int], count: int, seed: int = 0
) -> Iterator[Labelled]:
    """`count` pictures of each class, some at a time; each a function of seed, class and number."""
    classes = model.sizes.classes
    for label in labels:
        for first in range(1, count + 1, AT_ONCE):
            numbers = list(range(first, min(first + AT_ONCE, count + 1)))
            places = [label + 1 + classes * (number - 1) for number in numbers]
            latents = latents_of(seed, places, model.sizes.latent)
            images = draw(model, latents, torch.full((len(numbers),), label), seed=seed)
            yield Labelled(label, numbers, images)
