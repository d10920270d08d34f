import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from musegan import __version__
from musegan.audio import recording, speaker
from musegan.audio.livesynth import LIVE_RATE
from musegan.audio.recording import Recording
from musegan.audio.speaker import Speaker, devices
from musegan.errors import ConfigError, MissingExtra, PortError

miniaudio = pytest.importorskip("miniaudio", reason="pip install miniaudio")
pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")

pytestmark = pytest.mark.realtime
NULL, JACK = [miniaudio.Backend.NULL], [miniaudio.Backend.JACK]
NOTE, SOUND_OFF = bytes((0x90, 60, 127)), bytes((0xB0, 120, 0))
ORGAN = bytes((0xC0, 19))


def wait_for(condition, seconds=5.0):
    """Whether it comes true in time."""
    end = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def null():
    made = Speaker(backends=NULL)
    yield made
    made.close()


@pytest.fixture
def jack(monkeypatch):
    """Starts and stops a JACK server without hardware, under a name of its own."""
    if not (shutil.which("jackd") and shutil.which("jack_rec")):
        pytest.skip("jackd and jack_rec are not installed (Debian: jackd2)")
    name = f"musegan_{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    servers = []

    def start():
        command = ["jackd", "-n", name, "-r", "-d", "dummy", "-r", "48000", "-p", "128"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        servers.append(subprocess.Popen(command, **quiet))
        subprocess.run(["jack_wait", "-w", "-t", "5"], check=True, **quiet)
        return servers[-1]

    yield start
    for server in servers:
        server.terminate()
        server.wait()


def test_what_was_heard_becomes_a_whole_wav_file(null, tmp_path):
    path = tmp_path / "evening.wav"
    null.record(path)
    null.start()
    assert null.alive
    null.send(ORGAN)
    null.send(NOTE)
    assert wait_for(lambda: null.counts.blocks > 100)
    assert not path.exists()
    null.close()
    null.close()
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels, file.subtype) == (LIVE_RATE, 2, "PCM_16")
        assert (file.title, file.comment) == ("evening", f"made by musegan {__version__}")
        sound = file.read()
    assert abs(sound).max() > 0.05
    assert len(sound) == null.counts.blocks * 3 * LIVE_RATE // 1000
    assert list(tmp_path.iterdir()) == [path]


def test_playing_is_counted(null):
    null.start()
    null.send(NOTE, time.perf_counter() - 0.5)
    assert wait_for(lambda: null.counts.late_events == 1)
    counts = null.counts
    assert 0 < counts.mean_render_seconds <= counts.worst_render_seconds < 1


def test_a_note_that_is_handed_over_early_waits_for_its_time(null):
    null.start()
    last = null.counts.blocks
    null.send(NOTE, time.perf_counter() + 0.5)
    assert wait_for(lambda: null.counts.blocks > last + 80)
    assert len(null._synth._waiting) == 1
    assert wait_for(lambda: not null._synth._waiting)
    assert null.counts.late_events == 0


def test_a_stalled_device_is_dead_and_sending_goes_on(null, monkeypatch):
    null.start()
    monkeypatch.setattr(speaker, "STALLED_SECONDS", -1.0)
    assert not null.alive
    null.send(NOTE)
    null.send(ORGAN)
    monkeypatch.undo()
    assert null.restart()
    assert null.alive


def test_sending_before_the_start_and_after_the_end_is_no_error(null):
    null.send(NOTE)
    null.start()
    null.close()
    assert not null.alive
    null.send(NOTE)


def test_settings_sent_before_the_start_count(tmp_path):
    loudness = []
    for volume in (127, 20):
        made = Speaker(backends=NULL)
        made.send(bytes((0xB0, 7, 100)))
        made.send(bytes((0xB0, 7, volume)))
        made.send(ORGAN)
        made.record(tmp_path / f"{volume}.wav")
        made.start()
        made.send(NOTE)
        assert wait_for(lambda made=made: made.counts.blocks > 60)
        made.close()
        loudness.append(abs(soundfile.read(tmp_path / f"{volume}.wav")[0]).max())
    assert loudness[0] > 10 * loudness[1] > 0


