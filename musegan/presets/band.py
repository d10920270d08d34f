"""The band's experiments."""

from musegan.config import BandData, BandExperiment, BandModel, CellsModel, Training

BAND = {
    # Half a bar of one track <-> one vector.
    "cells": BandExperiment(
        name="cells",
        task="cells",
        train=Training(
            learning_rate=1e-3, warmup=100, beta1=0.9, batch_size=128, rounds=8_000, bfloat16=False
        ),
    ),
    # Relativistic GAN with R1 and R2 (Huang et al. 2024, arXiv:2501.05441) on their latents;
    # docs/models/band.md says what came of it.
    "band": BandExperiment(name="band", task="band"),
    # The same band, playing along: it begins with the bundled one, hears eight cells and fills in the
    # two that come, unseen by the player too; its critic sees what the melody did then.
    "live": BandExperiment(
        name="live",
        task="band",
        data=BandData(cells="band"),
        band=BandModel(cells=10, past=8, live=0.8, own_past=4, hindsight=True),
        train=Training(rounds=30_000, mismatch=0.5),
        start="band",
    ),
    # From nothing to a band that plays scales over chords, in about a minute on a CPU.
    "toy": BandExperiment(
        name="toy",
        task="band",
        data=BandData(corpora=("toy",), shares=(1.0,), styles=("pop",)),
        cells=CellsModel(latent=24, width=24, hidden=64, rounds=400),
        band=BandModel(width=64, generator_depth=2, critic_depth=2),
        train=Training(batch_size=16, rounds=400, warmup=50, learning_rate=5e-4, average=0.98),
    ),
}
