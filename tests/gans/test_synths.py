"""Synths: what they are told, how they begin, what their critics hear, and that they learn."""

import pytest
import torch
from notebanks import SAMPLES, SMALL, write_bank

from musegan.data.phrases import Score
from musegan.errors import CheckpointError, ConfigError
from musegan.experiments import build
from musegan.experiments.synths import (
    distances,
    load_synth,
    play,
    play_tones,
    unseen_phrases,
)
from musegan.gans import SYNTHS as GENERATORS
from musegan.gans.hearing import PERIODS, WINDOWS, Critic, SpectrumView
from musegan.gans.hifigan import factors_of
from musegan.gans.scores import Entry, Reader, SynthSizes, noise_shape
from musegan.models.spectra import MelDistance
from musegan.presets import SYNTHS
from musegan.settings import override

SIZES = SynthSizes(
    rate=8_000, releases=(0.02, 0.1), width=8, blocks=1, hidden=8, latent=2, window=256, hop=64,
    critic_width=4,
)  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def score(*rows, timbre=0):
    """One row of (pitch, velocity, onset, length)."""
    columns = torch.tensor(rows).T[:, None]
    return Score(*columns, torch.tensor([timbre]))


def noise(samples=SAMPLES, batch=1):
    return torch.randn(batch, *noise_shape(SIZES, samples))


def small(preset, folder, *settings):
    return override(
        SYNTHS[preset], *SMALL, f"data.folder={folder}", "train.batch_size=4", "train.device=cpu",
        "train.bfloat16=false", "train.rounds=4", "health.watch=false", *settings,
    )  # fmt: skip


@pytest.mark.parametrize("name", GENERATORS)
def test_scores_become_sounds_of_their_length(name):
    generator = GENERATORS[name](SIZES)
    told = score((60, 100, 10, 500), (64, 90, -40, 900))
    sounds = generator(told, torch.randn(1, 2, 2), noise())
    assert sounds.shape == (1, SAMPLES)
    assert sounds.isfinite().all()


