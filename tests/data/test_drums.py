"""Drum hits rendered from the bundled SoundFont, and read for training."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from soundfiles import tone

from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import write_flac
from musegan.config import SoundData
from musegan.data.drums import is_new, prepare_drums, recorded, struck
from musegan.data.sounds import SEMITONES, SoundSource, open_drawn, open_sounds, varied
from musegan.errors import CorpusError
from musegan.music.kit import KIT

SOUNDFONT = Path(importlib.util.find_spec("pretty_midi").origin).parent / "TimGM6mb.sf2"
SHORT = {"rate": 8_000, "samples": 4_096}


@pytest.fixture(scope="module")
def drums(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drums")
    return folder, prepare_drums(folder, [SOUNDFONT])


def data(folder, **settings):
    return SoundData(source="drums", folder=str(folder), **SHORT, **settings)


def test_every_role_is_rendered_and_no_hit_twice(drums):
    folder, lines = drums
    assert {path.name for path in folder.iterdir()} == set(KIT)
    count = len(list(folder.rglob("*.flac")))
    assert lines == [f"{folder}: {count} hits from TimGM6mb.sf2"]
    assert 2 * len(KIT) < count < 900  # of 7 kits, 24 keys and 4 velocities, and 18 toms, 690


def test_a_fifth_of_each_role_is_for_testing(drums):
    folder, _ = drums
    train, test = open_sounds(data(folder)), open_sounds(data(folder), "test")
    assert train.classes == test.classes == tuple(KIT)
    assert set(train.labels) == set(range(16))
    for label, role in enumerate(KIT):
        all_of_it = len(list((folder / role).iterdir()))
        assert (test.labels == label).sum() == all_of_it // 5


def test_a_kick_is_low_and_a_hat_is_high(drums):
    known = open_sounds(data(drums[0]))

    def middle(role):
        sounds = known.sounds[known.labels == list(KIT).index(role)]
        power = (np.abs(np.fft.rfft(sounds / 32768)) ** 2).mean(0)
        return (power * np.arange(len(power))).sum() / power.sum() * 8_000 / SHORT["samples"]

    assert middle("kick") < 400 < middle("snare") < middle("closed hat")


def test_what_is_struck_is_as_long_as_asked_and_apart():
    one, other = struck(SOUNDFONT, 0, 9, [(36, 100), (49, 100)])
    assert len(one) == len(other) == 2 * SYNTH_RATE
    assert np.abs(one[-4_800:]).max() < 0.01 * np.abs(one).max()  # a kick is over by then


def test_the_same_hit_softer_or_later_is_not_new():
    dice = np.random.default_rng(0)
    hit = (dice.standard_normal(20_000) * np.exp(-np.arange(20_000) / 4_000)).astype(np.float32)
    known = []
    assert is_new(hit, known)
    assert not is_new(0.1 * hit, known)
    assert not is_new(np.concatenate([np.zeros(500, np.float32), hit]), known)
    assert not is_new(np.zeros(20_000, np.float32), known)
    assert is_new(hit[::-1].copy(), known)


def test_recorded_samples_are_told_by_their_names(tmp_path):
    for name in ("bd_808", "drum_cymbal_open", "loop_amen", "sn_dub"):
        write_flac(tmp_path / f"{name}.flac", tone(200, 4_410, 44_100), 44_100)
    found = [(role, title, len(hit)) for role, title, hit in recorded(tmp_path)]
    assert found == [
        ("kick", "bd_808", 4_800), ("open hat", "drum_cymbal_open", 4_800), ("snare", "sn_dub", 4_800),
    ]  # fmt: skip


def test_without_a_soundfont_it_says_what_to_install(tmp_path):
    with pytest.raises(CorpusError, match="install fluid-soundfont-gm"):
        prepare_drums(tmp_path / "out", [tmp_path])
    with pytest.raises(CorpusError, match="holds no drums; run `musegan prepare drums`"):
        open_sounds(data(tmp_path))


def test_a_varied_sound_is_as_fast_as_its_chance_says():
    sounds = torch.from_numpy(np.stack([tone(500, 8_000)] * 3))
    chances = torch.tensor([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])
    made = varied(sounds, chances, 8_000)
    pitches = torch.fft.rfft(made[:, :4_000]).abs().argmax(1) * 2
    assert pitches.tolist() == pytest.approx([500 / 2 ** (SEMITONES / 12), 500, 500 * 2 ** (SEMITONES / 12)], abs=2)  # fmt: skip
    torch.testing.assert_close(made[1], sounds[1], atol=1e-6, rtol=0)  # as it was
    assert not made[2, -800:].any()  # faster: over sooner


def test_half_of_the_varied_sounds_die_away_sooner():
    sounds = torch.ones(3, 8_000) * 0.5
    made = varied(sounds, torch.tensor([[0.5, 0.4], [0.5, 0.75], [0.5, 1.0]]), 8_000)
    last = made[:, 7_000]  # after .875 seconds
    assert last.tolist() == pytest.approx(
        [0.5, 0.5 * np.exp(-5 * 0.875), 0.5 * np.exp(-10 * 0.875)], rel=1e-3
    )


def test_even_batches_have_each_class_as_often(drums):
    known = open_sounds(data(drums[0]))
    source = SoundSource(known, data(drums[0], even=True), 3_200, torch.device("cpu"))
    counts = np.bincount(source.draw(np.random.default_rng(0)).labels.numpy(), minlength=16)
    assert counts.min() > 150  # 200 each, within four deviations of 14


def test_what_is_measured_with_is_always_the_same(drums):
    settings = data(drums[0], even=True, vary=True)
    one, other = (open_drawn(settings, "test", 50) for _ in range(2))
    assert one.sounds.shape == (50, 4_096)
    assert np.array_equal(one.sounds, other.sounds)
