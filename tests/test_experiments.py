"""Whole experiments, small: they learn, they resume bit for bit, they release what loads."""

import pytest
import torch
from bands import small_experiments, small_model

from musegan.errors import CheckpointError
from musegan.experiments import build, load_band, load_cells
from musegan.train.checkpoint import load_checkpoint, save_checkpoint


def weights_of(built):
    return [
        value.clone()
        for player in built.trainer.players.values()
        for value in player.module.state_dict().values()
    ]


@pytest.mark.parametrize("task", ["cells", "band"])
def test_a_resumed_experiment_goes_on_bit_for_bit(task, tmp_path):
    cells, band = small_experiments(tmp_path)
    build(cells).release(tmp_path / "cells.safetensors")
    experiment = cells if task == "cells" else band
    whole, part = build(experiment), build(experiment)
    for _ in range(6):
        whole.trainer.play_round()
    for _ in range(3):
        part.trainer.play_round()
    save_checkpoint(tmp_path / "run", part.trainer, part.config)
    resumed = build(experiment)
    load_checkpoint(tmp_path / "run", resumed.trainer)
    for _ in range(3):
        resumed.trainer.play_round()
    pairs = list(zip(weights_of(whole), weights_of(resumed), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)


def test_every_player_of_the_band_moves(tmp_path):
    cells, band = small_experiments(tmp_path)
    build(cells).release(tmp_path / "cells.safetensors")
    built = build(band)
    before = weights_of(built)
    terms = built.trainer.play_round()
    assert {"critic/adversarial", "critic/mismatch", "critic/r1_r2"} <= set(terms)
    moved = [not torch.equal(a, b) for a, b in zip(before, weights_of(built), strict=True)]
    assert sum(moved) > 0.8 * len(moved)


def test_autoencoders_learn_to_reconstruct(tmp_path):
    cells, _ = small_experiments(tmp_path)
    built = build(cells)
    first = built.trainer.play_round()["cells/piano"]
    for _ in range(60):
        last = built.trainer.play_round()["cells/piano"]
    assert last < 0.7 * first


def test_a_released_band_loads_with_its_config(tmp_path):
    generator, cells, config = load_band(small_model(tmp_path))
    assert config["task"] == "band"
    assert generator.latent == cells.latent == 8
    assert not any(p.requires_grad for p in generator.parameters())


def test_weights_of_another_kind_are_refused(tmp_path):
    path = small_model(tmp_path)
    with pytest.raises(CheckpointError, match="not cell autoencoders"):
        load_cells(path)
    with pytest.raises(CheckpointError, match="not a band"):
        load_band(tmp_path / "cells.safetensors")
