"""Whole experiments, small: they learn, they resume bit for bit, they release what loads."""

from dataclasses import replace

import pytest
import torch
from bands import small_experiments, small_melodist, small_melody, small_model

from musegan.errors import CheckpointError
from musegan.experiments import build
from musegan.experiments.band import (
    cells_first,
    load_band,
    load_cells,
)
from musegan.experiments.hearing import SHARPNESS, as_heard, with_own_past
from musegan.models.band import Window
from musegan.models.cells import BandCells
from musegan.train.checkpoint import load_checkpoint, save_checkpoint, save_release


def weights_of(built):
    return [
        value.clone()
        for player in built.trainer.players.values()
        for value in player.module.state_dict().values()
    ]


@pytest.mark.parametrize("task", ["cells", "band", "melody-cells", "melody"])
def test_a_resumed_experiment_goes_on_bit_for_bit(task, tmp_path):
    cells, band = small_melody(tmp_path) if "melody" in task else small_experiments(tmp_path)
    build(cells).release(tmp_path / "cells.safetensors")
    experiment = cells if "cells" in task else band
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
    wanted = replace(cells.train, rounds=100, learning_rate=5e-3, beta1=0.9)
    built = build(replace(cells, train=wanted))
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
    small_model(tmp_path)
    other = tmp_path / "other.safetensors"
    save_release(other, {"weight": torch.zeros(1)}, {"task": "other", "name": "thing"})
    with pytest.raises(CheckpointError, match="holds 'thing', not cell autoencoders"):
        load_cells(other)
    with pytest.raises(CheckpointError, match="not a band"):
        load_band(tmp_path / "cells.safetensors")


def test_who_writes_melodies_has_one_role_and_hears_no_melody(tmp_path):
    generator, cells, config = load_band(small_melodist(tmp_path), "melody")
    assert config["task"] == "melody"
    assert cells.roles == ("melody",)
    assert generator.roles == 1
    assert not generator.trunk.hears


def test_a_band_does_not_pass_for_who_writes_melodies_nor_the_reverse(tmp_path):
    with pytest.raises(CheckpointError, match="holds 'melody', not a band"):
        load_band(small_melodist(tmp_path))
    with pytest.raises(CheckpointError, match="not cell autoencoders"):
        load_cells(tmp_path / "melody.safetensors")
    with pytest.raises(CheckpointError, match="holds 'band', not a model that writes melodies"):
        load_band(small_model(tmp_path), "melody")


def test_who_writes_melodies_trains_cells_of_its_own_first(tmp_path):
    _, melody = small_melody(tmp_path)
    first = cells_first(replace(melody, data=replace(melody.data, cells="")))
    assert first.task == first.name == "melody-cells"
    assert first.cells == melody.cells
    assert cells_first(melody) is None


def test_of_cells_that_begin_with_others_only_the_decoders_learn(tmp_path):
    cells, _ = small_melody(tmp_path)
    build(cells).release(tmp_path / "first.safetensors")
    built = build(replace(cells, start=str(tmp_path / "first.safetensors"), seed=3))
    first = load_cells(tmp_path / "first.safetensors", "melody")[0].state_dict()
    for _ in range(3):
        built.trainer.play_round()
    now = built.trainer.players["cells"].module.state_dict()
    moved = {key.split(".")[2] for key in first if not torch.equal(first[key], now[key])}
    assert moved == {"decoder", "step_out"}


def played_window(roles):
    window_cells = 4
    return Window(
        melody=torch.zeros(2, window_cells, 2, 8, 84),
        latents=torch.randn(2, window_cells, roles, 8),
        given=torch.tensor([1.0, 0.0, 0.0, 0.0])[None, :, None].repeat(2, 1, roles),
        active=torch.tensor([[1.0, 0.0], [1.0, 1.0]]),
        visible=torch.ones(2, window_cells),
        place=torch.zeros(2, window_cells, 14),
        style=torch.zeros(2, 1),
    )


@pytest.mark.parametrize("struck", [True, False])
@pytest.mark.parametrize("whole", [True, False])  # as on a GPU and compiled, and as on a processor
def test_the_critic_hears_latents_as_they_sound(struck, whole, monkeypatch):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: whole)
    torch.manual_seed(0)
    cells = BandCells(("drums", "bass"), latent=8, width=8, hidden=16)
    torch.nn.init.zeros_(cells.of["bass"].step_out.bias)
    latents = torch.randn(2, 4, 2, 8, requires_grad=True)
    window = played_window(2)
    heard = as_heard(cells, window, latents, struck=struck)
    logits = cells.decode("bass", latents[1, 1:, 1])
    sounding = (logits > 0).float() if struck else (SHARPNESS * logits).sigmoid()
    assert torch.allclose(heard[1, 1:, 1], cells.encode("bass", sounding), atol=1e-5)
    assert torch.equal(heard[:, 0, 0], window.latents[:, 0, 0])  # given
    assert heard[0, :, 1].abs().sum() == 0  # does not play
    heard[1, 1:, 1].square().mul(torch.arange(8)).sum().backward()
    assert latents.grad[1, 1:, 1].abs().sum() > 0


