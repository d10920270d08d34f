"""Judges of sounds: trained on a set of sounds as a game of one, released, opened again."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy

from musegan.config import SoundData, SoundJudgeExperiment, experiment_from_dict
from musegan.data.sounds import Sounds, SoundSet, SoundSource, open_drawn, open_sounds
from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.evaluate.pictures import Looked
from musegan.evaluate.sounds import Heard
from musegan.experiments.built import (
    Built,
    as_json,
    average_of,
    device_of,
    make_batches,
    make_player,
    make_trainer,
)
from musegan.models.judge import moved
from musegan.models.listener import ListenerNetwork
from musegan.pretrained import FOLDER, find_model
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.game import Terms
from musegan.train.noise import uniform
from musegan.train.recipes import reconstruction

AT_ONCE = 100  # sounds
COARSE = 16  # bands and frames that neighbours are found by
BUNDLED = {  # by what settings call the sounds
    "drums": "judge-drums",
    "notes": "judge-notes",
    "spoken-digits": "judge-digits",
}


@dataclass(frozen=True, eq=False)
class SoundJudge:
    """A classifier to measure sounds by, of the rate and the length that it was trained on."""

    network: ListenerNetwork  # frozen, in evaluation mode
    names: tuple[str, ...]  # of the classes, by number
    accuracy: float  # on the test split of what it was trained on
    experiment: SoundJudgeExperiment

    @torch.no_grad()
    def look(self, sounds: npt.NDArray[np.int16] | Tensor) -> Looked:
        """Features and chances of sounds (sound, sample), one pass for both.

        Sounds are 16-bit numbers, or floats in [-1, 1]. Raises UsageError for another length.
        """
        tensor = sounds if isinstance(sounds, Tensor) else torch.from_numpy(sounds)
        wanted = self.experiment.data.samples
        if tensor.shape[1] != wanted:
            raise UsageError(
                f"sounds of {tensor.shape[1]:,} samples are not for this judge, which takes "
                f"{wanted:,}; train one on your sounds with musegan train sound-judge"
            )
        features, chances = [], []
        for part in tensor.chunk(max(1, -(-len(tensor) // AT_ONCE))):
            scaled = part.float() / (1 if part.is_floating_point() else 32768)
            seen = self.network.features(scaled)
            features.append(seen.double())
            chances.append(self.network.seen.head(seen).double().softmax(1))
        return Looked(torch.cat(features).numpy(), torch.cat(chances).numpy())

    @torch.no_grad()
    def listen(self, sounds: npt.NDArray[np.int16]) -> Heard:
        """What is measured of sounds (sound, sample): features, chances, and coarse mel bands."""
        tensor = torch.from_numpy(sounds)
        parts = [
            adaptive_avg_pool2d(self.network.mel(part.float() / 32768), COARSE).flatten(1)
            for part in tensor.chunk(max(1, -(-len(tensor) // AT_ONCE)))
        ]
        return Heard(self.look(sounds), torch.cat(parts).double().numpy())

    def classes(self, sounds: npt.NDArray[np.int16] | Tensor) -> npt.NDArray[np.int64]:
        """The likeliest class's number, (sound,)."""
        likeliest: npt.NDArray[np.int64] = self.look(sounds).chances.argmax(1)
        return likeliest


def judge_of(data: SoundData) -> SoundJudge:
    """The bundled judge of such sounds, at their rate and length. Raises UsageError where there is none."""
    name = BUNDLED.get(data.source, "")
    judge = open_sound_judge(name) if name and (FOLDER / f"{name}.safetensors").is_file() else None
    heard = None if judge is None else judge.experiment.data
    if judge is None or heard is None or (heard.rate, heard.samples) != (data.rate, data.samples):
        there = "" if heard is None else f" but of {heard.samples:,} samples at {heard.rate:,}"
        raise UsageError(
            f"no judge of {data.source} is bundled{there}; train one with musegan train sound-judge -o "
            f"runs/judge data.source={data.source} data.rate={data.rate} data.samples={data.samples}, "
            f"and give it with --judge runs/judge/model.safetensors"
        )
    return judge


def build_sound_judge(experiment: SoundJudgeExperiment) -> Built:
    """A classifier's game on the sounds that the settings name.

    Raises:
        ConfigError: they have no classes to tell apart.
        CorpusError: they are not there.
    """
    wanted, model = experiment.train, experiment.model
    device = device_of(wanted.device)
    known = open_sounds(experiment.data)
    if len(known.classes) < 2:
        raise ConfigError(
            f"data.source={experiment.data.source} has {len(known.classes)} classes; a judge "
            f"needs two to tell apart: put the sounds into a folder for each class"
        )
    network = _network(experiment, len(known.classes)).to(device)
    player = make_player("judge", network, wanted)
    source = SoundSource(known, experiment.data, wanted.batch_size * ranks.world(), device)

    def terms(batch: Sounds, round: int) -> Terms:
        """Cross-entropy of mel bands that are moved by some frames and bands."""
        places = uniform(len(batch.sounds), 2, device=device)
        logits = network.seen(moved(network.mel(batch.sounds), places, model.shift))
        return {"wrong": cross_entropy(logits.float(), batch.labels)}

    batches = make_batches(source.draw, experiment.seed, device)
    trainer = make_trainer(reconstruction(player, terms), batches, experiment, device)
    config = as_json(experiment) | {"classes": list(known.classes)}

    def release(path: Path) -> None:
        average = average_of(player)
        assert isinstance(average, ListenerNetwork)
        judge = SoundJudge(average, known.classes, 0.0, experiment)
        accuracy = accuracy_of(judge, open_drawn(experiment.data, "test"))
        save_release(path, average.state_dict(), config | {"accuracy": accuracy})

    return Built(trainer, config, release)


def accuracy_of(judge: SoundJudge, sounds: SoundSet) -> float:
    """The share of sounds whose class a judge hears right."""
    return float((judge.classes(sounds.sounds) == sounds.labels).mean())


def open_sound_judge(model: str | Path) -> SoundJudge:
    """A released judge of sounds, by name or path.

    Raises CheckpointError: there is none, or the file holds something else.
    """
    path = find_model(model)
    tensors, config = load_release(path)
    if config.get("task") != "sound-judge":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a judge of sounds")
    names, accuracy = tuple(config.pop("classes")), float(config.pop("accuracy"))
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, SoundJudgeExperiment)
    network = _network(experiment, len(names))
    network.load_state_dict(tensors)
    network.requires_grad_(False).eval()
    return SoundJudge(network, names, accuracy, experiment)


def _network(experiment: SoundJudgeExperiment, classes: int) -> ListenerNetwork:
    data, model = experiment.data, experiment.model
    return ListenerNetwork(
        data.rate, data.samples, classes, width=model.width, features=model.features
    )
