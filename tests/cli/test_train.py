"""musegan train, on corpora and sizes that take moments."""

import json

import pytest
from bands import CORPUS, small_experiments
from notebanks import RATE, SAMPLES, write_bank
from notebanks import SMALL as SMALL_SYNTH
from safetensors.numpy import load_file
from soundfiles import RATE as TONE_RATE
from soundfiles import SAMPLES as TONE_SAMPLES
from soundfiles import tones_folder

from musegan.audio.waveform import read_sound
from musegan.settings import as_dict
from musegan_cli.main import main


def settings_of(experiment):
    """What to write after the preset's name so that it is this experiment."""
    found = []

    def collect(prefix, values):
        for key, value in values.items():
            if isinstance(value, dict):
                collect(f"{prefix}{key}.", value)
            elif isinstance(value, list):
                found.append(f"{prefix}{key}={','.join(map(str, value))}")
            elif value is not None:
                found.append(f"{prefix}{key}={value}")

    collect("", {key: value for key, value in as_dict(experiment).items() if key != "name"})
    return found


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """The settings of small autoencoders and of a small band, three rounds each."""
    folder = tmp_path_factory.mktemp("prepared")
    cells, band = small_experiments(folder)
    assert (folder / f"{CORPUS}.npz").is_file()
    return {
        name: [*settings_of(experiment), "train.rounds=3"]
        for name, experiment in (("cells", cells), ("band", band))
    }


def test_a_run_trains_is_done_and_is_not_done_twice(wanted, tmp_path, capsys):
    command = ["train", "cells", *wanted["cells"], "-o", str(tmp_path / "run")]
    assert main(command) == 0
    weights = tmp_path / "run" / "model.safetensors"
    assert f"done: {weights}" in capsys.readouterr().out
    assert load_file(weights)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["train"]["rounds"] == 3
    before = weights.read_bytes()
    assert main(command) == 0
    assert weights.read_bytes() == before
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0


def test_a_band_trains_its_autoencoders_first_and_resumes(wanted, tmp_path, capsys):
    settings = [s for s in wanted["band"] if not s.startswith("data.cells=")]
    command = ["train", "band", *settings, "cells.rounds=3", "-o", str(tmp_path / "run")]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert f"first the autoencoders, in {tmp_path / 'run' / 'cells'}" in told
    assert f"done: {tmp_path / 'run' / 'model.safetensors'}" in told
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0


