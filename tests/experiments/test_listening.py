"""Judges of sounds, and what they measure of a model."""

import numpy as np
import pytest
import torch
from soundfiles import RATE, SAMPLES, SMALL, release, tones_folder

from musegan.data.sounds import open_sounds
from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.experiments.listening import build_sound_judge, open_sound_judge
from musegan.experiments.sound_measuring import measure_sound_judge, measure_sounds
from musegan.experiments.sounds import load_sounds
from musegan.presets import SOUND_JUDGES
from musegan.settings import override


def wanted(folder, *settings):
    return override(
        SOUND_JUDGES["sound-judge"], f"data.source={folder}", f"data.rate={RATE}",
        f"data.samples={SAMPLES}", "model.width=8", "model.features=16", "train.batch_size=16",
        "train.rounds=60", "train.warmup=0", "train.learning_rate=5e-3", "train.device=cpu",
        *settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A judge that has learned two tones, and their folder."""
    folder = tmp_path_factory.mktemp("judge")
    tones = tones_folder(folder / "tones", 60)
    built = build_sound_judge(wanted(tones))
    for _ in range(60):
        built.trainer.play_round()
    built.release(folder / "judge.safetensors")
    return open_sound_judge(folder / "judge.safetensors"), tones


def test_it_learns_to_tell_tones_and_says_how_well(judged):
    judge, _ = judged
    assert judge.names == ("high", "low")
    assert judge.accuracy == 1
    found = measure_sound_judge(judge)
    assert found.accuracy == 1
    assert found.classes == {"high": 1.0, "low": 1.0}


def test_floats_and_16_bits_are_heard_alike(judged):
    judge, tones = judged
    sounds = open_sounds(wanted(tones).data, "test").sounds
    one, other = judge.look(sounds), judge.look(torch.from_numpy(sounds).float() / 32768)
    assert np.array_equal(one.features, other.features)
    assert one.chances.sum(1) == pytest.approx(1)


def test_a_models_sounds_stand_beside_real_ones_and_a_copy_is_found_out(judged, tmp_path):
    judge, tones = judged
    sizes = SMALL._replace(classes=2)
    model = load_sounds(release(tmp_path / "m.safetensors", "istftgan", sizes, str(tones)))
    report = measure_sounds(model, judge, seeds=(0, 1))
    names = [row.name for row in report.rows]
    assert names == ["ours", "real (test)", "real (train)", "PCA-Gaussian"]  # two cannot be missing
    test, train = (report.row(name) for name in names[1:3])
    assert test.frechet == pytest.approx(0, abs=1e-6)
    assert test.among == test.to_train == 1
    assert train.to_train == 0  # they are in the training set
    shares = np.bincount(open_sounds(wanted(tones).data, "test").labels) / report.sounds
    assert test.score == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=0.05)
    ours = report.row("ours")
    assert 0 <= ours.reads <= 1
    assert ours.frechet == pytest.approx(np.mean([row.frechet for row in report.each]))
    assert report.share == pytest.approx(ours.score / test.score)
    assert report.as_json()["rows"][1]["score"] == test.score


def test_a_judge_of_other_sounds_is_refused(judged, tmp_path):
    judge, tones = judged
    sizes = SMALL._replace(samples=2_048)
    model = load_sounds(release(tmp_path / "m.safetensors", "istftgan", sizes, str(tones)))
    with pytest.raises(UsageError, match="the judge hears 1,024 samples at 8,000 a second, the"):
        measure_sounds(model, judge)
    with pytest.raises(UsageError, match="sounds of 2,048 samples are not for this judge"):
        judge.look(np.zeros((1, 2_048), np.int16))


def test_without_classes_there_is_nothing_to_judge(tmp_path):
    folder = tones_folder(tmp_path / "tones")
    with pytest.raises(ConfigError, match="has 0 classes; a judge needs two"):
        build_sound_judge(wanted(folder / "low"))


def test_a_file_of_another_kind_is_no_judge(tmp_path):
    path = release(tmp_path / "m.safetensors", "wavegan")
    with pytest.raises(CheckpointError, match="holds 'wavegan', not a judge of sounds"):
        open_sound_judge(path)


def test_a_judge_of_other_classes_is_refused(judged, tmp_path):
    judge, _ = judged
    other = tones_folder(tmp_path / "others", 4)
    path = release(tmp_path / "m.safetensors", "istftgan", SMALL, str(other), ("wind", "rain"))
    with pytest.raises(UsageError, match=r"tells high, low .* apart, the model makes .*others"):
        measure_sounds(load_sounds(path), judge)
