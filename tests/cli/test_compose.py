import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
from synthmodels import synth_release

from musegan.errors import CheckpointError, ConfigError, MidiError
from musegan.music.midi import read_midi
from musegan_cli.main import main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@dataclass
class Song:
    midi: bytes
    notices: list
    measures = {"NiC": 0.5, "notes": {"bass": 3}}  # noqa: RUF012


class Composer:
    """Gives a song back as it is, with what was asked of it in a notice."""

    def __init__(self, model):
        if model == "gone":
            raise CheckpointError("no model 'gone'; bundled: band")

    def compose(self, source, options=None, name=""):
        if options.style == "polka":
            raise ConfigError("no style 'polka'; this model knows pop")
        read_midi(source, name)
        if b"silent" in name.encode():
            raise MidiError(f"{name}: holds no melody")
        beats = None if options.beats is None else len(options.beats.seconds)
        words = [options.seed, ",".join(options.tracks), options.melody_track, beats]
        more = [options.given, options.bars, options.vary]
        told = [" ".join(map(str, words)), *(str(one) for one in more if one)]
        return Song(source, told)


@pytest.fixture
def composer(monkeypatch):
    monkeypatch.setattr("musegan.composing.Composer", Composer)


@pytest.fixture
def songs(tmp_path, composer):
    folder = tmp_path / "süße songs"
    folder.mkdir()
    for name in ("ode-to-joy", "greensleeves"):
        (folder / f"{name}.mid").write_bytes((SAMPLES / f"{name}.mid").read_bytes())
    return folder


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_melodies_becomes_a_folder_of_bands(songs, tmp_path, capsys):
    assert main(["compose", str(songs), "-o", str(tmp_path / "out")]) == 0
    assert files(tmp_path / "out") == ["greensleeves.mid", "ode-to-joy.mid"]
    assert "greensleeves.mid -> " in capsys.readouterr().out


def test_variations_have_seeds_and_names_of_their_own(songs, tmp_path, capsys):
    song, report = songs / "ode-to-joy.mid", tmp_path / "report.json"
    arguments = ["--variations", "3", "--seed", "5", "--report", str(report)]
    assert main(["compose", str(song), "-o", str(tmp_path / "out"), *arguments]) == 0
    assert files(tmp_path / "out") == ["ode-to-joy-2.mid", "ode-to-joy-3.mid", "ode-to-joy.mid"]
    (row,) = json.loads(report.read_text())
    assert [variation["seed"] for variation in row["variations"]] == [5, 6, 7]
    assert [len(variation["files"]) for variation in row["variations"]] == [1, 1, 1]
    assert row["variations"][0]["measures"]["notes"] == {"bass": 3}
    assert row["error"] is None
    assert row["seconds"] >= 0


