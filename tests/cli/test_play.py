"""`musegan play` as a user types it, without a keyboard, a port or sound; and what may be typed wrong."""

import json
from pathlib import Path

import mido
import pytest

from musegan_cli.main import main

pytestmark = pytest.mark.realtime

TUNE = "samples/ode-to-joy.mid"


@pytest.fixture
def tune(request):
    return str(request.config.rootpath / TUNE)


def play(*options):
    return main(["play", *map(str, options)])


def test_a_file_is_played_along_to_without_anything_plugged_in(tune, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("musegan_cli.session.BEGIN_SECONDS", 60.0)  # with its generator
    stats, record = tmp_path / "stats.json", tmp_path / "kept.mid"
    code = play(
        "--melody", tune, "--output", "none", "--tempo", 120, "--bars", 12, "--count-in", 1,
        "--stats", stats, "--record", record, "--seed", 4,
    )  # fmt: skip
    assert code == 0
    figures = json.loads(stats.read_text())
    assert 7 <= figures["bars"] <= 11  # a slow machine begins late
    assert figures["notes_left_on"] == 0
    for name in ("generation_ms", "lateness_ms"):
        assert {"p50", "p99", "max"} <= figures[name].keys()
    assert isinstance(figures["realtime_priority"], bool)
    assert figures["reconnects"] == 0
    names = {track.name for track in mido.MidiFile(record).tracks}
    assert {"Melody", "Drums", "Bass", "Piano"} <= names
    out = capsys.readouterr().out
    assert "bar 3" in out
    assert f"written: {record}" in out


def test_a_session_that_begins_before_the_band_is_there_says_so(tune, monkeypatch, capsys):
    monkeypatch.setattr("musegan_cli.session.BEGIN_SECONDS", 0.0)
    options = ("--melody", tune, "--output", "none", "--tempo", 240, "--bars", 2)
    assert play(*options) == 0
    assert "the band is still being loaded" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--melody", "absent.mid"], "no such file"),
        (["--metre", "4/5"], "metre"),
        (["--metre", "waltz"], "4/4"),
        (["--tempo", "10"], "20"),
        (["--tempo", "100", "--tap"], "--tap"),
        (["--tap", "--clock", "midi"], "--clock"),
        (["--style", "polka", "--output", "none"], "pop"),
        (["--tracks", "kazoo"], "drums"),
        (["--model", "nobody"], "bundled"),
        (["--record", "absent/kept.mid"], "folder"),
        (["--input", "keys", "--clock", "midi"], "clock"),
        (["--timbre", "flute"], "add --synth gan"),
        (["--synth-model", "runs/synth"], "add --synth gan"),
        (["--synth", "gan", "--output", "none"], "or with --wav"),
        (["--drums", "kit", "--output", "none"], "or with --wav"),
        (["--synth", "gan", "--output", "virtual"], "not for --output virtual"),
        (["--synth", "gan", "--timbre", "kazoo"], "PART=TIMBRE; this synth's are piano, "),
        (["--synth", "gan", "--timbre", "tuba=flute"], "2 Bass, 3 Piano, 4 Guitar, 5 Strings"),
        (["--synth", "gan", "--timbre", "drums=flute"], "no part 'drums'"),
        (["--synth", "gan", "--synth-model", "absent"], "no model 'absent'"),
        (["--synth", "gan", "--synth-model", "band"], "holds no synth"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_that_says_what_can(options, said, capsys):
    assert play(*options) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_recording_that_is_there_is_not_replaced(tune, tmp_path, capsys):
    kept = tmp_path / "kept.mid"
    kept.write_bytes(b"mine")
    assert play("--melody", tune, "--output", "none", "--record", kept) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert kept.read_bytes() == b"mine"


@pytest.mark.parametrize("second", ["--wav", "--stats", "--melody"])
def test_no_file_is_written_over_another_of_the_same_session(tune, tmp_path, capsys, second):
    same = tmp_path / "same.mid"
    same.write_bytes(Path(tune).read_bytes())
    before = same.read_bytes()
    melody = [] if second == "--melody" else ["--melody", tune]
    options = [*melody, second, same, "--record", same, "--output", "none", "--overwrite"]
    assert play(*options) == 2
    assert "same.mid: is named twice; choose another file" in capsys.readouterr().err
    assert same.read_bytes() == before


def test_without_any_keyboard_one_line_says_what_to_do(monkeypatch, capsys):
    pytest.importorskip("rtmidi", reason="needs python-rtmidi: pip install 'musegan[live]'")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    from musegan.live.ports import list_inputs

    if list_inputs():
        pytest.skip("needs a machine without a MIDI input")
    assert play("--output", "none") == 2
    said = capsys.readouterr().err
    assert "--melody" in said
    assert said.count("\n") == 1


def test_a_file_that_is_no_music_is_named(tmp_path, capsys):
    path = tmp_path / "text.mid"
    path.write_text("hello")
    assert play("--melody", path, "--output", "none") == 1
    assert "text.mid" in capsys.readouterr().err
