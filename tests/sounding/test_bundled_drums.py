"""The bundled drum kit: every role is struck, none clicks, and a judge hears most of them."""

import numpy as np
import pytest
import torch

from musegan.experiments.latents import latents_of
from musegan.experiments.listening import judge_of
from musegan.experiments.sounds import draw_sounds
from musegan.sounding.kit import KEYS, draw_kit
from musegan.sounding.opening import open_model
from musegan_cli.main import main


@pytest.fixture(scope="module")
def model():
    return open_model("drums")


def test_a_kit_has_all_sixteen_roles_at_once_and_silence_at_its_edges(model):
    for role, sound in draw_kit(model, 7, {}).items():
        assert role in KEYS
        assert np.abs(sound).max() > 0.1
        assert np.abs(sound).max() < 1
        assert sound[0] == 0
        assert abs(sound[-1]) < 1e-3
        loudest = int(np.abs(sound).argmax())
        assert loudest < 0.15 * model.sizes.rate  # it is struck, not swelling


def test_a_judge_hears_most_hits_as_the_role_that_was_asked_for(model):
    labels = torch.arange(16).repeat_interleave(8)
    sounds = draw_sounds(model, latents_of(1, range(1, 129), model.sizes.latent), labels)
    heard = judge_of(model.experiment.data).classes(sounds.clamp(-1, 1))
    assert (heard == labels.numpy()).mean() > 0.6  # its card says .75; by chance .06


def test_two_kits_differ(model):
    one, other = (draw_kit(model, seed, {})["snare"] for seed in (1, 2))
    assert len(one) != len(other) or not np.allclose(one, other)


def test_a_kit_needs_no_model_named(tmp_path, capsys):
    assert main(["audio", "kit", "--seed", "7", "-o", str(tmp_path / "kit")]) == 0
    assert "16 drums and kit.sfz" in capsys.readouterr().out
    assert len(list((tmp_path / "kit").glob("*.wav"))) == 16
