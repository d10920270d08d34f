"""What many rows measure: Fashion-MNIST by its bundled judge, 10,000 pictures a side."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import Experiment, ImageData
from musegan.data.galleries import open_gallery
from musegan.data.pictures import as_bytes
from musegan.evaluate.pictures import (
    COUNT,
    GAUSSIAN,
    OURS,
    REAL,
    Looked,
    PictureRow,
    Split,
    measured,
    picture_distance,
    reference_rows,
)
from musegan.experiments import Built
from musegan.experiments.built import device_of
from musegan.experiments.images import ImageModelFile, draw_images, load_images
from musegan.experiments.judging import Judge, open_judge

from .row import Figures, Measure, Trained

Bytes = npt.NDArray[np.uint8]

WATCHED = 2_000  # pictures of a measure along the run


@cache
def fashion_judge() -> Judge:
    """The bundled judge, on a GPU where there is one."""
    return open_judge("judge-fashion").to(device_of("auto"))


@cache
def fashion_test() -> Looked:
    """What the judge makes of the 10,000 test pictures."""
    return fashion_judge().look(open_gallery(ImageData(), "test").images)


@cache
def fashion_references() -> dict[str, PictureRow]:
    """The floor, the PCA-Gaussian and the copy with classes missing, by name."""
    train = open_gallery(ImageData())
    split = Split(train.images, train.labels)
    rows = reference_rows(fashion_judge().look, split, fashion_test(), classify=False)
    return {row.name: row for row in rows}


def drawn(model: ImageModelFile, count: int = COUNT, seed: int = 0) -> Bytes:
    """Pictures of a system that draws, as bytes; classes, where it knows them, in turn."""
    images, _ = draw_images(model, count, seed)
    return as_bytes(images).numpy()


def on(device: torch.device, model: ImageModelFile) -> ImageModelFile:
    """A model whose networks were brought there."""
    for network in model.networks.values():
        network.to(device)
    return model


def fashion_row(pictures: Bytes) -> PictureRow:
    """All measures but telling apart, of pictures against Fashion's test split."""
    return measured(OURS, fashion_judge().look(pictures), fashion_test(), classify=False)


def fashion_figures(trained: Trained) -> Figures:
    """Measures of a model that draws Fashion's pictures.

    `fid`, `kid`, `precision`, `recall`, `density`, `coverage`, `kl`; `share`, the FID over the
    PCA-Gaussian's; `floor`, that of real pictures.
    """
    row, references = fashion_row(drawn(load_images(trained.weights))), fashion_references()
    return {
        "fid": row.frechet,
        "kid": row.kernel,
        "precision": row.precision,
        "recall": row.recall,
        "density": row.density,
        "coverage": row.coverage,
        "modes": row.modes,
        "kl": row.divergence,
        "share": row.frechet / references[GAUSSIAN].frechet,
        "floor": references[REAL].frechet,
    }


def watch_fid(built: Built, experiment: Experiment) -> Measure:
    """FID of what would be released, on 2,000 pictures, always of the same latents: `fid`.

    It lies higher than on 10,000; compare it with itself.
    """
    device = device_of(experiment.train.device)

    def measure(round: int) -> dict[str, float]:
        with TemporaryDirectory() as folder:
            weights = Path(folder) / "model.safetensors"
            built.release(weights)
            pictures = drawn(on(device, load_images(weights)), WATCHED)
        looked = fashion_judge().look(pictures)
        return {"fid": picture_distance(looked, fashion_test())}

    return measure


def label_accuracy(trained: Trained) -> float:
    """How often the judge reads the class that a model on Fashion was asked for, 10,000 times."""
    images, labels = draw_images(load_images(trained.weights), COUNT)
    read = fashion_judge().classes(as_bytes(images))
    return float((read == labels.numpy()).mean())


def last_over_best(trained: Trained, name: str = "fid") -> float:
    """How much worse a run ended than its best, 1 where it ended there."""
    values = [value for _, value in trained.curve(name)]
    return values[-1] / min(values)
