"""The command that trains and measures a row of docs/results.md."""

import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def gans():
    """The benchmark as a module, and its rows."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield import_module("gans")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def row(gans, monkeypatch):
    """A row of two short runs on points, under the name `small`."""
    module = import_module("rows.row")
    looked = []

    def watch(built, experiment):
        return lambda round: {"fid": 10.0 - round}

    def figures(runs):
        looked.append(sorted(runs))
        return {
            "rounds": runs["far"].rounds,
            "seed": runs["near"].seed,
            "last": runs["near"].curve("fid")[-1][1],
        }

    row = module.Row(
        title="Two short runs",
        runs={
            "near": module.Run("ring", ("train.rounds=4", "train.batch_size=8"), watch, 2),
            "far": module.Run("grid", ("train.rounds=6", "train.batch_size=8")),
        },
        figures=figures,
        figure="{rounds:.0f} rounds, last {last:.1f}",
        bar="six rounds",
        met=lambda each: module.mean(each, "rounds") == 6,
        published="none",
    )
    monkeypatch.setitem(gans.ROWS, "small", row)
    return row


def test_a_row_trains_its_runs_for_every_seed_and_writes_what_it_found(
    gans, row, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(gans, "FOLDER", tmp_path / "results")
    assert gans.main(["small", "--seeds", "2", "--runs", str(tmp_path / "runs")]) == 0
    told = json.loads((tmp_path / "results" / "small.json").read_text())
    assert told["figure"] == "6 rounds, last 6.0"
    assert told["met"] is True
    assert told["seeds"] == [0, 1]
    assert told["each"] == [{"rounds": 6, "seed": s, "last": 6.0} for s in (0, 1)]
    assert told["intervals"]["seed"]["mean"] == 0.5
    assert told["rounds"] == {"near": 4, "far": 6}
    assert told["settings"]["far"] == {"train.rounds": 6, "train.batch_size": 8}
    assert told["presets"] == {"near": "ring", "far": "grid"}
    assert told["seconds"] > 0
    assert {"commit", "cpu", "torch"} <= told.keys()
    folders = sorted(path.name for path in (tmp_path / "runs" / "small").iterdir())
    assert folders == ["far-seed0", "far-seed1", "near-seed0", "near-seed1"]


def test_a_finished_run_is_not_trained_again(gans, row, tmp_path, monkeypatch):
    monkeypatch.setattr(gans, "FOLDER", tmp_path / "results")
    command = ["small", "--seeds", "1", "--runs", str(tmp_path)]
    assert gans.main(command) == 0
    lines = [(tmp_path / "small" / f"{name}-seed0" / "metrics.jsonl") for name in ("near", "far")]
    before = [path.read_text() for path in lines]
    assert gans.main(command) == 0
    assert [path.read_text() for path in lines] == before


def test_what_was_trained_elsewhere_is_measured_here(gans, row, tmp_path, monkeypatch):
    monkeypatch.setattr(gans, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(gans, "machine", lambda: {"cpu": "one", "gpu": "a large one"})
    command = ["small", "--runs", str(tmp_path / "there")]
    assert gans.main([*command, "--train"]) == 0
    assert not (tmp_path / "results").exists()
    here = tmp_path / "here" / "small"
    for name in ("near-seed0", "far-seed0"):
        (here / name).mkdir(parents=True)
        for file in ("model.safetensors", "config.json", "metrics.jsonl", "trained.json"):
            (tmp_path / "there" / "small" / name / file).rename(here / name / file)
    monkeypatch.setattr(gans, "machine", lambda: {"cpu": "two"})
    assert gans.main(["small", "--runs", str(tmp_path / "here")]) == 0
    told = json.loads((tmp_path / "results" / "small.json").read_text())
    assert (told["cpu"], told["trained_on"]) == ("two", ["a large one"])
    assert told["figure"] == "6 rounds, last 6.0"


def test_a_probe_writes_no_result_and_has_folders_of_its_own(gans, row, tmp_path, monkeypatch):
    monkeypatch.setattr(gans, "FOLDER", tmp_path / "results")
    assert gans.main(["small", "--scale", "0.5", "--runs", str(tmp_path / "runs")]) == 0
    assert not (tmp_path / "results").exists()
    assert (tmp_path / "runs" / "small" / "near-seed0-x0.5" / "model.safetensors").is_file()


def test_settings_for_every_run_may_follow_the_row(gans, row, tmp_path, monkeypatch):
    monkeypatch.setattr(gans, "FOLDER", tmp_path)
    assert gans.main(["small", "model.width=8", "--runs", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "small.json").read_text())
    assert told["settings"]["near"]["model.width"] == 8
    assert told["settings"]["far"]["model.width"] == 8


def test_settings_for_one_run_begin_with_its_name(gans, row, tmp_path, monkeypatch):
    monkeypatch.setattr(gans, "FOLDER", tmp_path)
    settings = ["near:model.width=8", "near:train.device=cpu", "model.latent=3"]
    assert gans.main(["small", *settings, "--runs", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "small.json").read_text())
    assert told["settings"]["near"]["model.width"] == 8
    assert "model.width" not in told["settings"]["far"]
    assert told["settings"]["far"]["model.latent"] == 3
    assert told["command"] == "python benchmarks/gans.py small " + " ".join(settings)


def test_a_run_that_there_is_not_is_refused_in_a_line(gans, row, tmp_path, capsys):
    assert gans.main(["small", "neer:model.width=8", "--runs", str(tmp_path)]) == 1
    assert "neer: no run of small, which has near, far" in capsys.readouterr().err


def test_other_settings_in_the_same_folder_are_refused_in_a_line(
    gans, row, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(gans, "FOLDER", tmp_path)
    assert gans.main(["small", "--runs", str(tmp_path)]) == 0
    assert gans.main(["small", "model.width=8", "--runs", str(tmp_path)]) == 1
    assert "started with other settings" in capsys.readouterr().err


def test_every_row_has_settings_that_there_are(gans):
    for name, row in gans.ROWS.items():
        assert row.runs, name
        for wanted in row.runs.values():
            assert gans.experiment_of(wanted, 3, 0.5, ()).seed == 3


def test_every_row_can_say_its_figure(gans):
    class Any(dict):
        def __missing__(self, name):
            return 0.5

    for name, row in gans.ROWS.items():
        assert row.figure.format_map(Any()), name


def test_the_text_has_every_row_whether_it_was_run_or_not(gans, row):
    publishing = import_module("rows.publishing")
    told = {
        "figure": "6 rounds", "met": False, "intervals": {"rounds": {"mean": 6.0, "low": 5.0, "high": 7.0, "values": 2}},
        "seeds": [0, 1], "rounds": {"near": 4000}, "seconds": 90.0, "settings": {"near": {"train.rounds": 4000}},
        "cpu": "a processor", "trained_on": ["a processor, 1 thread", "a GPU"], "commit": "abc", "date": "2026-01-02T03:04:05",
    }  # fmt: skip
    text = publishing.results_text({"small": row, "other": row}, {"small": told})
    assert "0 of 2 rows meet their bar; not run yet: other." in text
    assert "| [small](#small) | Two short runs | 6 rounds | six rounds | **no** |" in text
    assert "| [other](#other) | Two short runs | not run yet | six rounds |  |" in text
    assert "rounds 6 (5..7)" in text
    assert "near: `train.rounds=4000`" in text
    assert "1.5 minutes in all, a processor, 1 thread; a GPU" in text


@pytest.mark.parametrize(("other", "best"), [
    ({"fid": 4.0, "floor": 0.1}, False), ({"fid": 6.0, "floor": 0.1}, True), ({"fid": 4.0}, True),
])  # fmt: skip
def test_the_best_row_is_so_among_those_that_draw(gans, row, tmp_path, monkeypatch, other, best):
    publishing = import_module("rows.publishing")
    for name in ("ALL", "RESULTS", "PICTURES"):
        monkeypatch.setattr(publishing, name, tmp_path / name)
    told = {
        "figure": "a figure", "met": True, "intervals": {}, "seeds": [0], "rounds": {}, "seconds": 1.0,
        "trained_on": ["a processor"], "settings": {}, "commit": "abc", "date": "2026-01-02T03:04:05",
    }  # fmt: skip
    means = {"small": {"fid": 5.0, "floor": 0.1}, "other": other}
    for name, mean in means.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({**told, "mean": mean}))
    publishing.write_table({"small": replace(row, best=True), "other": row}, tmp_path)
    assert json.loads((tmp_path / "ALL").read_text())["small"]["met"] is best


def test_a_sheet_is_small_enough_for_the_docs(gans, tmp_path):
    publishing = import_module("rows.publishing")
    noise = np.random.default_rng(0).integers(0, 256, (40, 3, 32, 32)).astype(np.uint8)
    publishing.save_small(noise, tmp_path / "noise.png")
    assert 0 < (tmp_path / "noise.png").stat().st_size <= publishing.LARGEST


def test_points_are_drawn_where_they_lie(gans):
    publishing = import_module("rows.publishing")
    picture = publishing.plotted(np.array([[4.9, 4.9], [0.0, -4.9]], np.float32))[0, 0]
    assert picture.shape == (200, 200)
    assert np.argwhere(picture < 255).tolist() == [[1, 198], [198, 100]]