def test_every_format_is_written_beside_the_others(songs, tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    song = songs / "ode-to-joy.mid"
    assert (
        main(["compose", str(song), "-o", str(tmp_path / "out"), "--formats", "mid,wav,flac,png"])
        == 0
    )
    assert files(tmp_path / "out") == [f"ode-to-joy.{s}" for s in ("flac", "mid", "png", "wav")]
    heads = [(tmp_path / "out" / name).read_bytes()[:4] for name in files(tmp_path / "out")]
    assert heads == [b"fLaC", b"MThd", b"\x89PNG", b"RIFF"]


def test_what_is_asked_reaches_the_composer(songs, tmp_path, capsys):
    (tmp_path / "beats.txt").write_text("0.0 1\n0.5 2\n1.0 3\n1.5 4\n")
    arguments = [
        "--tracks",
        "Bass, drums",
        "--melody-track",
        "2",
        "--beats",
        str(tmp_path / "beats.txt"),
    ]
    main(["compose", str(songs / "ode-to-joy.mid"), "-o", str(tmp_path / "out"), *arguments])
    assert "0 bass,drums 2 4" in capsys.readouterr().out


def test_what_is_given_and_what_is_written_anew_reach_the_composer(songs, tmp_path, capsys):
    song, out = str(songs / "ode-to-joy.mid"), str(tmp_path / "out")
    arguments = ["--given", "piano=3, drums", "--bars", "9:12", "--vary", ".25"]
    assert main(["compose", song, "-o", out, *arguments]) == 0
    told = [line.strip() for line in capsys.readouterr().out.splitlines()[2:]]
    assert told == ["('piano=3', 'drums')", "(9, 12)", "0.25"]
    assert main(["compose", song, "-o", out, "--overwrite", "--bars", "7"]) == 0
    assert "(7, 7)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--bars", "12:9"], "12:9: give the first bar and the last, from 1, such as 9:12"),
        (["--bars", "x"], "x: give the first bar"),
        (["--bars", "0:4"], "0:4: give the first bar"),
        (["--vary", "0"], "'--vary': 0.0 is not in the range 0<x<=1"),
        (["--given", "kazoo"], "given=kazoo: choose from drums, bass"),
        (["--given", "piano,piano=2"], "piano is given twice"),
    ],
)
def test_impossible_parts_bars_and_shares_are_code_two(songs, tmp_path, capsys, arguments, says):
    assert main(["compose", str(songs), "-o", str(tmp_path / "out"), *arguments]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_files_that_are_there_are_kept(songs, tmp_path, capsys):
    command = ["compose", str(songs / "ode-to-joy.mid"), "-o", str(tmp_path / "out")]
    assert main(command) == 0
    target = tmp_path / "out" / "ode-to-joy.mid"
    target.write_bytes(b"mine")
    assert main(command) == 1
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"
    assert main([*command, "--overwrite"]) == 0
    assert target.read_bytes()[:4] == b"MThd"


def test_an_input_is_never_overwritten(songs, capsys):
    before = (songs / "ode-to-joy.mid").read_bytes()
    assert main(["compose", str(songs / "ode-to-joy.mid"), "-o", str(songs), "--overwrite"]) == 1
    assert "would replace it" in capsys.readouterr().err
    assert (songs / "ode-to-joy.mid").read_bytes() == before


def test_a_bad_file_is_named_in_one_line_and_the_rest_is_done(songs, tmp_path, capsys):
    (songs / "broken.mid").write_bytes(b"not MIDI")
    (songs / "silent.mid").write_bytes((SAMPLES / "ode-to-joy.mid").read_bytes())
    report = tmp_path / "report.json"
    assert main(["compose", str(songs), "-o", str(tmp_path / "out"), "--report", str(report)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith(f"musegan compose: {songs}") for line in errors)
    assert files(tmp_path / "out") == ["greensleeves.mid", "ode-to-joy.mid"]
    assert [row["error"] is None for row in json.loads(report.read_text())] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--style", "polka"], "no style 'polka'"),
        (["--soundfont", "gone.sf2", "--formats", "wav"], "no SoundFont 'gone.sf2'"),
        (["--report", "no/such/folder.json"], "its folder does not exist"),
    ],
)
def test_an_impossible_wish_is_code_two_and_leaves_nothing(
    songs, tmp_path, capsys, arguments, says
):
    assert main(["compose", str(songs), "-o", str(tmp_path / "out"), *arguments]) == 2
    assert says in capsys.readouterr().err
    assert files(tmp_path / "out") == []


def test_a_model_that_is_not_there_is_named(songs, tmp_path, capsys):
    assert main(["compose", str(songs), "-o", str(tmp_path / "out"), "--model", "gone"]) == 2
    assert capsys.readouterr().err == "musegan compose: no model 'gone'; bundled: band\n"


