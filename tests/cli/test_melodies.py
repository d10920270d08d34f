"""musegan compose, where it writes melodies: what it takes, and what it refuses in a line."""

import pytest
from bands import small_melodist, small_model

from musegan.music.midi import read_midi
from musegan_cli.main import main


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    melody, band = small_melodist(folder), small_model(folder)
    return ["--model", str(band), "--melody-model", str(melody)]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_songs_from_nothing_are_called_song_and_are_of_the_seeds_asked_for(
    models, tmp_path, capsys
):
    asked = ["--from-scratch", "--bars", "4", "--metre", "3/4", "--variations", "2", *models]
    assert main(["compose", "-o", str(tmp_path), *asked]) == 0
    assert files(tmp_path) == ["song-2.mid", "song.mid"]
    assert capsys.readouterr().out.startswith("from scratch -> ")
    score = read_midi((tmp_path / "song.mid").read_bytes())
    assert score.time_signatures[0].numerator == 3
    assert main(["compose", "-o", str(tmp_path), *asked]) == 1  # they are there
    assert "--overwrite replaces it" in capsys.readouterr().err


def test_a_song_from_nothing_goes_on_and_is_varied(models, tmp_path, capsys):
    song = tmp_path / "a" / "song.mid"
    assert main(["compose", "--from-scratch", "--bars", "4", "-o", str(song.parent), *models]) == 0
    assert main(["compose", str(song), "-o", str(tmp_path / "b"), "--extend", "2", *models]) == 0
    assert "the melody goes on from bar" in capsys.readouterr().out
    varied = ["--vary-melody", ".5", "-o", str(tmp_path / "c")]
    assert main(["compose", str(song), *varied, *models]) == 0
    assert "half bars" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([], "name an INPUT, or ask for a song of its own with --from-scratch"),
        (["--from-scratch", "--bars", "9:12"], "--bars 9:12 names bars of an earlier result"),
        (["--from-scratch", "--bars", "5000"], "a new song has 1 to 1000 bars"),
        (["--from-scratch", "song.mid"], "--from-scratch takes no INPUT, but song.mid is given"),
        (["--from-scratch", "--tempo", "1000"], "tempo=1000.0 must lie between 20 and 400"),
        (["--from-scratch", "--metre", "4:4"], "metre '4:4': write it as 4/4"),
        (["--from-scratch", "--key", "H"], "key 'H': write it as C"),
        (["--from-scratch", "--extend", "8"], "--extend is for an INPUT"),
        (["--from-scratch", "--given", "piano"], "--given is for an INPUT"),
        (["song.mid", "--tempo", "90"], "--tempo is for --from-scratch"),
        (["song.mid", "--key", "D"], "--key is for --from-scratch"),
        (["song.mid", "--extend", "8", "--vary-melody", ".3"], "--extend and --vary-melody cannot"),
        (["song.mid", "--bars", "1:2", "--extend", "8"], "--bars and --extend cannot be asked"),
        (["song.mid", "--extend", "0"], "0 is not in the range"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(asked, told, tmp_path, capsys):
    assert main(["compose", *asked, "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_melody_model_that_is_not_there_is_named(tmp_path, models, capsys):
    asked = ["--from-scratch", *models[:2], "--melody-model", "polka", "-o", str(tmp_path)]
    assert main(["compose", *asked]) == 2
    assert "no model 'polka'" in capsys.readouterr().err
