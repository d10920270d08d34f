"""Sounds made ready to be heard: no click, no offset, no clipping; and what is drawn of them."""

import numpy as np
import pytest
import torch
from soundfiles import RATE, SAMPLES, release, tone

from musegan.experiments.latents import latents_of
from musegan.images.spectrogram import COLOURS, coloured
from musegan.sounding.drawing import LOUDEST, draw, finished, in_a_row, levels_of
from musegan.sounding.opening import open_model


def test_a_finished_sound_begins_and_ends_at_nothing():
    sound = finished(tone(500, 4_000), RATE)
    assert sound[0] == sound[-1] == 0
    assert np.abs(np.diff(sound)).max() < 0.25  # as a tone of 500 Hz has, .2, and no jump


def test_it_has_no_offset():
    sound = finished(tone(500, 8_000) + 0.3, RATE)
    assert abs(sound.mean()) < 0.005


def test_it_never_clips_and_what_is_soft_stays_so():
    assert np.abs(finished(tone(500, loudness=3.0), RATE)).max() == pytest.approx(LOUDEST, abs=0.02)
    assert np.abs(finished(tone(500, loudness=0.1), RATE)).max() == pytest.approx(0.1, abs=0.01)


def test_silence_at_its_end_is_cut_off():
    long = np.concatenate([tone(500, 2_000), np.zeros(6_000, np.float32)])
    assert 2_000 <= len(finished(long, RATE)) < 3_000
    assert 0 < len(finished(np.zeros(4_000, np.float32), RATE)) < 200


def test_sounds_in_a_row_have_a_pause_between_them():
    row = in_a_row([np.ones(100, np.float32), np.ones(50, np.float32)], 1_000)
    assert len(row) == 100 + 150 + 50 + 150
    assert row[:100].all()
    assert not row[100:250].any()


def test_a_sound_is_a_function_of_seed_and_number(tmp_path):
    model = open_model(str(release(tmp_path / "m.safetensors", "istftgan")))
    labels = torch.zeros(3, dtype=torch.long)
    all_three = draw(model, latents_of(7, [1, 2, 3], 6), labels)
    alone = draw(model, latents_of(7, [2], 6), labels[:1])
    np.testing.assert_allclose(alone[0], all_three[1], atol=1e-5)
    assert not np.array_equal(all_three[0], all_three[1])


def test_levels_show_a_tone_where_it_is():
    levels = levels_of([tone(500), tone(2_000)], RATE, SAMPLES)
    rows = levels[:, :, levels.shape[2] // 2].argmax(1)
    assert rows[0] < rows[1]
    assert levels.min() >= -1


def test_a_spectrogram_has_low_tones_at_the_bottom_and_loud_ones_light():
    levels = np.full((1, 4, 3), -1.0)
    levels[0, 0, :] = 1.0  # the lowest band, loud
    image = coloured(levels)[0]
    assert image.shape == (3, 4, 3)
    assert np.array_equal(image[:, -1, 0], COLOURS[-1])
    assert np.array_equal(image[:, 0, 0], COLOURS[0])
    lightness = coloured(np.linspace(-1, 1, 50)[None, None])[0, :, 0].mean(0)
    assert (np.diff(lightness) >= 0).all()
