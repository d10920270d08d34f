"""Drum kits drawn from a model, and what samplers are told of them."""

import numpy as np
import pytest
import soundfile
import torch
from soundfiles import RATE, SMALL, release, tone

from musegan.audio.kit import read_kit
from musegan.errors import UsageError
from musegan.experiments.latents import latents_of
from musegan.experiments.naming import class_number
from musegan.sounding.drawing import draw
from musegan.sounding.kit import (
    HATS,
    KEYS,
    KICK_LEVEL,
    LEVELS,
    check_draws_drums,
    draw_kit,
    loudness,
    sfz_of,
    write_kit,
)
from musegan.sounding.opening import open_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    sizes = SMALL._replace(classes=len(KEYS))
    return open_model(str(release(path, "istftgan", sizes, classes=tuple(KEYS))))


def test_every_role_has_a_level_and_no_key_strikes_two():
    assert list(KEYS) == list(LEVELS)
    keys = [key for keys in KEYS.values() for key in keys]
    assert len(keys) == len(set(keys))
    assert set(range(35, 60)) <= set(keys)  # a usual kit's, whole


def test_a_role_is_drawn_as_its_class_and_another_number_is_another_hit(model):
    kit = draw_kit(model, 7, {"snare": 3})
    other = draw_kit(model, 7, {})
    label = torch.tensor([class_number(model, "snare")])
    (alone,) = draw(model, latents_of(7, [3], 6), label, seed=7)
    np.testing.assert_allclose(kit["snare"], alone, atol=1e-5)
    assert not np.array_equal(kit["snare"][:50], other["snare"][:50])
    np.testing.assert_allclose(kit["kick"], other["kick"], atol=1e-5)


def test_a_model_that_knows_no_kit_is_refused(tmp_path):
    tones = open_model(str(release(tmp_path / "m.safetensors", "istftgan")))
    with pytest.raises(UsageError, match=r"draws no drum kit .*train one with musegan train drums"):
        check_draws_drums(tones)


def test_loudness_is_that_of_the_loudest_moment():
    burst = np.zeros(RATE, np.float32)
    burst[2_000:2_400] = tone(500, 400, loudness=1.0)  # the 50 ms of it, at half the power of 1
    assert loudness(burst, RATE) == pytest.approx(-3.01, abs=0.05)
    assert loudness(0.1 * burst, RATE) == pytest.approx(-23.01, abs=0.05)


def test_the_sfz_balances_the_kit_and_lets_hats_cut_each_other_off(model, tmp_path):
    kit = draw_kit(model, 1, {})
    told = dict.fromkeys(kit, "1")
    files = write_kit(tmp_path, kit, RATE, {"Software": "musegan"}, told)
    assert len(files) == 17
    assert all(path.is_file() for path in files)
    read = read_kit(tmp_path)
    for role, keys in KEYS.items():
        shots = [read[key] for key in keys]
        assert all(shot.sound is shots[0].sound for shot in shots)
        level = loudness(shots[0].sound[0], 48_000) + 20 * np.log10(shots[0].gain)
        assert level == pytest.approx(KICK_LEVEL + LEVELS[role], abs=1.0), role
        assert shots[0].off_by == (1 if role in HATS else 0)
    with soundfile.SoundFile(tmp_path / "side-stick.wav") as file:
        assert "Role: side stick; Number: 1" in file.comment


def test_facts_cannot_end_a_comment_line_of_the_sfz():
    text = sfz_of({"kick": tone(100)}, {"kick": "kick.wav"}, RATE, {"Command": "a\n<region> b"})
    assert "// Command: a <region> b" in text.splitlines()
