"""Small songs and small trained-looking models for tests; no file of a corpus is needed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from musegan.config import BandData, BandExperiment, BandModel, CellsModel, Training
from musegan.data.pianorolls import gather, pack, save
from musegan.experiments import build
from musegan.models.cells import BandCells
from musegan.music.arrangement import Arrangement
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

CORPUS = "pop909"


def small_song(name: str = "song", seed: int = 0, bars: int = 6) -> Arrangement:
    """A song in C: a melody of quarters, a bass of halves, chords of whole notes, drums."""
    rng = np.random.default_rng(seed)
    grid = grid_of_metres([(0, 4, 4)], 1920 * bars, 480)
    scale = np.array([60, 62, 64, 65, 67, 69, 71, 72])
    melody = [[4 * k, 4 * k + 4, rng.choice(scale), 90] for k in range(4 * bars)]
    bass = [[8 * k, 8 * k + 8, rng.choice([36, 43, 41]), 80] for k in range(2 * bars)]
    piano = [[16 * k, 16 * k + 16, p, 70] for k in range(bars) for p in (60, 64, 67)]
    drums = [[4 * k, 4 * k + 1, 36 if k % 2 == 0 else 38, 90] for k in range(4 * bars)]
    parts = {Role.DRUMS: drums, Role.BASS: bass, Role.PIANO: piano}
    band = {role: np.array(part, np.int64) for role, part in parts.items()}
    return Arrangement(name, grid, np.array(melody, np.int64), band)


def small_experiments(folder: Path) -> tuple[BandExperiment, BandExperiment]:
    """Autoencoders and a band that train in moments; their corpus is written to `folder`."""
    songs = [pack(small_song(f"song{seed}", seed)) for seed in range(4)]
    save(gather(songs), folder / f"{CORPUS}.npz")
    data = BandData(
        folder=str(folder),
        corpora=(CORPUS,),
        shares=(1.0,),
        cells=str(folder / "cells.safetensors"),
    )
    wanted = Training(batch_size=4, rounds=6, warmup=2, bfloat16=False)
    cells = BandExperiment(
        name="cells",
        task="cells",
        data=data,
        cells=CellsModel(latent=8, width=8, hidden=16),
        train=wanted,
    )
    shape = BandModel(width=16, heads=2, generator_depth=1, critic_depth=1)
    return cells, replace(cells, name="band", task="band", band=shape)


def small_model(folder: Path) -> Path:
    """An untrained band as a weights file; its decoders strike about half of all notes."""
    return _released(*small_experiments(folder), folder)


def small_coded(folder: Path, **shape: Any) -> BandExperiment:
    """A small band that is played from a codebook, and whose critic hears its entries."""
    small_model(folder)
    _, band = small_experiments(folder)
    return replace(band, band=replace(band.band, heard="nearest", codebook=40, **shape))


def small_melody(folder: Path) -> tuple[BandExperiment, BandExperiment]:
    """Autoencoders of a melody, and who writes one, that train in moments; see `small_experiments`."""
    cells, band = small_experiments(folder)
    wanted = replace(cells, name="melody-cells", task="melody-cells")
    return wanted, replace(band, name="melody", task="melody")


def small_melodist(folder: Path) -> Path:
    """An untrained model that writes melodies, as a weights file."""
    return _released(*small_melody(folder), folder)


def _released(cells: BandExperiment, whole: BandExperiment, folder: Path) -> Path:
    """The weights file of an untrained model and its untrained cells."""
    built = build(cells)
    autoencoders = built.trainer.players["cells"].average
    assert isinstance(autoencoders, BandCells)
    for part in autoencoders.of.values():
        torch.nn.init.zeros_(part.step_out.bias)
    built.release(folder / "cells.safetensors")
    path = folder / f"{whole.name}.safetensors"
    build(whole).release(path)
    return path
