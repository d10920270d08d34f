import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from musegan.audio.waveform import read_sound
from musegan_cli.main import main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_any_midi_file_becomes_sound_and_picture(tmp_path):
    pytest.importorskip("midirenderer")
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
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
