"""GANs on sounds: from a set of sounds to players and moves, and from weights to networks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from musegan.config import SoundExperiment, experiment_from_dict
from musegan.data.sounds import SoundSource, open_sounds
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
from musegan.gans import SOUND_SYSTEMS
from musegan.gans.sounds import SoundSizes, SoundSystem
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.probe import plain_features
from musegan.train.state import GameState
from musegan.train.watch import Watch

FITTED = 2_000  # sounds that a system is shown before its game begins
AT_ONCE = 64  # sounds drawn


@dataclass(frozen=True, eq=False)
class SoundModelFile:
    """A released system, ready to use."""

    experiment: SoundExperiment
    system: SoundSystem
    sizes: SoundSizes
    classes: tuple[str, ...]  # names by number; empty where there are none
    networks: dict[str, nn.Module]  # those released, frozen, in evaluation mode


def build_sounds(experiment: SoundExperiment) -> Built:
    """One paper's game on the sounds that the settings name."""
    wanted, system = experiment.train, SOUND_SYSTEMS[experiment.model.system]
    device = device_of(wanted.device)
    known = open_sounds(experiment.data)
    sizes = sizes_of(experiment, len(known.classes))
    networks = system.networks(sizes)
    shown = np.random.default_rng(0).permutation(len(known.sounds))[:FITTED]
    system.fit(networks, torch.from_numpy(known.sounds[shown]).float() / 32768)
    if experiment.start:
        begin_with(experiment.start, system.begin, networks)
    players = make_players(networks, system.released, wanted, device)
    state = GameState()
    source = SoundSource(known, experiment.data, wanted.batch_size * ranks.world(), device)
    moves = system.recipe(players, experiment, state)
    trainer = make_trainer(
        moves, make_batches(source.draw, experiment.seed, device), experiment, device, state
    )
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(known.classes)}

    def release(path: Path) -> None:
        averages = {name: average_of(players[name]) for name in system.released}
        save_release(path, joint_weights(averages), config)

    return Built(trainer, config, release, watch_sounds(experiment, sizes, source, device))


def load_sounds(path: Path) -> SoundModelFile:
    """A released system on sounds.

    Raises CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != "sounds":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a GAN on sounds")
    sizes, classes = SoundSizes(**config.pop("sizes")), tuple(config.pop("classes"))
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, SoundExperiment)
    system = SOUND_SYSTEMS[experiment.model.system]
    made = system.networks(sizes)
    networks = with_weights({name: made[name] for name in system.released}, tensors)
    return SoundModelFile(experiment, system, sizes, classes, networks)


def sizes_of(experiment: SoundExperiment, classes: int) -> SoundSizes:
    """What the networks of an experiment depend on, where there are so many classes."""
    data, model = experiment.data, experiment.model
    return SoundSizes(
        samples=data.samples,
        rate=data.rate,
        classes=classes if model.conditional else 0,
        latent=model.latent,
        width=model.width,
        shuffle=model.shuffle,
        window=model.window,
        hop=model.hop,
    )


@torch.no_grad()
def draw_sounds(model: SoundModelFile, latents: Tensor, labels: Tensor | None = None) -> Tensor:
    """Sounds (batch, sample) of latents (batch, latent); without labels the classes come in turn."""
    if labels is None:
        labels = torch.arange(len(latents)) % max(model.sizes.classes, 1)
    generator, count = model.networks["generator"], max(1, -(-len(latents) // AT_ONCE))
    parts = [
        model.system.sounds(generator, generator(some, told))
        for some, told in zip(latents.chunk(count), labels.chunk(count), strict=True)
    ]
    return torch.cat(parts).float()


def watch_sounds(
    experiment: SoundExperiment, sizes: SoundSizes, known: SoundSource, device: torch.device
) -> Watch | None:
    """Watch a game on sounds, by the images that its system makes of them; see `watch_drawn`."""
    data, system = experiment.data, SOUND_SYSTEMS[experiment.model.system]

    def features(samples: Tensor) -> Tensor:
        return plain_features(system.pictured(sizes, samples.float()))

    def unseen() -> SoundSource:
        return SoundSource(open_sounds(data, "test"), data, known.batch_size, device)

    return watch_drawn(experiment, known, unseen, features)
