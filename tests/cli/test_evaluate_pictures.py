"""musegan evaluate, on models of pictures and points made here."""

import json

import pytest
from bands import small_model
from idxfiles import write_pictures

from musegan.experiments import build
from musegan.presets import PRESETS
from musegan.settings import override
from musegan_cli.main import main


def released(preset, path, *settings, rounds=3):
    built = build(override(PRESETS[preset], "train.device=cpu", *settings))
    for _ in range(rounds):
        built.trainer.play_round()
    built.release(path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def judge(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("judge") / "judge.safetensors"
    small = ("data.side=8", f"data.folder={folder}", "model.width=8", "model.features=16")
    return released("judge", path, *small, rounds=30)


@pytest.fixture(scope="module")
def model(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("gan") / "gan.safetensors"
    return released("gan", path, "data.side=8", f"data.folder={folder}", "model.width=32")


def test_the_table_has_our_pictures_and_those_beside_them(model, judge, tmp_path, capsys):
    report = tmp_path / "report.json"
    command = ["evaluate", "--model", model, "--judge", judge, "--pictures", "100"]
    assert main([*command, "--seeds", "2", "--no-classify", "--report", str(report)]) == 0
    told = capsys.readouterr().out
    for row in ("ours", "real (train)", "PCA-Gaussian", "classes missing"):
        assert row in told
    assert "not Inception's" in told
    assert f"written: {report}" in told
    found = json.loads(report.read_text())
    assert found["pictures"] == 100
    ours, real = found["rows"][:2]
    assert ours["frechet"] > 3 * real["frechet"]  # after three rounds
    assert len(found["each"]) == 2


def test_a_conditional_model_is_told_how_often_it_is_read(folder, judge, tmp_path, capsys):
    settings = ("data.side=8", f"data.folder={folder}", "model.width=8")
    path = released("cgan", tmp_path / "cgan.safetensors", *settings)
    command = ["evaluate", "--model", path, "--judge", judge, "--pictures", "50", "--no-classify"]
    assert main(command) == 0
    assert "% as the class that was asked for" in capsys.readouterr().out


def test_a_model_of_points_is_told_its_modes(tmp_path, capsys):
    path = released("ring", tmp_path / "ring.safetensors", "train.batch_size=16")
    assert main(["evaluate", "--model", path, "--seeds", "2"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("seed 0: ")
    assert "of 8 modes" in second


def test_a_judge_is_told_by_class(judge, capsys):
    assert main(["evaluate", "--model", judge]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "of 200 test pictures right" in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ["t-shirt", "trouser"]


def test_data_without_a_judge_of_theirs_say_what_to_do(tmp_path, capsys):
    settings = ("data.side=8", "data.source=digits", "model.width=32")
    path = released("gan", tmp_path / "gan.safetensors", *settings)
    assert main(["evaluate", "--model", path]) == 2
    assert "no judge of 'digits' is bundled; train one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("of_pictures", "option", "says"),
    [
        (True, ["--causal"], "--causal means nothing to a model of pictures"),
        (True, ["--songs", "3"], "--songs means nothing to a model of pictures"),
        (False, ["--count", "50"], "--count means nothing to a model of music"),
        (False, [], "give the songs to measure a band on: --data FOLDER"),
    ],
)
def test_an_option_of_the_other_kind_is_refused(model, tmp_path, capsys, of_pictures, option, says):
    path = model if of_pictures else str(small_model(tmp_path))
    assert main(["evaluate", "--model", path, *option]) == 2
    assert says in capsys.readouterr().err


def test_without_torch_fidelity_its_figures_are_one_line(
    model, judge, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(__import__("sys").modules, "torch_fidelity", None)
    command = ["evaluate", "--model", model, "--judge", judge, "--pictures", "50", "--no-classify"]
    assert main([*command, "--inception", str(tmp_path / "gone.pth")]) == 1
    assert "pip install 'musegan[fidelity]'" in capsys.readouterr().err.splitlines()[-1]