def test_a_dry_run_prints_the_settings_and_writes_nothing(wanted, tmp_path, capsys):
    command = ["train", "band", *wanted["band"], "-o", str(tmp_path / "run"), "--dry-run"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["train"]["batch_size"] == 4
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["band", "train.raunds=3"], "Training has no 'raunds'; did you mean 'rounds'?"),
        (["band", "train.rounds=many"], "train.rounds=many"),
        (["band", "rounds"], "'rounds' is not of the form path.to.field=value"),
        (["bnad"], "no preset 'bnad'; there are cells, band"),
        ([], "name a preset (cells, band"),
        (["--resume", "gone"], "--resume gone: no run there"),
        (["dcgan", "data.source="], "data.source is empty; name a set, or a folder of pictures"),
        (["dcgan", "data.source=nowhere"], "data.source=nowhere: no folder, and no known set"),
        (["dcgan", "data.source=digits", "data.classes=3,12"], "no class 12; there are 0 0, 1 1"),
        (["cyclegan", "data.onto=nowhere"], "nowhere: no folder, and no known set"),
        (["wavegan", "data.source="], "data.source is empty; name a set, or a folder of sounds"),
        (["wavegan", "data.source=nowhere"], "data.source=nowhere: no folder"),
        (["band", "data.shares=1,2"], "data.shares has 2 numbers for the 4 corpora"),
    ],
)
def test_what_cannot_be_trained_is_one_line_and_code_two(tmp_path, capsys, arguments, says):
    output = [] if "--resume" in arguments else ["-o", str(tmp_path / "run")]
    assert main(["train", *arguments, *output]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_corpus_that_is_not_prepared_is_named_with_what_to_do(tmp_path, capsys):
    command = ["train", "cells", f"data.folder={tmp_path}", "-o", str(tmp_path / "run")]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert f"{tmp_path / 'pop909.npz'}" in error
    assert "make one with `musegan prepare`" in error
    assert error.count("\n") == 1


def test_a_synth_trains_plays_phrases_and_is_measured(tmp_path, capsys):
    settings = [
        *SMALL_SYNTH, f"data.folder={write_bank(tmp_path / 'bank')}", "train.rounds=2",
        "train.batch_size=2", "train.device=cpu", "health.watch=false",
    ]  # fmt: skip
    run = tmp_path / "run"
    assert main(["train", "synth", *settings, "-o", str(run)]) == 0
    assert {path.name for path in (run / "samples").iterdir()} == {"0000002.wav", "0000002.png"}
    sound, rate = read_sound(run / "samples" / "0000002.wav")
    assert rate == RATE
    assert sound.shape[1] > 24 * SAMPLES  # twelve phrases, as they should be and as they are
    capsys.readouterr()
    command = ["evaluate", "--model", str(run / "model.safetensors"), "--count", "40"]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "how far 40 phrases are from the bank's; less is better"
    assert lines[1].split() == ["mel", "bands,", "nats", "spectra"]
    assert lines[2].split() == ["synth", "tones"] * 2
    assert [line.split()[0] for line in lines[3:]] == ["all", "low", "high"]
    assert all(len(line.split()) == 5 for line in lines[3:])
    assert main([*command, "--judge", "judge-notes"]) == 2
    assert "the judge of a synth hears single notes of its timbres" in capsys.readouterr().err
    assert main([*command, "--inception", "x.pth"]) == 2
    assert "--inception means nothing to a model of synths" in capsys.readouterr().err


@pytest.mark.parametrize("preset", ["dcgan", "wavegan", "synth", "sound-judge"])
def test_a_run_of_any_kind_goes_on_by_its_folder_alone(tmp_path, capsys, preset):
    tones = tones_folder(tmp_path / "tones", 12)
    settings = {
        "dcgan": [
            "data.source=digits", "data.side=16", "model.width=4", "model.latent=4",
            "train.batch_size=4", "health.samples=16",
        ],
        "wavegan": [
            f"data.source={tones}", f"data.rate={TONE_RATE}",
            f"data.samples={TONE_SAMPLES}", "model.width=4", "model.latent=4", "train.batch_size=4",
            "health.samples=16",
        ],
        "synth": [
            *SMALL_SYNTH, f"data.folder={write_bank(tmp_path / 'bank')}", "train.batch_size=2",
            "health.watch=false",
        ],
        "sound-judge": [
            f"data.source={tones}", f"data.rate={TONE_RATE}",
            f"data.samples={TONE_SAMPLES}", "model.width=8", "model.features=8",
            "train.batch_size=4",
        ],
    }[preset]  # fmt: skip
    run = str(tmp_path / "run")
    assert main(["train", preset, *settings, "train.device=cpu", "train.rounds=2", "-o", run]) == 0
    capsys.readouterr()
    assert main(["train", "--resume", run]) == 0
    assert "done: " in capsys.readouterr().out


def test_a_seed_that_is_none_and_a_config_that_holds_none_are_a_line(tmp_path, capsys):
    assert main(["train", "toy", f"seed={2**64}", "-o", str(tmp_path / "a")]) == 2
    assert "a seed is a number from 0 to" in capsys.readouterr().err
    (tmp_path / "config.json").write_text("[]")
    assert main(["train", "--resume", str(tmp_path)]) != 0
    assert "damaged, or of another version (it holds no settings)" in capsys.readouterr().err


def test_a_finished_run_whose_weights_are_gone_writes_them_again(tmp_path, capsys):
    command = [
        "train", "gan", "data.source=digits", "data.side=16", "model.width=4", "train.rounds=2",
        "train.batch_size=4", "train.device=cpu", "health.watch=false", "-o", str(tmp_path / "run"),
    ]  # fmt: skip
    assert main(command) == 0
    weights = tmp_path / "run" / "model.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    assert main(command) == 0
    assert "done: " in capsys.readouterr().out
    assert weights.read_bytes() == before
