"""GANs on sounds: shapes, what is each paper's own, and that they learn."""

import math

import numpy as np
import pytest
import torch
from soundfiles import RATE, SAMPLES, SMALL, tone, tones_folder

from musegan.errors import ConfigError
from musegan.experiments.sounds import build_sounds, draw_sounds, load_sounds
from musegan.gans import SOUND_SYSTEMS, istftgan, specgan, wavegan
from musegan.gans.sounds import divided
from musegan.presets import SOUNDS
from musegan.settings import override

NAMES = tuple(SOUND_SYSTEMS)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def labels(count, classes=1):
    return torch.arange(count) % classes


def small(preset, folder, *settings):
    """A preset at a size that takes moments, on a folder of tones."""
    return override(
        SOUNDS[preset], f"data.source={folder}", f"data.rate={RATE}", f"data.samples={SAMPLES}",
        "model.latent=6", "model.width=8", "model.window=64", "model.hop=32", "train.batch_size=8",
        "train.device=cpu", "train.rounds=4", "health.samples=16", *settings,
    )  # fmt: skip


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize("name", NAMES)
def test_latents_become_sounds_and_sounds_logits(name, classes):
    system, sizes = SOUND_SYSTEMS[name], SMALL._replace(classes=classes)
    networks = system.networks(sizes)
    told = labels(4, max(classes, 1))
    made = networks["generator"](torch.randn(4, 6), told)
    sounds = system.sounds(networks["generator"], made)
    assert sounds.shape == (4, SAMPLES)
    assert system.pictured(sizes, shown_to_critic(name, networks, made)).ndim == 4
    assert networks["critic"](shown_to_critic(name, networks, made), told).shape == (4,)


def shown_to_critic(name, networks, made):
    return networks["critic"].ear(made) if name == "istftgan" else made


@pytest.mark.parametrize("name", NAMES)
def test_the_class_changes_the_sound_and_the_logit(name):
    system, sizes = SOUND_SYSTEMS[name], SMALL._replace(classes=2)
    networks = system.networks(sizes)
    made = networks["generator"](torch.randn(1, 6).expand(2, -1), torch.arange(2))
    assert (made[0] - made[1]).abs().max() > 1e-6
    critic = networks["critic"].eval()
    shown = shown_to_critic(name, networks, made[:1].expand(2, *made.shape[1:]))
    torch.manual_seed(0)  # of the phase shuffle
    logits = critic(shown, torch.arange(2))
    assert logits[0] != logits[1]


def test_lengths_are_divided_down_to_sixteen_or_less():
    assert divided(16_384, 4, "data.samples") == (16, 5)
    assert divided(8_192, 4, "data.samples") == (8, 5)
    assert divided(64, 2, "frames") == (16, 2)
    with pytest.raises(
        ConfigError, match=r"samples=10000 is not 1 to 16 .* nearest are 9216 and 10240"
    ):
        divided(10_000, 4, "data.samples")


@pytest.mark.parametrize(
    ("loss", "terms"),
    [("wasserstein", {"adversarial", "lipschitz"}), ("relativistic", {"adversarial", "r1", "r2"})],
)
def test_wavegan_plays_its_papers_game_and_another(loss, terms, tmp_path):
    wanted = small("wavegan", tones_folder(tmp_path), f"train.loss={loss}", "train.n_critic=2")
    log = build_sounds(wanted).trainer.play_round()
    assert {name.partition("/")[2] for name in log if name.startswith("critic/")} == terms
    assert all(bool(value.isfinite()) for value in log.values())


def test_wavegan_has_the_papers_number_of_weights():
    sizes = SMALL._replace(samples=16_384, latent=100, width=64)
    generator = wavegan.Generator(sizes)
    assert sum(p.numel() for p in generator.parameters()) == pytest.approx(19.07e6, rel=0.01)


def test_shuffled_maps_are_moved_by_at_most_so_many_and_mirrored_at_the_ends():
    x = torch.arange(6.0).expand(200, 2, 6)
    moved = wavegan.shuffled(x, 2)
    assert torch.equal(moved[:, 0], moved[:, 1])  # all channels alike
    rows = {tuple(row) for row in moved[:, 0].int().tolist()}
    assert rows == {
        (2, 1, 0, 1, 2, 3), (1, 0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 4),
        (2, 3, 4, 5, 4, 3),
    }  # fmt: skip


def test_specgan_brings_every_frequency_to_mean_nothing_and_a_third():
    spectrum = specgan.Spectrum(SMALL)
    sounds = torch.randn(50, SAMPLES) * torch.linspace(0.01, 0.3, 50)[:, None]
    spectrum.fit(sounds)
    images = spectrum(sounds)
    assert images.shape == (50, 1, 32, 32)
    assert images.abs().max() <= 1
    torch.testing.assert_close(images.mean((0, 1, 3)), torch.zeros(32), atol=0.02, rtol=0)
    torch.testing.assert_close(images.std((0, 1, 3)), torch.full((32,), 1 / 3), atol=0.02, rtol=0)


