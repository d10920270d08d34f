"""Touch: from performances to players and moves, from weights to a network."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from musegan.config import TouchExperiment, experiment_from_dict
from musegan.data.corpora import Split
from musegan.data.touches import TouchSource, read_touches
from musegan.errors import CheckpointError
from musegan.experiments.built import (
    Built,
    as_json,
    average_of,
    device_of,
    joint_weights,
    make_batches,
    make_players,
    make_trainer,
    with_weights,
)
from musegan.experiments.starting import begin_with
from musegan.experiments.watching import watch_drawn
from musegan.gans.system import same_players
from musegan.gans.touch import TouchSizes, networks, recipe
from musegan.music.touch import DRUMS, TOLD, VOICES
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.probe import plain_features
from musegan.train.state import GameState


@dataclass(frozen=True, eq=False)
class TouchModelFile:
    """A released touch, ready to use."""

    experiment: TouchExperiment
    generator: nn.Module  # frozen, in evaluation mode


def build_touch(experiment: TouchExperiment) -> Built:
    """The game of touch, on the performances that the settings name; CorpusError where these are missing."""
    wanted, data = experiment.train, experiment.data
    device = device_of(wanted.device)
    batch_size = wanted.batch_size * ranks.world()

    def source_of(split: Split) -> TouchSource:
        touches = read_touches(data.source, data.folder, split)
        return TouchSource(touches, data.steps, batch_size, device)

    source, made = source_of("train"), networks(sizes_of(experiment))
    if experiment.start:
        begin_with(experiment.start, same_players, made)
    players = make_players(made, ("generator",), wanted, device)
    state = GameState()
    moves = recipe(players, experiment, state)
    batches = make_batches(source.draw, experiment.seed, device)
    trainer = make_trainer(moves, batches, experiment, device, state)
    config = as_json(experiment)

    def release(path: Path) -> None:
        average = {"generator": average_of(players["generator"])}
        save_release(path, joint_weights(average), config)

    def features(touch: Tensor) -> Tensor:
        return plain_features(touch[:, None])

    watch = watch_drawn(experiment, source, lambda: source_of("validation"), features)
    return Built(trainer, config, release, watch)


def load_touch(path: Path) -> TouchModelFile:
    """A released touch.

    Raises CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != "touch":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not touch")
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, TouchExperiment)
    made = {"generator": networks(sizes_of(experiment))["generator"]}
    return TouchModelFile(experiment, with_weights(made, tensors)["generator"])


def sizes_of(experiment: TouchExperiment) -> TouchSizes:
    """What the networks of an experiment depend on."""
    model = experiment.model
    return TouchSizes(
        told=TOLD,
        voices=VOICES,
        drums=DRUMS,
        width=model.width,
        hand=model.hand,
        noise=model.noise,
        critic_width=model.critic_width,
    )


@torch.inference_mode()
def touch(model: TouchModelFile, told: Tensor, hand: Tensor, noise: Tensor) -> Tensor:
    """The touch of what is told; see `gans.touch.Generator`."""
    made: Tensor = model.generator(told, hand, noise)
    return made
