"""The experiments of the band, and of who writes melodies."""

from musegan.config import BandData, BandExperiment, BandModel, CellsModel, Training

SUNG = BandData(shares=(0.55, 0.05, 0.1, 0.3))
SMALL_CELLS = CellsModel(width=64, hidden=256, rounds=6_000)

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
    # Half a bar of a melody <-> one vector.
    "melody-cells": BandExperiment(
        name="melody-cells",
        task="melody-cells",
        data=SUNG,
        cells=SMALL_CELLS,
        train=Training(
            learning_rate=2e-3, warmup=100, beta1=0.9, batch_size=128, rounds=6_000, bfloat16=False
        ),
    ),
    # The same game with one role, the melody: it goes on, comes back, is varied, or begins.
    "melody": BandExperiment(
        name="melody",
        task="melody",
        data=SUNG,
        cells=SMALL_CELLS,
        band=BandModel(cells=32, past=16, width=160, heard="latents"),
        train=Training(batch_size=24, rounds=5_000, learning_rate=3e-4, warmup=200, mismatch=0.0),
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
