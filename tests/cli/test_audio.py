"""musegan audio: sounds of a model, as a user asks for them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from soundfiles import RATE, SMALL, release, tones_folder

from musegan.sounding.kit import KEYS
from musegan_cli.main import main


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return str(release(folder / "model.safetensors", "istftgan", SMALL._replace(classes=2)))


def test_sounds_are_drawn_a_file_each_that_says_what_made_it(model, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["audio", "sample", "--model", model, "-n", "3", "--seed", "7", "--sheet"]
    assert main([*command, "-o", str(out)]) == 0
    assert "3 sounds, sample-0001.wav to sample-0003.wav" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "sample-0001.wav", "sample-0002.wav", "sample-0003.wav", "sheet.png",
    }  # fmt: skip
    with soundfile.SoundFile(out / "sample-0002.wav") as file:
        assert (file.samplerate, file.channels) == (RATE, 1)
        for fact in ("Software: musegan", "Seed: 7", "Number: 2", "Class: low", "Command: musegan"):
            assert fact in file.comment
        sound = file.read()
    assert sound[0] == 0
    assert np.abs(sound).max() < 1
    assert "musegan" in Image.open(out / "sheet.png").text["Software"]


def test_a_sound_is_the_same_however_it_is_drawn(model, tmp_path):
    for folder, more in (("a", ["-n", "3"]), ("b", ["-n", "1", "--first", "3"])):
        command = ["audio", "sample", "--model", model, "-o", str(tmp_path / folder), *more]
        assert main(command) == 0
    one, other = (
        soundfile.read(tmp_path / f / "sample-0003.wav", dtype="int16")[0].astype(int)
        for f in ("a", "b")
    )
    assert np.abs(one - other).max() <= 1  # of 16 bits: batches of other sizes round otherwise


def test_a_grid_has_a_row_a_class_and_a_path_all_that_lies_between(model, tmp_path, capsys):
    assert main(["audio", "grid", "--model", model, "-n", "3", "-o", str(tmp_path)]) == 0
    assert "2 rows (high, low), 3 latents" in capsys.readouterr().out
    command = ["audio", "interpolate", "--model", model, "--between", "1,4", "--steps", "5"]
    assert main([*command, "--class", "low", "-o", str(tmp_path)]) == 0
    assert "6 sounds, all low" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {
        "grid.png", "grid.wav", "interpolation.png", "interpolation.wav",
    }  # fmt: skip
    assert soundfile.info(tmp_path / "grid.wav").duration > 6 * 0.15


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sample", "--class", "middle"], "no class 'middle'; there are high, low"),
        (["interpolate", "--between", "1"], "name two sounds or more by number"),
        (["interpolate", "--between", "1,x"], "name two sounds or more by number"),
        (["grid", "-n", "0"], "0 is not in the range"),
        (["draw"], "no command 'draw'; there are sample, grid, kit, interpolate"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(model, tmp_path, capsys, arguments, says):
    more = ["--model", model, "-o", str(tmp_path / "out")] if len(arguments) > 1 else []
    assert main(["audio", *arguments, *more]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert says in lines[0]
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_kind_is_refused_with_what_it_is_for(tmp_path, capsys):
    command = ["audio", "sample", "--model", "judge-fashion", "-o", str(tmp_path)]
    assert main(command) == 2
    assert "holds no GAN on sounds; `musegan evaluate` uses it" in capsys.readouterr().err


def test_files_that_are_there_are_not_written_over(model, tmp_path, capsys):
    command = ["audio", "sample", "--model", model, "-n", "1", "-o", str(tmp_path)]
    assert main(command) == 0
    assert main(command) == 2
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_a_gan_is_trained_on_a_folder_of_ones_own_sounds_and_measured(tmp_path, capsys):
    tones = tones_folder(tmp_path / "tones", 60)
    sizes = [f"data.source={tones}", f"data.rate={RATE}", "data.samples=1024", "train.device=cpu",
             "model.width=8", "train.batch_size=8"]  # fmt: skip
    run, judge = str(tmp_path / "run"), str(tmp_path / "judge")
    of_run = ["model.latent=6", "model.window=64", "model.hop=32", "train.rounds=3"]
    assert main(["train", "istftgan", "-o", run, *sizes, *of_run]) == 0
    assert (tmp_path / "run" / "samples" / "0000003.wav").stat().st_size > 1_000
    assert (tmp_path / "run" / "samples" / "0000003.png").stat().st_size > 100
    assert main(["train", "sound-judge", "-o", judge, *sizes, "train.rounds=3"]) == 0
    capsys.readouterr()
    command = ["evaluate", "--model", f"{run}/model.safetensors"]
    assert main([*command, "--judge", f"{judge}/model.safetensors"]) == 0
    table = capsys.readouterr().out
    for words in ("|D|train", "real (test)", "PCA-Gaussian", "% of real"):
        assert words in table
    assert main([*command, "--no-classify"]) == 2
    assert "--classify means nothing to a model of sounds" in capsys.readouterr().err


def test_without_a_judge_it_says_how_to_train_one(model, capsys):
    assert main(["evaluate", "--model", model]) == 2
    error = capsys.readouterr().err
    assert "train sound-judge -o runs/judge data.source=spoken-digits data.rate=8000" in error
    assert "data.samples=1024, and give it with --judge" in error


def test_too_few_sounds_to_measure_by_are_told_in_a_line(model, tmp_path, capsys):
    tones = tones_folder(tmp_path / "tones", 10)
    path = release(tmp_path / "few.safetensors", "istftgan", SMALL, str(tones))
    judge = str(tmp_path / "judge")
    settings = [f"data.source={tones}", f"data.rate={RATE}", "data.samples=1024", "model.width=8"]
    assert main(["train", "sound-judge", "-o", judge, *settings, "train.rounds=2"]) == 0
    command = ["evaluate", "--model", str(path), "--judge", f"{judge}/model.safetensors"]
    assert main(command) == 2
    assert "sounds a side are too few to measure by; it takes 10" in capsys.readouterr().err


def test_a_kit_is_drawn_and_plays_a_songs_drums(tmp_path, capsys):
    sizes = SMALL._replace(classes=len(KEYS))
    drums = release(tmp_path / "drums.safetensors", "istftgan", sizes, classes=tuple(KEYS))
    kit, out = tmp_path / "kit", tmp_path / "out"
    command = ["audio", "kit", "--model", str(drums), "--seed", "7", "--pick", "kick=3", "--sheet"]
    assert main([*command, "-o", str(kit)]) == 0
    assert "16 drums and kit.sfz" in capsys.readouterr().out
    assert len(list(kit.glob("*.wav"))) == 16
    assert (kit / "sheet.png").is_file()
    with soundfile.SoundFile(kit / "kick.wav") as file:
        assert "Seed: 7" in file.comment
        assert "Number: 3" in file.comment
    song = Path(__file__).parents[2] / "samples" / "ode-to-joy.mid"
    command = ["compose", str(song), "--formats", "mid,wav", "--tracks", "drums"]
    sounds = {}
    for name, more in (("kit", ["--drums", str(kit)]), ("plain", [])):
        assert main([*command, *more, "-o", str(out / name)]) == 0
        sounds[name], _ = soundfile.read(out / name / "ode-to-joy.wav", dtype="float32")
    one, other = ((out / name / "ode-to-joy.mid").read_bytes() for name in sounds)
    assert one == other  # the music is the same
    length = min(map(len, sounds.values()))
    assert np.abs(sounds["kit"][:length] - sounds["plain"][:length]).max() > 0.05
    render = ["render", str(out / "kit" / "ode-to-joy.mid"), "--formats", "wav"]
    assert main([*render, "--drums", str(kit / "kit.sfz"), "-o", str(out / "again")]) == 0
    again, _ = soundfile.read(out / "again" / "ode-to-joy.wav", dtype="float32")
    assert np.array_equal(again, sounds["kit"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--pick", "gong=2"], "--pick gong=2: expected ROLE=NUMBER, such as kick=3"),
        (["--pick", "kick"], "--pick kick: expected ROLE=NUMBER"),
        ([], "draws no drum kit (it does not know 'kick')"),
    ],
)
def test_a_kit_that_cannot_be_drawn_is_refused(model, tmp_path, capsys, arguments, says):
    out = tmp_path / "kit"
    assert main(["audio", "kit", "--model", model, *arguments, "-o", str(out)]) == 2
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_a_missing_kit_is_told_before_anything_is_composed(tmp_path, capsys):
    song = Path(__file__).parents[2] / "samples" / "ode-to-joy.mid"
    command = ["compose", str(song), "--formats", "wav", "--drums", str(tmp_path / "no")]
    assert main([*command, "-o", str(tmp_path / "out")]) == 2
    assert "no such folder or file; `musegan audio kit` makes a kit" in capsys.readouterr().err


def test_a_kit_is_for_sound_that_musegan_makes(tmp_path, capsys):
    song = str(Path(__file__).parents[2] / "samples" / "ode-to-joy.mid")
    command = ["play", "--melody", song, "--output", "none", "--drums", str(tmp_path)]
    assert main(command) == 2
    assert "--drums is for built-in sound" in capsys.readouterr().err
