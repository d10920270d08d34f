import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from synthmodels import synth_release

from musegan.audio.waveform import read_sound
from musegan_cli.main import main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_any_midi_file_becomes_sound_and_picture(tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    assert main(["render", str(SAMPLES / "greensleeves.mid"), "-o", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "greensleeves.png",
        "greensleeves.wav",
    ]
    samples, rate = read_sound(tmp_path / "greensleeves.wav")
    assert 70 < samples.shape[1] / rate < 75
    assert 0.05 < abs(samples).max() <= 0.9


def test_two_processes_render_as_one_does(tmp_path):
    for jobs in ("1", "2"):
        out = str(tmp_path / jobs)
        assert main(["render", str(SAMPLES), "-o", out, "--formats", "png", "--jobs", jobs]) == 0
    pictures = sorted((tmp_path / "1").iterdir())
    assert len(pictures) == len(list(SAMPLES.glob("*.mid")))
    assert all(path.read_bytes() == (tmp_path / "2" / path.name).read_bytes() for path in pictures)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_a_batch_with_whole_files_only(tmp_path, jobs):
    for index in range(200):
        (tmp_path / f"{index}.mid").write_bytes((SAMPLES / "greensleeves.mid").read_bytes())
    out = tmp_path / "out"
    command = ["render", str(tmp_path), "-o", str(out), "--formats", "png,wav", "--jobs", jobs]
    process = subprocess.Popen(
        [sys.executable, "-m", "musegan_cli.main", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while len(list(out.glob("[0-9]*.wav"))) < 4:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
    printed, complaint = process.communicate(timeout=20)
    done = printed.count(" -> ")
    assert process.returncode == 130
    assert complaint == f"musegan render: interrupted; {done} of 200 done\n"
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]
    sounds, pictures = (len(list(out.glob(f"[0-9]*.{suffix}"))) for suffix in ("wav", "png"))
    assert min(sounds, pictures) >= done > 0
    assert abs(sounds - pictures) <= int(jobs)  # between the two files of a song


def test_a_synth_plays_and_the_file_says_so(tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    synth = str(synth_release(tmp_path / "small.safetensors"))
    song, out = str(SAMPLES / "greensleeves.mid"), tmp_path / "out"
    plain = ["render", song, "-o", str(out), "--overwrite", "--formats", "wav"]
    sounds = []
    for more in ([], ["--synth", "gan", "--synth-model", synth, "--timbre", "1=flute"]):
        assert main([*plain, *more]) == 0
        sounds.append(read_sound(out / "greensleeves.wav")[0])
    with soundfile.SoundFile(out / "greensleeves.wav") as file:
        assert re.search(r"played by small\.safetensors \(sha256 \w+\.\.\.\), seed 0", file.comment)
    soundfont, gan = sounds
    assert gan.shape[1] == pytest.approx(soundfont.shape[1], rel=0.05)
    assert abs(gan).max() <= 0.9
    assert abs(gan.mean(axis=1)).max() < 1e-3
    assert abs(gan[:, [0, -1]]).max() < 1e-3
    levels = [10 * np.log10((sound**2).mean()) for sound in sounds]
    assert levels[1] == pytest.approx(levels[0], abs=3)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--timbre", "flute"], "--timbre is of a synth; add --synth gan"),
        (["--synth-model", "x"], "--synth-model is of a synth; add --synth gan"),
        (["--synth", "gan", "--timbre", "kazoo"], "this synth's are piano, flute"),
        (["--synth", "gan", "--timbre", "Tuba=flute"], "no track 'Tuba'; the tracks with pitches"),
        (["--synth", "gan", "--synth-model", "band"], "holds no synth"),
    ],
)
def test_what_a_synth_cannot_do_is_said_in_a_line(tmp_path, capsys, options, complaint):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    if "gan" in options and "--synth-model" not in options:
        options = [*options, "--synth-model", str(synth_release(tmp_path / "m.safetensors"))]
    song = str(SAMPLES / "greensleeves.mid")
    assert main(["render", song, "-o", str(tmp_path / "out"), *options]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert complaint in said[0]
    assert not list((tmp_path / "out").glob("*"))


def test_one_song_without_the_track_fails_alone(tmp_path, capsys):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    synth = str(synth_release(tmp_path / "m.safetensors"))
    songs = [str(tmp_path / name) for name in ("with.mid", "without.mid")]
    for path, title in zip(songs, ("Tuba", "Horn"), strict=True):
        file = mido.MidiFile(tracks=[mido.MidiTrack([mido.MetaMessage("track_name", name=title)])])
        file.tracks[0] += [
            mido.Message("note_on", note=60),
            mido.Message("note_off", note=60, time=480),
        ]
        file.save(path)
    options = ["--synth", "gan", "--synth-model", synth, "--timbre", "Tuba=flute"]
    out = tmp_path / "out"
    assert main(["render", *songs, "-o", str(out), "--formats", "wav", *options]) == 1
    assert [path.name for path in out.iterdir()] == ["with.wav"]
    assert "no track 'Tuba'; the tracks with pitches are: 1 Horn" in capsys.readouterr().err