def test_a_synth_begins_as_exact_tones():
    generator = GENERATORS["synth"](SIZES)
    torch.nn.init.zeros_(generator.head.weight)
    told, still = score((57, 100, 300, 900), (64, 90, 500, 700)), torch.zeros_like(noise())
    sounds = generator(told, torch.randn(1, 2, 2), still)
    gains = torch.zeros(1, 2, SAMPLES // 64 + 1)
    wanted = generator.entry.source(told, gains, still)[:, 128:][:, :SAMPLES]
    torch.testing.assert_close(sounds, wanted, atol=1e-5, rtol=0)
    tones = play_tones(SIZES, told, SAMPLES)
    assert torch.equal(tones[:, :300], torch.zeros(1, 300))
    assert tones.shape == sounds.shape


def test_a_held_note_is_told_its_age_for_as_long_as_such_notes_were_learned():
    reader = Reader(SIZES._replace(sustained=(True, False)), 8, 2)
    late = [round(seconds * SIZES.rate / SIZES.hop) for seconds in (2.6, 5, 7)]
    for timbre, same in ((0, True), (1, False)):
        told = score((60, 100, 0, 10 * SIZES.rate), timbre=timbre)
        frames = [reader.of_frames(told, first, 1)[0] for first in late]
        assert all(torch.equal(frames[0], frame) for frame in frames[1:]) == same


def test_a_synth_is_silent_where_no_note_sounds():
    generator = GENERATORS["synth"](SIZES)
    sounds = generator(score((60, 0, 0, 0)), torch.randn(1, 1, 2), noise())
    assert torch.equal(sounds, torch.zeros(1, SAMPLES))
    late = generator(score((60, 100, 1_024, 500)), torch.randn(1, 1, 2), noise())
    assert late[:, : 1_024 - 256].abs().max() < 1e-7  # up to the frames that reach the note
    assert late[:, 1_024:1_500].abs().max() > 1e-3


def test_the_order_of_notes_and_empty_places_change_nothing():
    generator = GENERATORS["synth"](SIZES)
    torch.nn.init.normal_(generator.entry.reader.gain.weight)
    rows, latents, still = ((60, 100, 10, 500), (67, 80, 400, 900)), torch.randn(1, 2, 2), noise()
    one = generator(score(*rows), latents, still)
    padded = torch.cat([torch.randn(1, 1, 2), latents.flip(1)], 1)
    other = generator(score((40, 0, 0, 0), *rows[::-1]), padded, still)
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_latent_timbre_and_velocity_change_the_sound():
    generator = GENERATORS["synth"](SIZES)
    torch.nn.init.normal_(generator.head.weight, 0.0, 0.3)
    still, latents = noise(), torch.randn(1, 1, 2)
    base = generator(score((60, 100, 10, 500)), latents, still)
    for told, latent in (
        (score((60, 100, 10, 500)), latents + 1),
        (score((60, 100, 10, 500), timbre=1), latents),
        (score((60, 60, 10, 500)), latents),
    ):
        assert (generator(told, latent, still) - base).abs().max() > 1e-5


def test_a_reader_knows_where_in_a_frame_a_note_begins():
    reader = Reader(SIZES, 4, 0)
    told = [reader(score((60, 100, onset, 500)), None, 0, 12)[0] for onset in (200, 210)]
    assert (told[0] - told[1]).abs().max() > 1e-4
    heard = [reader.of_frames(score((60, 100, 200, 500)), 0, 12)[1][0, 0]][0]
    assert heard.tolist() == [0, 0] + [1] * 10  # from half a window before it


def test_gains_are_linear_between_frames():
    entry = Entry(SIZES, 4)
    told, still = score((57, 127, -300, SAMPLES)), torch.zeros_like(noise())
    gains = torch.zeros(1, 1, SAMPLES // 64 + 1)
    plain = entry.source(told, gains, still)
    gains[0, 0, 5] = torch.tensor(3.0).log()
    ratio = (entry.source(told, gains, still) / plain)[0, 128:]  # from sample 0 on
    assert ratio[5 * 64].item() == pytest.approx(3)
    assert ratio[5 * 64 + 16].item() == pytest.approx(2.5, rel=1e-4)
    assert ratio[5 * 64 - 48].item() == pytest.approx(1.5, rel=1e-4)
    assert ratio[6 * 64].item() == pytest.approx(1)


def test_critics_hear_spectra_and_periods_and_are_told_the_notes():
    critic = Critic(SIZES)
    sounds = torch.randn(2, SAMPLES)
    told = Score(*(torch.cat([a, b]) for a, b in zip(
        score((60, 100, 10, 500)), score((72, 100, 10, 500)), strict=True)))  # fmt: skip
    logits, made = critic.layers(sounds, told)
    assert logits.shape[0] == 2
    assert len(made) == 6 * len(WINDOWS) + 5 * len(PERIODS)
    assert torch.equal(critic(sounds, told), logits)
    swapped = Score(*(part.flip(0) for part in told))
    assert (critic(sounds, swapped) - logits).abs().max() > 1e-5


def test_a_spectrum_of_a_sine_has_its_place_and_both_parts():
    view = SpectrumView(512, 4)
    sine = torch.sin(2 * torch.pi * 40 * torch.arange(4_096) / 512)[None]
    maps = view.maps(sine)
    assert maps.shape == (1, 3, 33, 256)
    assert (maps[0, 2, 8:24].argmax(1) == 39).all()  # without the constant part
    assert view.maps(torch.zeros(1, 4_096)).isfinite().all()


def test_hifigan_v2_has_the_papers_number_of_weights():
    sizes = SIZES._replace(rate=24_000, width=128, hidden=128, window=1_024, hop=256)
    generator = GENERATORS["hifigan"](sizes)
    own = sum(p.numel() for name, p in generator.named_parameters() if "entry" not in name)
    # The paper's first layer reads 80 mel bands, ours 128 numbers.
    assert own - 48 * 128 * 7 == pytest.approx(0.92e6, rel=0.01)


def test_a_frame_is_grown_by_eights_and_twos():
    assert factors_of(256) == [8, 8, 2, 2]
    assert factors_of(512) == [8, 8, 2, 2, 2]
    assert factors_of(64) == [8, 2, 2, 2]
    with pytest.raises(ConfigError, match=r"hop=96 must be a power of 2"):
        factors_of(96)


def test_a_distance_of_mel_bands_is_in_nats():
    distance = MelDistance(24_000)
    sounds = 0.3 * torch.randn(2, 8_192)
    assert distance(sounds, sounds) == 0
    assert distance(sounds, sounds * torch.e).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("preset", ["synth", "hifigan"])
def test_a_synth_plays_without_the_critic_first_and_is_released(preset, tmp_path):
    built = build(small(preset, write_bank(tmp_path / "bank")))
    assert set(built.trainer.play_round()) == {"generator/mel"}
    terms = {"critic/adversarial", "generator/adversarial", "generator/matching", "generator/mel"}
    assert set(built.trainer.play_round()) == terms
    path = tmp_path / "model.safetensors"
    built.release(path)
    model = load_synth(path)
    assert model.timbres == ("low", "high")
    told = score((60, 100, 10, 500), (64, 90, -40, 900))
    sounds = play(model, told, SAMPLES)
    assert torch.equal(sounds, play(model, told, SAMPLES))
    assert not torch.equal(sounds, play(model, told, SAMPLES, seed=1))


def test_a_synth_comes_nearer_to_the_phrases_than_tones(tmp_path):
    wanted = small(
        "synth", write_bank(tmp_path / "bank"), "model.alone=1000", "train.batch_size=8",
        "train.rounds=60", "train.warmup=0", "train.learning_rate=3e-3", "train.average=0.9",
        "model.width=16", "model.hidden=16",
    )  # fmt: skip
    built = build(wanted)
    for _ in range(60):
        built.trainer.play_round()
    built.release(tmp_path / "model.safetensors")
    found = distances(load_synth(tmp_path / "model.safetensors"), unseen_phrases(wanted, 16))
    assert list(found) == ["mel", "stft"]
    for measured in found.values():
        assert list(measured) == ["all", "low", "high"]
    assert found["mel"]["all"]["synth"] < 0.85 * found["mel"]["all"]["tones"]


def test_another_kind_of_model_is_refused(tmp_path):
    from soundfiles import release

    path = release(tmp_path / "sounds.safetensors", "wavegan")
    with pytest.raises(CheckpointError, match="not a synth"):
        load_synth(path)


def test_a_piece_is_whole_frames():
    with pytest.raises(ConfigError, match=r"multiple of model\.hop"):
        override(SYNTHS["synth"], "data.samples=16400")
    with pytest.raises(ConfigError, match="power of 2"):
        override(SYNTHS["synth"], "model.window=1000")


def test_a_device_without_float64_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("musegan.experiments.synths.device_of", torch.device)
    with pytest.raises(ConfigError, match="mps knows no float64"):
        build(small("synth", tmp_path, "train.device=mps"))
