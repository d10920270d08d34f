"""Whether a classifier gains from pictures that a GAN draws which saw the same few labels."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from musegan.config import ImageData, Training
from musegan.data.batches import Batches
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import Pictures, as_floats
from musegan.evaluate.confidence import interval
from musegan.experiments.built import average_of, make_player
from musegan.experiments.images import load_images
from musegan.models.judge import JudgeNetwork, moved
from musegan.picturing.augmentation import labelled
from musegan.train.game import Terms, Trainer
from musegan.train.noise import uniform
from musegan.train.recipes import reconstruction

from .row import Figures, Row, Run, Trained

LABELS = (20, 100)  # of each class, on average
MADE = 500  # pictures of each class that are drawn
SHARE = 0.5  # of a batch that is drawn ones
BATCH, ROUNDS, SHIFT = 64, 250, 2
LEARNING = Training(learning_rate=2e-3, warmup=20, beta1=0.9, average=0.98, rounds=ROUNDS)

Labelled = tuple[Tensor, Tensor]  # images, labels


def accuracy(
    real: Labelled, made: Labelled | None, varied: bool, seed: int, test: Gallery
) -> float:
    """How many test pictures a classifier gets right that learned from these alone.

    `varied`: real and drawn pictures are mirrored and moved by up to two pixels.
    """
    torch.manual_seed(seed)
    channels, classes = real[0].shape[1], len(test.classes)
    player = make_player("judge", JudgeNetwork(channels, classes, width=16), LEARNING)
    count = int(BATCH * SHARE) if made is not None else 0

    def draw(rng: np.random.Generator) -> Pictures:
        parts = [picked(real, BATCH - count, rng)]
        if made is not None:
            parts.append(picked(made, count, rng))
        images, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        if varied:
            mirrored = torch.from_numpy(rng.random(BATCH) < 0.5)[:, None, None, None]
            images = torch.where(mirrored, images.flip(3), images)
        return Pictures(images, labels)

    def terms(batch: Pictures, round: int) -> Terms:
        images = batch.images
        if varied:
            images = moved(images, uniform(BATCH, 2), SHIFT)
        return {"wrong": cross_entropy(player.module(images), batch.labels)}

    trainer = Trainer(reconstruction(player, terms), Batches(draw, seed), seed)
    for _ in range(ROUNDS):
        trainer.play_round()
    network = average_of(player)
    with torch.no_grad():
        said = [
            network(as_floats(torch.from_numpy(part))).argmax(1)
            for part in np.array_split(test.images, 20)
        ]
    return float((torch.cat(said).numpy() == test.labels).mean())


def picked(pictures: Labelled, count: int, rng: np.random.Generator) -> Labelled:
    rows = torch.from_numpy(rng.integers(len(pictures[0]), size=count))
    return pictures[0][rows], pictures[1][rows]


def augment_figures(runs: Mapping[str, Trained]) -> Figures:
    """Accuracy in percent, by labels a class: `none`, `flips`, and either with drawn pictures.

    `gain_none` and `gain_flips` are what the drawn ones add.
    """
    test = open_gallery(ImageData(), "test")
    figures: Figures = {}
    for labels in LABELS:
        run = runs[f"gan-{labels}"]
        few = open_gallery(run.experiment.data)  # what the GAN saw: the same pictures
        real = as_floats(torch.from_numpy(few.images)), torch.from_numpy(few.labels)
        model = load_images(run.weights)
        parts = list(labelled(model, list(range(model.sizes.classes)), MADE, run.seed))
        made = (
            torch.cat([part.images for part in parts]),
            torch.cat([torch.full((len(part.images),), part.label) for part in parts]),
        )
        for name, varied in (("none", False), ("flips", True)):
            without, beside = (
                100 * accuracy(real, some, varied, run.seed, test) for some in (None, made)
            )
            figures |= {
                f"{name}_{labels}": without,
                f"{name}_drawn_{labels}": beside,
                f"gain_{name}_{labels}": beside - without,
            }
    return figures


def gains(each: list[Figures]) -> bool:
    """Whether every gain is above 0 with 95 % confidence."""
    names = [f"gain_{name}_{labels}" for name in ("none", "flips") for labels in LABELS]
    return all(interval([one[name] for one in each]).low > 0 for name in names)


def few_labels(labels: int) -> Run:
    return Run("cgan", (f"data.limit={10 * labels}", *FEW))


FEW = ("train.rounds=2000", "model.augment=fixed", "model.strength=0.3")

ROWS = {
    "augment": Row(
        title="A classifier that learns from drawn pictures too",
        runs={f"gan-{labels}": few_labels(labels) for labels in LABELS},
        figures=augment_figures,
        figure="with 20 labels a class {gain_none_20:+.1f} points, {gain_flips_20:+.1f} beside flips "
        "and shifts; with 100 {gain_none_100:+.1f} and {gain_flips_100:+.1f}",
        bar="every gain above 0 with 95 % confidence",
        met=lambda each: gains(list(each)),
        published="mixed: GANs from few labels help in some studies and not in others",
        seeds=5,
        note="The GAN sees only the pictures that the classifier has, always the same ones; seeds "
        "differ in both trainings. Intervals are in the line of all figures.",
    ),
}
