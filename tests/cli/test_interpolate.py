from pathlib import Path

import pytest
from PIL import Image

from musegan.music.midi import read_midi
from musegan_cli.main import main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SONG = str(SAMPLES / "ode-to-joy.mid")
FEW = ["--tracks", "bass", "--steps", "3"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Two results of compose for one melody, and one for another."""
    folder = tmp_path_factory.mktemp("results")
    other = str(SAMPLES / "greensleeves.mid")
    options = ["-o", str(folder), "--tracks", "bass", "--variations", "2"]
    assert main(["compose", SONG, other, *options]) == 0
    return folder


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bands_between_two_seeds_and_a_picture_of_them(tmp_path, results, capsys):
    assert main(["interpolate", SONG, "-o", str(tmp_path), *FEW, "--between", "0,1"]) == 0
    assert files(tmp_path) == [*(f"ode-to-joy-{k}.mid" for k in (1, 2, 3)), "ode-to-joy.png"]
    ends = [(tmp_path / f"ode-to-joy-{k}.mid").read_bytes() for k in (1, 3)]
    assert ends[0] == (results / "ode-to-joy.mid").read_bytes()
    assert ends[1] == (results / "ode-to-joy-2.mid").read_bytes()
    assert "ode-to-joy-1.mid to " in capsys.readouterr().out
    with Image.open(tmp_path / "ode-to-joy.png") as picture:
        assert picture.height > 300


def test_bands_between_two_results(tmp_path, results):
    ends = [str(results / "ode-to-joy.mid"), str(results / "ode-to-joy-2.mid")]
    assert (
        main(["interpolate", *ends, "-o", str(tmp_path), "--steps", "3", "--formats", "mid"]) == 0
    )
    assert files(tmp_path) == [f"ode-to-joy-{k}.mid" for k in (1, 2, 3)]
    between = read_midi(tmp_path / "ode-to-joy-2.mid")
    assert [track.name for track in between.tracks] == ["Melody", "Bass"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([SONG, "--between", "3"], "--between 3: give two seeds, numbers from 0, such as 3,7"),
        ([SONG, SONG, SONG], "3 INPUTS: give one song, or two results"),
        ([SONG, SONG, "--between", "1,2"], "two INPUTS are the ends themselves"),
        ([SONG, SONG], "no track of a band is there"),
        (["gone.mid"], "gone.mid: no such file"),
        ([str(SAMPLES)], "is a folder; name the MIDI file in it"),
        ([SONG, "--steps", "1"], "1 is not in the range 2<=x<=64"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path, capsys, arguments, says):
    assert main(["interpolate", *arguments, "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists() or files(tmp_path / "out") == []


def test_bands_for_two_melodies_are_refused(tmp_path, results, capsys):
    ends = [str(results / "ode-to-joy.mid"), str(results / "greensleeves.mid")]
    assert main(["interpolate", *ends, "-o", str(tmp_path)]) == 2
    assert "are not bands for one melody" in capsys.readouterr().err


def test_files_that_are_there_are_kept(tmp_path, capsys):
    (tmp_path / "ode-to-joy-2.mid").write_bytes(b"mine")
    assert main(["interpolate", SONG, "-o", str(tmp_path), *FEW]) == 2
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert files(tmp_path) == ["ode-to-joy-2.mid"]


def test_an_input_is_never_overwritten(results, capsys):
    source = results / "ode-to-joy-2.mid"
    before = source.read_bytes()
    target = results / "ode-to-joy-2.mid"
    ends = [str(results / "ode-to-joy.mid"), str(source)]
    assert main(["interpolate", *ends, "-o", str(results), "--overwrite"]) == 2
    assert f"{target}: a result would replace an INPUT" in capsys.readouterr().err
    assert source.read_bytes() == before