def test_a_run_can_begin_with_the_weights_of_another(tmp_path):
    cells, band = small_experiments(tmp_path)
    build(cells).release(tmp_path / "cells.safetensors")
    first = build(band)
    first.trainer.play_round()
    save_checkpoint(tmp_path / "first", first.trainer, first.config)
    second = build(replace(band, start=str(tmp_path / "first"), seed=5))
    pairs = zip(weights_of(first), weights_of(second), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert second.trainer.round == 0


def test_a_start_without_a_checkpoint_is_named(tmp_path):
    cells, band = small_experiments(tmp_path)
    build(cells).release(tmp_path / "cells.safetensors")
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        build(replace(band, start=str(tmp_path)))


def small_live(folder, **shape):
    """A small experiment like the preset `live`: it begins with a released band, and with its cells."""
    released = small_model(folder)
    _, band = small_experiments(folder)
    shape = {"cells": 10, "past": 8, "live": 0.8, "own_past": 4, "hindsight": True} | shape
    return replace(
        band,
        band=replace(band.band, **shape),
        data=replace(band.data, cells=str(released)),
        start=str(released),
    )


def test_a_band_has_its_autoencoders_with_it(tmp_path):
    path = small_model(tmp_path)
    own, config = load_cells(path)
    of_the_band = load_band(path)[1]
    assert config["task"] == "band"
    assert own.state_dict().keys() == of_the_band.state_dict().keys()
    assert all(
        torch.equal(value, of_the_band.state_dict()[key]) for key, value in own.state_dict().items()
    )


def test_a_run_can_begin_with_a_released_band_of_longer_windows(tmp_path):
    experiment = small_live(tmp_path)
    released, _, _ = load_band(tmp_path / "band.safetensors")
    built = build(experiment)
    player = built.trainer.players["generator"]
    for module in (player.module, player.average):
        weights = module.state_dict()
        assert weights["trunk.position"].shape[0] == 10
        assert all(
            torch.equal(value, released.state_dict()[key][: len(value)])
            for key, value in weights.items()
        )


def test_a_release_of_other_sizes_is_no_beginning(tmp_path):
    with pytest.raises(CheckpointError, match="'band' has a generator of another shape"):
        build(small_live(tmp_path, width=32))


def test_a_released_live_band_can_be_loaded(tmp_path):
    built = build(small_live(tmp_path))
    built.trainer.play_round()
    built.trainer.play_round()
    built.release(tmp_path / "live.safetensors")
    generator, _, config = load_band(tmp_path / "live.safetensors")
    assert (generator.cells, config["band"]["own_past"]) == (10, 4)


def test_of_a_window_with_an_own_past_only_that_is_written_anew(tmp_path):
    generator, cells, config = load_band(small_model(tmp_path))
    torch.manual_seed(0)
    given = torch.zeros(2, 16, 5)
    given[:, :8] = 1
    window = Window(
        melody=torch.zeros(2, 16, 2, 8, 84),
        latents=torch.randn(2, 16, 5, 8),
        given=given,
        active=torch.ones(2, 5),
        visible=torch.ones(2, 16),
        place=torch.zeros(2, 16, 14),
        style=torch.zeros(2, len(config["data"]["styles"])),
    )
    asked = replace(window, given=given * (torch.arange(16) < 4)[:, None])
    noise = generator.draw_noise(2)
    own = with_own_past(window, asked, cells, generator, noise)
    assert torch.equal(own.latents[:, :4], window.latents[:, :4])
    assert torch.equal(own.latents[:, 8:], window.latents[:, 8:])
    assert torch.equal(own.given, window.given)
    played = cells.decode("bass", generator(asked, noise)[:, 4:8, 1].flatten(0, 1)) > 0
    heard = cells.encode("bass", played.float()).view(2, 4, -1)
    assert torch.allclose(own.latents[:, 4:8, 1], heard, atol=1e-5)


@pytest.mark.parametrize("hindsight", [True, False])
def test_a_critic_with_hindsight_hears_the_melody_that_the_generator_does_not(
    hindsight, tmp_path, monkeypatch
):
    built = build(small_live(tmp_path, live=1.0, hindsight=hindsight, own_past=0))
    seen = {}
    for name in ("critic", "generator"):
        trunk = built.trainer.players[name].module.trunk
        monkeypatch.setattr(
            trunk,
            "forward",
            lambda window, *rest, name=name, forward=trunk.forward: (
                seen.setdefault(name, window.visible) is None or forward(window, *rest)
            ),
        )
    built.trainer.play_round()
    assert seen["generator"][:, 8:].max() == 0
    assert seen["critic"][:, 8:].min() == (1 if hindsight else 0)
