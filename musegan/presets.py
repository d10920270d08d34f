"""Named experiments."""

from musegan.config import Experiment, Optimisation

PRESETS = {
    # Half a bar of one track <-> one vector; docs/models/band.md has its figures.
    "cells": Experiment(
        name="cells",
        task="cells",
        optimisation=Optimisation(
            learning_rate=1e-3, warmup=100, beta1=0.9, batch_size=128, rounds=8_000, bfloat16=False
        ),
    ),
    # Relativistic GAN with R1 and R2 (Huang et al. 2024, arXiv:2501.05441) on their latents.
    "band": Experiment(name="band", task="band"),
}
