"""A judge that is trained here, in seconds, on ten kinds of bars."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from idxfiles import write_pictures

from musegan.config import ImageData, ImageExperiment, JudgeExperiment, experiment_from_dict
from musegan.data.galleries import open_gallery
from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.experiments import build
from musegan.experiments.judging import accuracy_of, judge_for, open_judge, stacked_look
from musegan.experiments.measuring import measure_judge
from musegan.presets import PRESETS
from musegan.settings import as_dict, override

SETTINGS = ("data.side=12", "data.flip=false", "model.width=8", "model.features=16", "model.shift=1",
            "train.rounds=250", "train.batch_size=32", "train.learning_rate=5e-3", "train.warmup=0",
            "train.average=0.95", "train.bfloat16=false", "train.device=cpu")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def experiment(folder):
    return override(PRESETS["judge"], *SETTINGS, f"data.folder={folder}")


@pytest.fixture(scope="module")
def path(experiment, tmp_path_factory):
    built = build(experiment)
    for _ in range(experiment.train.rounds):
        built.trainer.play_round()
    path = tmp_path_factory.mktemp("judge") / "judge.safetensors"
    built.release(path)
    return path


def test_it_learns_and_its_accuracy_is_in_its_file(path, experiment):
    judge = open_judge(path)
    assert judge.accuracy > 0.95
    assert judge.accuracy == pytest.approx(
        accuracy_of(judge, open_gallery(experiment.data, "test")), abs=0.01
    )  # its weights are halves
    assert judge.names[0] == "t-shirt"
    assert judge.experiment == experiment


def test_its_experiment_survives_json(experiment):
    assert experiment_from_dict(as_dict(experiment)) == experiment


def test_measuring_it_tells_every_class(path):
    found = measure_judge(open_judge(path))
    assert found.pictures == 200
    assert np.mean(list(found.classes.values())) == pytest.approx(found.accuracy)


def test_bytes_floats_and_smaller_pictures_look_alike(path, experiment):
    judge = open_judge(path)
    images = open_gallery(experiment.data, "test").images
    assert images.shape[1:] == (1, 12, 12)
    features = judge.features(images)
    assert features.shape == (200, 16)
    assert features.dtype == np.float64
    floats = torch.from_numpy(images.copy()).float() / 127.5 - 1
    assert judge.features(floats) == pytest.approx(features, abs=1e-5)
    assert judge.features(images[:, :, 2:10, 2:10]) == pytest.approx(features, abs=1e-5)
    assert (judge.classes(images) == judge.chances(images).argmax(1)).all()
    assert judge.chances(images).sum(1) == pytest.approx(np.ones(200))


def test_what_it_makes_of_a_picture_does_not_depend_on_the_others(path, experiment):
    judge = open_judge(path)
    images = open_gallery(experiment.data, "test").images
    assert judge.features(images[7:8]) == pytest.approx(judge.features(images)[7:8], abs=1e-5)


def test_pictures_that_are_not_for_it_are_refused(path):
    judge = open_judge(path)
    with pytest.raises(UsageError, match=r"\(1, 16, 16\) are not for this judge, .* 1 x 12 x 12"):
        judge.look(np.zeros((2, 1, 16, 16), np.uint8))
    with pytest.raises(UsageError, match=r"\(3, 12, 12\)"):
        judge.look(np.zeros((2, 3, 12, 12), np.uint8))


def test_a_stack_is_judged_channel_by_channel(path, experiment):
    judge = open_judge(path)
    images = open_gallery(experiment.data, "test").images[:30, 0]
    pairs = np.stack([images, images[::-1]], axis=1)
    looked = stacked_look(judge)(pairs)
    classes = judge.classes(images[:, None])
    assert looked.features.shape == (30, 32)
    assert looked.chances.sum(1) == pytest.approx(np.ones(30))
    assert looked.chances.argmax(1).tolist() == (10 * classes + classes[::-1]).tolist()


def test_a_run_that_is_resumed_is_the_run_that_was_not(experiment):
    one, other = (build(replace(experiment, seed=3)).trainer for _ in range(2))
    for _ in range(6):
        one.play_round()
    for _ in range(3):
        other.play_round()
    resumed = build(replace(experiment, seed=3)).trainer
    resumed.load_state_dict(other.state_dict())
    for _ in range(3):
        resumed.play_round()
    expected = one.players["judge"].module.state_dict()
    for name, value in resumed.players["judge"].module.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_one_class_is_nothing_to_tell_apart(experiment, monkeypatch):
    gallery = open_gallery(experiment.data)
    monkeypatch.setattr(
        "musegan.experiments.judging.open_gallery",
        lambda *_: replace(gallery, labels=0 * gallery.labels, classes=()),
    )
    with pytest.raises(ConfigError, match="has 0 classes; a judge needs two"):
        build(experiment)


def test_another_model_is_no_judge(path):
    with pytest.raises(CheckpointError, match="holds 'band', not a judge"):
        open_judge("band")


def test_data_without_a_bundled_judge_say_what_to_train():
    with pytest.raises(
        UsageError, match=r"train one with musegan train judge .* data.source=tiles"
    ):
        judge_for(ImageExperiment(data=ImageData(source="tiles")))


def test_a_judge_is_an_experiment_of_its_own():
    assert isinstance(PRESETS["judge"], JudgeExperiment)
    with pytest.raises(ConfigError, match=r"model.width=12 must be a multiple of 8"):
        override(PRESETS["judge"], "model.width=12")
