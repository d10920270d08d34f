"""Peers of the band: from rolls of whole bars to players and moves, and from weights to a network."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from musegan.config import PeerExperiment, experiment_from_dict
from musegan.data.barrolls import BarRolls, BarSource, ChoraleSource, read_chorales
from musegan.errors import CheckpointError
from musegan.experiments.band import open_corpus
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
from musegan.experiments.watching import watch_band
from musegan.gans import PEERS
from musegan.gans.bars import BarSizes, BarSystem, scaled
from musegan.gans.system import same_players
from musegan.music.band import Role
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.state import GameState


@dataclass(frozen=True, eq=False)
class Peer:
    """A released peer, ready to write."""

    experiment: PeerExperiment
    system: BarSystem
    sizes: BarSizes
    generator: nn.Module  # frozen, in evaluation mode


def build_peer(experiment: PeerExperiment) -> Built:
    """The game of a peer.

    Raises CorpusError where a corpus is missing, or has nothing that the peer could learn.
    """
    wanted = experiment.train
    device = device_of(wanted.device)
    system, sizes = PEERS[experiment.model.system], sizes_of(experiment)
    draw = drawing(experiment)
    networks = system.networks(sizes)
    if experiment.start:
        begin_with(experiment.start, same_players, networks)
    players = make_players(networks, ("generator",), wanted, device)
    state = GameState()
    batches = make_batches(draw, experiment.seed, device)
    moves = system.recipe(players, sizes, experiment, state)
    trainer = make_trainer(moves, batches, experiment, device, state)
    config = as_json(experiment)

    def release(path: Path) -> None:
        save_release(path, joint_weights({"generator": average_of(players["generator"])}), config)

    return Built(trainer, config, release, watch_band(experiment, batches))


def load_peer(path: Path) -> Peer:
    """A released peer.

    Raises CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != "peer":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a peer of the band")
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, PeerExperiment)
    system, sizes = PEERS[experiment.model.system], sizes_of(experiment)
    made = {"generator": system.networks(sizes)["generator"]}
    return Peer(experiment, system, sizes, with_weights(made, tensors)["generator"])


def noise_of(peer: Peer, count: int, seed: int) -> Tensor:
    """A seed's noise for so many excerpts, (excerpt, number)."""
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, peer.system.noise(peer.sizes), generator=dice)


@torch.no_grad()
def sounding(peer: Peer, melody: Tensor, noise: Tensor, seed: int = 0) -> Tensor:
    """Where a peer's band sounds, true and false, (excerpt, track, bar, step, pitch).

    Args:
        melody: (excerpt, bar, step, pitch) of 0 and 1.
        noise: (excerpt, number), standard normal numbers times a temperature.
        seed: of stochastic neurons.
    """
    low = peer.system.low
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        values: Tensor = peer.generator(noise, scaled(melody, low))
    return values > (1 + low) / 2


def sizes_of(experiment: PeerExperiment) -> BarSizes:
    """What the networks of an experiment depend on."""
    model, system = experiment.model, PEERS[experiment.model.system]
    return BarSizes(
        tracks=len(experiment.data.tracks),
        bars=system.bars,
        pitches=system.pitches,
        width=model.width,
        critic_width=model.critic_width,
        latent=model.latent,
        conditional=model.conditional,
        neurons=model.neurons,
    )


def drawing(experiment: PeerExperiment) -> Callable[[np.random.Generator], BarRolls]:
    """What draws the batches of all processes from the data that the settings name."""
    data, system = experiment.data, PEERS[experiment.model.system]
    batch_size = experiment.train.batch_size * ranks.world()
    if data.chorales:
        return ChoraleSource(read_chorales(Path(data.folder), system.bars), batch_size).draw
    source = BarSource(
        [open_corpus(name, Path(data.folder)) for name in data.corpora],
        data.shares,
        tuple(Role(track) for track in data.tracks),
        system.bars,
        system.lowest,
        system.pitches,
        batch_size,
    )
    return partial(source.draw_from, source.starts())