def test_nothing_that_is_there_to_do_is_code_two(tmp_path, composer, capsys):
    assert main(["compose", str(tmp_path / "gone.mid"), "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"musegan compose: {tmp_path / 'gone.mid'}: no such file\n"


def test_a_report_that_cannot_be_written_is_told_before_the_work(songs, tmp_path, capsys):
    where = "/proc/report.json"
    if not Path("/proc/self").exists():
        pytest.skip("needs /proc of Linux, where even an administrator cannot write")
    assert main(["compose", str(songs), "-o", str(tmp_path / "out"), "--report", where]) == 2
    assert "--report /proc/report.json: cannot be written" in capsys.readouterr().err
    assert files(tmp_path / "out") == []


def test_a_folder_in_the_way_of_a_result_is_named(songs, tmp_path, capsys):
    way = tmp_path / "out" / "ode-to-joy.mid"
    way.mkdir(parents=True)
    command = ["compose", str(songs / "ode-to-joy.mid"), "-o", str(way.parent), "--overwrite"]
    assert main(command) == 1
    assert f"{way} is a folder; move it" in capsys.readouterr().err


def test_a_file_in_the_way_of_the_output_folder_is_named(songs, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert main(["compose", str(songs), "-o", str(tmp_path / "file" / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"musegan compose: {tmp_path / 'file'}: is a file")


def test_an_output_that_is_named_like_a_file_is_refused(songs, tmp_path, capsys):
    wrong = tmp_path / "band.mid"
    assert main(["compose", str(songs / "ode-to-joy.mid"), "-o", str(wrong)]) == 2
    said = capsys.readouterr().err
    assert f"{wrong} is named like a file" in said
    assert said.rstrip().endswith(f"such as {tmp_path / 'band'}")
    assert not wrong.exists()


def test_beats_are_for_one_song(songs, tmp_path, capsys):
    (tmp_path / "beats.txt").write_text("0\n1\n")
    inputs = [str(songs / "ode-to-joy.mid"), str(songs / "greensleeves.mid")]
    assert (
        main(["compose", *inputs, "-o", str(tmp_path), "--beats", str(tmp_path / "beats.txt")]) == 2
    )
    assert "give one INPUT" in capsys.readouterr().err


def test_ctrl_c_says_what_is_done_and_leaves_whole_files(songs, tmp_path, capsys, monkeypatch):
    def interrupted(self, source, options=None, name=""):
        if "ode" in name:
            raise KeyboardInterrupt
        return Song(source, [])

    monkeypatch.setattr(Composer, "compose", interrupted)
    report = tmp_path / "report.json"
    assert (
        main(["compose", str(songs), "-o", str(tmp_path / "out"), "--report", str(report)]) == 130
    )
    assert capsys.readouterr().err == "musegan compose: interrupted; 1 of 2 done\n"
    assert files(tmp_path / "out") == ["greensleeves.mid"]
    assert len(json.loads(report.read_text())) == 1


def test_a_variation_that_fails_half_way_leaves_no_file_of_it(songs, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("musegan.images.rollplot.draw_pianoroll", full)
    song = songs / "ode-to-joy.mid"
    assert main(["compose", str(song), "-o", str(tmp_path / "out"), "--formats", "mid,png"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert files(tmp_path / "out") == []


def test_a_synth_or_a_kit_is_heard_where_no_format_is_named(songs, tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    song, out = str(songs / "greensleeves.mid"), tmp_path / "out"
    kit = tmp_path / "kit"
    kit.mkdir()
    soundfile.write(kit / "kick.wav", [0.0, 0.5, 0.0], 48_000)
    (kit / "kit.sfz").write_text("<region> sample=kick.wav key=36")
    assert main(["compose", song, "-o", str(out), "--drums", str(kit)]) == 0
    assert files(out) == ["greensleeves.mid", "greensleeves.wav"]
    with soundfile.SoundFile(out / "greensleeves.wav") as file:
        assert "seed 0, drums by the kit kit, musegan" in file.comment


def test_what_plays_without_a_format_that_is_heard_is_code_two(songs, tmp_path, capsys):
    command = ["compose", str(songs), "-o", str(tmp_path / "out"), "--formats", "mid,png"]
    assert main([*command, "--synth", "gan"]) == 2
    assert "--formats mid,png has neither; add wav" in capsys.readouterr().err


def test_a_synth_plays_the_band(songs, tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    synth = str(synth_release(tmp_path / "small.safetensors"))
    options = ["--synth", "gan", "--synth-model", synth, "--timbre", "piano", "--seed", "3"]
    song, out = str(songs / "greensleeves.mid"), tmp_path / "out"
    assert main(["compose", song, "-o", str(out), "--formats", "mid,flac", *options]) == 0
    assert files(out) == ["greensleeves.flac", "greensleeves.mid"]
    with soundfile.SoundFile(out / "greensleeves.flac") as file:
        assert "seed 3, played by small.safetensors (sha256 " in file.comment


def test_a_report_replaces_no_input_no_result_and_nothing_unasked(songs, tmp_path, capsys):
    song, out = songs / "ode-to-joy.mid", tmp_path / "out"
    command = ["compose", str(song), "-o", str(out), "--report"]
    before = song.read_bytes()
    for report in (song, out / "ode-to-joy.mid"):
        assert main([*command, str(report), "--overwrite"]) == 2
        assert "is an input or a result; choose another file" in capsys.readouterr().err
    assert song.read_bytes() == before
    assert files(out) == []
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    assert main([*command, str(notes)]) == 2
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert notes.read_text() == "mine"
    assert main([*command, str(notes), "--overwrite"]) == 0
    assert json.loads(notes.read_text())