def test_specgan_finds_a_sound_with_the_spectrum_of_its_image():
    spectrum = specgan.Spectrum(SMALL._replace(window=256, hop=64))
    sounds = torch.from_numpy(np.stack([tone(hertz) for hertz in (500, 900, 1500, 2500)]))
    sounds = sounds + 0.01 * torch.randn_like(sounds)
    spectrum.fit(sounds)
    again = spectrum.inverse(spectrum(sounds))
    assert again.shape == sounds.shape
    places = [torch.fft.rfft(x).abs().argmax(1) for x in (sounds, again)]
    assert (places[0] - places[1]).abs().max() <= 2
    assert torch.equal(again, spectrum.inverse(spectrum(sounds)))


def test_specgan_refuses_an_image_that_cannot_be_halved():
    with pytest.raises(ConfigError, match="cannot be halved"):
        specgan.shape_of(SMALL._replace(samples=1_000))


def test_istftgans_block_begins_as_nothing_and_can_learn():
    block, x = istftgan.ConvNeXt(8), torch.randn(2, 8, 12)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert block.narrow.weight.grad.any()


def test_istftgans_frames_with_the_spectrum_of_a_sound_are_that_sound():
    generator = istftgan.Generator(SMALL)
    sound = torch.from_numpy(tone(700) + 0.3 * tone(1900))
    spectra = torch.stft(sound, 64, 32, window=torch.hann_window(64), return_complex=True)
    frames = torch.cat([spectra.abs().log(), spectra.angle()])[:, : SAMPLES // 32].T
    again = generator.sound(frames[None])[0]
    assert again.shape == sound.shape
    inside = slice(0, -64)  # the last frame is made twice
    torch.testing.assert_close(again[inside], sound[inside], atol=1e-4, rtol=0)


def test_istftgans_critic_is_shown_mel_bands_and_parts_of_a_spectrum():
    ear = istftgan.Ear(SMALL)
    sounds = torch.from_numpy(np.stack([tone(500), 10 * tone(500)]))
    tone_view, phase_view = ear.views(ear(sounds))
    assert tone_view.shape == (2, 1, 64, 32)
    assert phase_view.shape == (2, 2, 32, 64)
    assert torch.equal(tone_view, ear.mel(sounds))
    # Ten times as loud is 10 ** .3 as large: loud parts are brought nearer to soft ones.
    sizes = phase_view.square().sum(1).sqrt().amax((1, 2))
    assert (sizes[1] / sizes[0]).item() == pytest.approx(10**0.3, rel=0.01)


@pytest.mark.parametrize("preset", SOUNDS)
def test_a_game_is_played_and_its_weights_draw_the_same_sounds(preset, tmp_path):
    folder = tones_folder(tmp_path / "tones")
    built = build_sounds(small(preset, folder, "model.conditional=true"))
    for _ in range(2):
        log = built.trainer.play_round()
    assert all(value.isfinite() for value in log.values())
    built.release(tmp_path / "model.safetensors")
    model = load_sounds(tmp_path / "model.safetensors")
    assert model.classes == ("high", "low")
    latents = torch.randn(5, 6)
    one, other = draw_sounds(model, latents), draw_sounds(model, latents)
    assert one.shape == (5, SAMPLES)
    assert torch.equal(one, other)


def test_istftgans_critic_can_be_asked_which_class_a_real_sound_is_of(tmp_path):
    folder = tones_folder(tmp_path / "tones")
    plain, asked = (
        build_sounds(
            small("istftgan", folder, "model.conditional=true", f"train.mismatch={weight}")
        )
        for weight in (0, 2)
    )
    assert not [term for term in plain.trainer.play_round() if "mismatch" in term]
    # A fresh critic cannot tell classes: the chance of two, twice as heavy.
    term = asked.trainer.play_round()["critic/mismatch"]
    assert term.item() == pytest.approx(2 * math.log(2), rel=0.2)


def test_istftgan_learns_which_tone_is_of_which_class(tmp_path):
    folder = tones_folder(tmp_path / "tones", 30)
    experiment = small(
        "istftgan", folder, "model.conditional=true", "model.width=32", "train.batch_size=16",
        "train.rounds=150", "train.learning_rate=2e-3", "train.average=.9", "health.watch=false",
    )  # fmt: skip
    built = build_sounds(experiment)
    for _ in range(150):
        built.trainer.play_round()
    built.release(tmp_path / "model.safetensors")
    model = load_sounds(tmp_path / "model.safetensors")
    told = labels(40, 2)
    sounds = draw_sounds(model, torch.randn(40, 6), told)
    power = torch.fft.rfft(sounds).abs().square()
    split = 1_000 * SAMPLES // RATE  # between 300 and 2,000 Hz
    lower = power[:, :split].sum(1) > power[:, split:].sum(1)
    assert (lower == (told == 1)).float().mean() > 0.9
