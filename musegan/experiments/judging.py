"""Judges: trained on a gallery as a game of one, released, opened again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from musegan.config import ImageExperiment, JudgeExperiment, experiment_from_dict
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import Pictures, as_floats
from musegan.data.sources import open_drawn, source_of
from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.evaluate.pictures import Bytes, Look, Looked
from musegan.experiments.built import (
    Built,
    as_json,
    average_of,
    device_of,
    make_batches,
    make_player,
    make_trainer,
)
from musegan.models.judge import JudgeNetwork, moved
from musegan.pretrained import find_model
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.game import Terms
from musegan.train.noise import uniform
from musegan.train.recipes import reconstruction

AT_ONCE = 50  # images: so that a processor's cache holds what is made of them
BUNDLED = {"fashion-mnist": "judge-fashion"}  # by what a gallery's settings call it

Pixels = Tensor | npt.NDArray[np.generic]  # (image, channel, row, column)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judge:
    """A classifier to measure images by.

    Images are bytes, or floats in [-1, 1], of the judge's side or smaller; smaller ones get the
    black border that they would have in its gallery. A judge of colours takes grey images too.
    """

    network: JudgeNetwork  # frozen, in evaluation mode
    names: tuple[str, ...]  # of the classes, by number
    accuracy: float  # on the test split of what it was trained on
    experiment: JudgeExperiment

    @torch.no_grad()
    def look(self, images: Pixels) -> Looked:
        """Features and chances of images, one pass for both.

        Raises:
            UsageError: the images are larger than the judge's, or of other channels.
        """
        parts = [
            (seen.double(), self.network.head(seen).double().softmax(1))
            for seen in map(self.network.features, self._batches(images))
        ]
        features, chances = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
        return Looked(features, chances)

    def features(self, images: Pixels) -> Floats:
        """What the judge sees, (image, feature)."""
        return self.look(images).features

    def chances(self, images: Pixels) -> Floats:
        """How likely each class is, (image, class)."""
        return self.look(images).chances

    def classes(self, images: Pixels) -> npt.NDArray[np.int64]:
        """The likeliest class's number, (image,)."""
        likeliest: npt.NDArray[np.int64] = self.look(images).chances.argmax(1)
        return likeliest

    def to(self, device: torch.device | str) -> "Judge":
        """The same judge, its network on another device."""
        return Judge(self.network.to(device), self.names, self.accuracy, self.experiment)

    def _batches(self, images: Pixels) -> Iterator[Tensor]:
        tensor = (
            images if isinstance(images, Tensor) else torch.from_numpy(np.ascontiguousarray(images))
        )
        device = next(self.network.parameters()).device
        side, channels = self.experiment.data.side, self.experiment.data.channels
        if tensor.shape[1] not in (1, channels) or max(tensor.shape[2:]) > side:
            raise UsageError(
                f"images of shape {tuple(tensor.shape[1:])} are not for this judge, which takes "
                f"{channels} x {side} x {side}; train one on your images with musegan train judge"
            )
        for first in range(0, len(tensor), AT_ONCE):
            part = as_floats(tensor[first : first + AT_ONCE].to(device)).float()
            yield _bordered(part.expand(-1, channels, -1, -1), side)


def _bordered(images: Tensor, side: int) -> Tensor:
    """Floats with the border that `galleries.fitted` gives bytes."""
    high, wide = (side - size for size in images.shape[2:])
    border = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
    return pad(images, border, value=-1.0)


def build_judge(experiment: JudgeExperiment) -> Built:
    """A classifier's game on the gallery that the settings name.

    Raises:
        ConfigError: the gallery has no classes to tell apart.
        CorpusError: it is not there.
    """
    wanted, model = experiment.train, experiment.model
    device = device_of(wanted.device)
    gallery = open_gallery(experiment.data)
    if len(gallery.classes) < 2:
        raise ConfigError(
            f"data.source={experiment.data.source} has {len(gallery.classes)} classes; a judge "
            f"needs two to tell apart: put the pictures into a folder for each class"
        )
    network = _network(experiment, gallery.images.shape[1], len(gallery.classes)).to(device)
    player = make_player("judge", network, wanted)
    batch_size = wanted.batch_size * ranks.world()
    source = source_of(gallery, experiment.data, batch_size, device, pairs="all")

    def terms(batch: Pictures, round: int) -> Terms:
        places = uniform(len(batch.images), 2, device=device)
        logits = network(moved(batch.images, places, model.shift))
        return {"wrong": cross_entropy(logits.float(), batch.labels)}

    batches = make_batches(source.draw, experiment.seed, device)
    trainer = make_trainer(reconstruction(player, terms), batches, experiment, device)
    config = as_json(experiment) | {"classes": list(gallery.classes)}

    def release(path: Path) -> None:
        average = average_of(player)
        assert isinstance(average, JudgeNetwork)
        judge = Judge(average, gallery.classes, 0.0, experiment)
        accuracy = accuracy_of(judge, open_drawn(experiment.data))
        save_release(path, average.state_dict(), config | {"accuracy": accuracy})

    return Built(trainer, config, release)


def accuracy_of(judge: Judge, gallery: Gallery) -> float:
    """The share of a gallery's images whose class a judge reads right."""
    return float((judge.classes(gallery.images) == gallery.labels).mean())


def open_judge(model: str | Path) -> Judge:
    """A released judge, by name or path.

    Raises:
        CheckpointError: there is none, or the file holds something else.
    """
    path = find_model(model)
    tensors, config = load_release(path)
    if config.get("task") != "judge":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a judge of pictures")
    names, accuracy = tuple(config.pop("classes")), float(config.pop("accuracy"))
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, JudgeExperiment)
    network = _network(experiment, experiment.data.channels, len(names))
    network.load_state_dict(tensors)
    network.requires_grad_(False).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # three times as fast
    return Judge(network, names, accuracy, experiment)


def stacked_look(judge: Judge) -> Look:
    """A judge of greys as a judge of stacks: of each channel for itself, modes numbered jointly.

    Modes are numbered as `data.stacks` does: the first channel's class counts most.
    """

    def look(images: Bytes) -> Looked:
        channels = [judge.look(images[:, k : k + 1]) for k in range(images.shape[1])]
        chances = channels[0].chances
        for channel in channels[1:]:
            chances = (chances[:, :, None] * channel.chances[:, None]).reshape(len(images), -1)
        return Looked(np.concatenate([one.features for one in channels], axis=1), chances)

    return look


def judge_for(experiment: ImageExperiment) -> Judge:
    """The bundled judge of the gallery that a GAN learned.

    Raises:
        UsageError: none is bundled.
    """
    source = experiment.data.source
    if source not in BUNDLED:
        raise UsageError(
            f"no judge of {source!r} is bundled; train one with musegan train judge "
            f"-o runs/judge data.source={source}, and give it with --judge"
        )
    return open_judge(BUNDLED[source])


def _network(experiment: JudgeExperiment, channels: int, classes: int) -> JudgeNetwork:
    model = experiment.model
    return JudgeNetwork(channels, classes, width=model.width, features=model.features)
