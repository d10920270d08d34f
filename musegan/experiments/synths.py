"""Synths: from a bank of notes to players and moves, from weights to a network, and what it plays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from musegan.config import SynthExperiment, experiment_from_dict
from musegan.data.phrases import Phrases, PhraseSource, Score, open_phrases
from musegan.errors import CheckpointError, ConfigError
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
from musegan.gans import SYNTHS
from musegan.gans.hearing import Critic
from musegan.gans.scores import Entry, SynthSizes, noise_shape
from musegan.gans.synth import recipe
from musegan.gans.system import same_players
from musegan.models.spectra import LogMel, MelDistance, StftDistance
from musegan.music.timbres import SUSTAINED
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.probe import plain_features
from musegan.train.state import GameState
from musegan.train.watch import Watch

SEED = 0x57E7  # of the phrases that a synth is measured on
AT_ONCE = 32  # of them
DULL = 800.0  # Hz in which harmonics fall by e, where tones alone are nearest to the phrases


@dataclass(frozen=True, eq=False)
class SynthModelFile:
    """A released synth, ready to play."""

    experiment: SynthExperiment
    sizes: SynthSizes
    timbres: tuple[str, ...]  # names by number
    generator: nn.Module  # frozen, in evaluation mode


def build_synth(experiment: SynthExperiment) -> Built:
    """The game of a synth, on phrases from the bank that the settings name.

    Raises:
        ConfigError: the device cannot keep an exact phase.
        CorpusError: the bank is not there, or lacks a timbre that is asked for.
    """
    wanted = experiment.train
    device = device_of(wanted.device)
    if device.type == "mps":
        raise ConfigError(
            "train.device=mps knows no float64, which exact tones need; use cpu or cuda"
        )
    batch_size = wanted.batch_size * ranks.world()
    source = open_phrases(experiment.data, batch_size, device)
    sizes = sizes_of(experiment, source)
    networks = {"generator": SYNTHS[experiment.model.system](sizes), "critic": Critic(sizes)}
    if experiment.start:
        begin_with(experiment.start, same_players, networks)
    players = make_players(networks, ("generator",), wanted, device)
    state = GameState()
    trainer = make_trainer(
        recipe(players, experiment, sizes, state),
        make_batches(source.draw, experiment.seed, device),
        experiment,
        device,
        state,
    )
    told = sizes._asdict() | {"releases": list(sizes.releases)}
    del told["sustained"]  # as the timbres' names have it
    config = as_json(experiment) | {
        "sizes": told,
        "timbres": list(source.bank.timbres),
    }

    def release(path: Path) -> None:
        average = {"generator": average_of(players["generator"])}
        save_release(path, joint_weights(average), config)

    return Built(trainer, config, release, watch_synth(experiment, source))


def load_synth(path: Path) -> SynthModelFile:
    """A released synth.

    Raises CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != "synth":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a synth")
    told = config.pop("sizes")
    timbres = tuple(config.pop("timbres"))
    sustained = tuple(name in SUSTAINED for name in timbres)
    sizes = SynthSizes(**told | {"releases": tuple(told["releases"]), "sustained": sustained})
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, SynthExperiment)
    made = {"generator": SYNTHS[experiment.model.system](sizes)}
    return SynthModelFile(experiment, sizes, timbres, with_weights(made, tensors)["generator"])


def sizes_of(experiment: SynthExperiment, source: PhraseSource) -> SynthSizes:
    """What the networks of an experiment depend on."""
    model = experiment.model
    return SynthSizes(
        rate=source.bank.rate,
        releases=source.bank.releases,
        width=model.width,
        blocks=model.blocks,
        hidden=model.hidden,
        latent=model.latent,
        window=model.window,
        hop=model.hop,
        critic_width=model.critic_width,
        sustained=tuple(name in SUSTAINED for name in source.bank.timbres),
    )


@torch.no_grad()
def play(model: SynthModelFile, score: Score, samples: int, *, seed: int = 0) -> Tensor:
    """What a synth makes of scores, (batch, sample); as many samples of each, whole frames of them.

    The same seed gives the same sounds.
    """
    dice = torch.Generator().manual_seed(seed)
    batch, notes = score.pitches.shape
    latents = torch.randn(batch, notes, model.sizes.latent, generator=dice)
    noise = torch.randn(batch, *noise_shape(model.sizes, samples), generator=dice)
    device = score.pitches.device
    sounds: Tensor = model.generator(score, latents.to(device), noise.to(device))
    return sounds.float()


@torch.no_grad()
def play_tones(sizes: SynthSizes, score: Score, samples: int) -> Tensor:
    """The same scores by exact tones alone, (batch, sample): what needs no training."""
    entry = Entry(sizes._replace(width=1), 1)
    gains = torch.zeros(*score.pitches.shape, samples // sizes.hop + 1)
    noise = torch.zeros(len(score.pitches), *noise_shape(sizes, samples))
    return entry.source(score, gains, noise, DULL)[:, sizes.window // 2 :][:, :samples]


def unseen_phrases(experiment: SynthExperiment, count: int = AT_ONCE) -> Phrases:
    """So many phrases that no synth has learned from, always the same."""
    source = open_phrases(experiment.data, AT_ONCE, torch.device("cpu"), "test")
    numbers = range(-(-count // AT_ONCE))
    batches = [source.draw(np.random.default_rng([SEED, number])) for number in numbers]
    score = Score(
        *(torch.cat(parts)[:count] for parts in zip(*(b.score for b in batches), strict=True))
    )
    return Phrases(score, torch.cat([batch.sounds for batch in batches])[:count])


def distances(model: SynthModelFile, phrases: Phrases) -> dict[str, dict[str, dict[str, float]]]:
    """How far a synth, and exact tones, are from phrases: "mel" in nats of mel bands, and "stft".

    By measure, then by what is measured: "all", then each timbre that is among them; each has the synth's
    name and "tones". See `MelDistance` and `StftDistance`.
    """
    measures = {"mel": MelDistance(model.sizes.rate), "stft": StftDistance()}
    samples = phrases.sounds.shape[1]
    made: dict[str, list[Tensor]] = {model.experiment.name: [], "tones": []}
    for first in range(0, len(phrases.sounds), AT_ONCE):
        some = Score(*(part[first : first + AT_ONCE] for part in phrases.score))
        made[model.experiment.name].append(play(model, some, samples))
        made["tones"].append(play_tones(model.sizes, some, samples))
    every = torch.ones(len(phrases.sounds), dtype=torch.bool)
    groups = {"all": every} | {
        name: phrases.score.timbres == number for number, name in enumerate(model.timbres)
    }
    return {
        measure: {
            group: {
                name: float(distance(torch.cat(parts)[rows], phrases.sounds[rows]))
                for name, parts in made.items()
            }
            for group, rows in groups.items()
            if bool(rows.any())
        }
        for measure, distance in measures.items()
    }


def watch_synth(experiment: SynthExperiment, source: PhraseSource) -> Watch | None:
    """Watch a synth's game, by mel bands of what it plays; see `watch_drawn`."""
    sizes = sizes_of(experiment, source)
    mel = LogMel(sizes.rate, window=sizes.window, hop=sizes.hop, bands=64).to(source.device)

    def unseen() -> PhraseSource:
        return PhraseSource(source.bank, source.data, source.batch_size, source.device, "test")

    return watch_drawn(experiment, source, unseen, lambda sounds: plain_features(mel(sounds)))
