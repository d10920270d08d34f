"""What health looks at while an experiment learns: which samples, and in which measures."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from musegan.config import (
    BandExperiment,
    ImageExperiment,
    PeerExperiment,
    SoundExperiment,
    SynthExperiment,
    TouchExperiment,
)
from musegan.data.batches import Batches
from musegan.data.domains import open_pair
from musegan.data.galleries import open_gallery
from musegan.data.sources import source_of
from musegan.errors import CorpusError
from musegan.train import ranks
from musegan.train.probe import JUDGED, Probe, plain_features
from musegan.train.watch import Watch

SEED = 0x4EA17  # of the batches that are looked at: the same whatever the run's seed


class Draws(Protocol):
    """What draws batches of `train.batch_size` samples a process."""

    def draw(self, rng: np.random.Generator) -> Any:
        """A batch, all of whose chances come from `rng`."""
        ...


def watch_drawn(
    experiment: ImageExperiment | SoundExperiment | SynthExperiment | TouchExperiment,
    known: Draws,
    unseen: Callable[[], Draws],
    features: Callable[[Tensor], Tensor] = plain_features,
) -> Watch | None:
    """Watch a game: batches that `known` draws, and others of the test split. None: none is wanted.

    Args:
        unseen: opens the test split, once; raises CorpusError where a user's own data have none.
        features: samples of the game -> (sample, feature), what they are compared by.
    """
    wanted, training = experiment.health, experiment.train
    size = training.batch_size * ranks.world()
    if not wanted.watch:
        return None

    def drawn(source: Draws, samples: int) -> list[Any]:
        count = -(-samples // size)
        return [source.draw(np.random.default_rng([SEED, index])) for index in range(count)]

    @cache
    def opened() -> Draws | None:
        try:
            return unseen()
        except CorpusError:
            return None

    def held() -> list[Any] | None:
        source = opened()
        return None if source is None else drawn(source, wanted.samples)

    probe = Probe(lambda: drawn(known, max(wanted.samples, JUDGED)), held, features)
    return Watch(wanted, probe, training.rounds)


def watch_images(experiment: ImageExperiment, known: Draws, device: torch.device) -> Watch | None:
    """Watch a game on images; see `watch_drawn`."""
    data, size = experiment.data, experiment.train.batch_size * ranks.world()

    def unseen() -> Draws:
        shown, gallery = open_pair(data, "test") if data.onto else (None, None)
        return source_of(gallery or open_gallery(data, "test"), data, size, device, shown=shown)

    return watch_drawn(experiment, known, unseen)


def watch_band(experiment: BandExperiment | PeerExperiment, batches: Batches[Any]) -> Watch | None:
    """Watch the band, or a peer, on windows of its own corpora, since the others are not prepared with them."""
    wanted = experiment.health
    if not wanted.watch:
        return None
    count = -(-wanted.samples // experiment.train.batch_size)

    @cache
    def known() -> Sequence[Any]:
        dice = (np.random.default_rng([SEED, index]) for index in range(count))
        return [batches.make(rng) for rng in dice]

    return Watch(wanted, Probe(known), experiment.train.rounds)
