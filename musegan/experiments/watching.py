"""What health looks at while an experiment learns: which samples, and in which measures."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch

from musegan.config import BandExperiment, ImageExperiment
from musegan.data.batches import Batches
from musegan.data.domains import open_pair
from musegan.data.galleries import open_gallery
from musegan.data.pictures import Pictures
from musegan.data.sources import Source, source_of
from musegan.errors import CorpusError
from musegan.train import ranks
from musegan.train.probe import JUDGED, Probe
from musegan.train.watch import Watch

SEED = 0x4EA17  # of the batches that are looked at: the same whatever the run's seed


def watch_images(experiment: ImageExperiment, known: Source, device: torch.device) -> Watch | None:
    """Watch a game on images: batches that `known` draws, and others of the test split.

    None if the settings want none.
    """
    wanted, data = experiment.health, experiment.data
    size = experiment.train.batch_size * ranks.world()  # as `known` draws them
    if not wanted.watch:
        return None

    def drawn(source: Source, samples: int) -> list[Pictures]:
        count = -(-samples // size)
        return [source.draw(np.random.default_rng([SEED, index])) for index in range(count)]

    @cache
    def unseen() -> Source | None:
        try:
            shown, gallery = open_pair(data, "test") if data.onto else (None, None)
            return source_of(gallery or open_gallery(data, "test"), data, size, device, shown=shown)
        except CorpusError:  # a user's own pictures need not have a test split
            return None

    def held() -> Sequence[Pictures] | None:
        source = unseen()
        return None if source is None else drawn(source, wanted.samples)

    probe = Probe(lambda: drawn(known, max(wanted.samples, JUDGED)), held)
    return Watch(wanted, probe, experiment.train.rounds)


def watch_band(experiment: BandExperiment, batches: Batches[Any]) -> Watch | None:
    """Watch the band, on windows of its own corpora, since the others are not prepared with them."""
    wanted = experiment.health
    if not wanted.watch:
        return None
    count = -(-wanted.samples // experiment.train.batch_size)

    @cache
    def known() -> Sequence[Any]:
        dice = (np.random.default_rng([SEED, index]) for index in range(count))
        return [batches.make(rng) for rng in dice]

    return Watch(wanted, Probe(known), experiment.train.rounds)