def test_devices_are_listed_and_chosen_by_a_part_of_their_name():
    (name,) = devices(NULL)
    made = Speaker(device=name[:6].lower(), backends=NULL)
    made.start()
    assert made.name == f"built-in sound ({name})"
    made.close()


def test_an_absent_device_is_named_beside_those_that_are_there():
    made = Speaker(device="Grand Hall", backends=NULL)
    with pytest.raises(PortError, match=r"no sound device 'Grand Hall'; present: NULL.*\. Plug"):
        made.start()
    assert not made.alive


def test_where_there_is_no_device_the_terminal_stays_clean(monkeypatch, capfd):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    with pytest.raises(PortError, match=r"no sound device can be opened; present: none\."):
        Speaker(backends=JACK).start()
    assert devices(JACK) == []
    assert capfd.readouterr() == ("", "")


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    for what in (Speaker, devices):
        with pytest.raises(MissingExtra, match="pip install miniaudio"):
            what()


@pytest.mark.parametrize("buffer_ms", [0, 101])
def test_an_impossible_buffer_is_refused(buffer_ms):
    with pytest.raises(ConfigError, match=f"a buffer of {buffer_ms} ms; 1 to 100"):
        Speaker(buffer_ms=buffer_ms)


def test_an_independent_recorder_hears_the_speaker_through_jack(jack, tmp_path):
    jack()
    made = Speaker(backends=JACK)
    made.start()
    made.send(ORGAN)
    path = tmp_path / "heard.wav"
    ports = subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout.split()
    ours = [port for port in ports if port.startswith("musegan:")]
    recorder = subprocess.Popen(
        ["jack_rec", "-f", str(path), "-d", "1", "-b", "16", *ours],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(5):
        made.send(NOTE)
        time.sleep(0.2)
    assert recorder.wait(10) == 0
    made.close()
    sound, rate = soundfile.read(path)
    assert rate == LIVE_RATE and sound.shape[1] == 2
    assert np.abs(sound).max() > 0.05


def test_the_speaker_survives_the_end_of_its_device(jack, tmp_path):
    server = jack()
    made = Speaker(backends=JACK)
    made.record(tmp_path / "both.wav")
    made.start()
    assert made.alive
    server.terminate()
    server.wait()
    assert wait_for(lambda: not made.alive)
    made.send(NOTE)
    assert not made.restart()
    jack()
    assert made.restart()
    before = made.counts.blocks
    made.send(NOTE)
    assert wait_for(lambda: made.alive and made.counts.blocks > before + 50)
    made.close()
    sound, _ = soundfile.read(tmp_path / "both.wav")
    assert np.abs(sound).max() > 0.01


HALF = memoryview(np.full((LIVE_RATE // 10, 2), 0.5, np.float32)).cast("B")  # a tenth of a second


def test_a_full_disk_ends_the_recording_and_keeps_what_there_is(tmp_path, monkeypatch):
    heard = Recording(tmp_path / "short.wav", LIVE_RATE)
    heard.append(HALF)
    assert wait_for(lambda: heard.seconds == pytest.approx(0.1))

    def full(samples):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(heard._file, "write", full)
    for _ in range(4):
        heard.append(HALF)
    assert wait_for(lambda: heard.error)
    heard.close()
    assert len(soundfile.read(heard.path)[0]) == LIVE_RATE // 10
    assert heard.seconds == pytest.approx(0.1)
    assert "No space left" in heard.error


def test_a_recording_stops_before_the_format_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "LONGEST_SECONDS", 0.15)
    heard = Recording(tmp_path / "long.wav", LIVE_RATE)
    heard.append(HALF)
    heard.append(HALF)
    assert wait_for(lambda: heard.error)
    heard.append(HALF)
    heard.close()
    sound, _ = soundfile.read(heard.path)
    assert np.allclose(sound, 0.5) and len(sound) == LIVE_RATE // 5
    assert "no more than six hours" in heard.error


def test_a_recording_into_a_missing_folder_is_refused(null, tmp_path):
    with pytest.raises(OSError, match="missing"):
        null.record(tmp_path / "missing" / "a.wav")
