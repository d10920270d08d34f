"""`musegan play` among programs of others: their keyboard, their synthesizer, their recorder.

Nothing of ours is at the other end of a cable. Every session is a process of its own.
"""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pytest
from jackrig import Rig, eventually
from sessions import TUNE, Session, children_of, tune

from musegan.audio.soundfont import find_soundfont
from musegan.audio.waveform import read_sound

pytest.importorskip("rtmidi", reason="needs python-rtmidi: pip install 'musegan[live]'")

pytestmark = pytest.mark.realtime


def band_notes(messages) -> list[bytes]:
    return [m for m in messages if m[0] & 0xF0 == 0x90 and m[2] and m[0] & 0x0F in (1, 2, 3, 4, 9)]


def monitored(rig: Rig, folder: Path, *options: str):
    """A session between a scripted keyboard and a monitor."""
    monitor = rig.monitor("monitor")
    keyboard = tune(rig)
    session = Session(rig, folder, "--input", "kbd", "--output", "monitor", *options)
    return keyboard, monitor, session


def onset_strength(samples, rate, hop):
    """How much louder each moment is than the one before, over a spectrum, (moment,)."""
    frame = 1024
    count = (len(samples) - frame) // hop
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame)[::hop][:count]
    spectrum = np.log1p(100 * np.abs(np.fft.rfft(frames * np.hanning(frame))))
    return np.maximum(np.diff(spectrum, axis=0), 0).sum(axis=1)


def beside(strength, bars):
    """How well strokes fit 10 to 45 ms from where they fit best; 1: as well as there.

    A busy server skips, so each bar (an array of moments) may lie up to 75 ms elsewhere.
    """
    around = np.zeros(31)
    for strokes in bars:
        fit = [strength[np.clip(strokes + k, 0, len(strength) - 1)].sum() for k in range(-30, 31)]
        best = 15 + int(np.argmax(fit[15:-15]))
        around += fit[best - 15 : best + 16]
    return max(*around[6:14], *around[17:25]) / around[15]


def test_a_synthesizer_sounds_what_the_band_plays_to_a_keyboard(jack, tmp_path):
    tune(jack)
    jack.synthesizer("synth", find_soundfont())
    session = Session(jack, tmp_path, "--input", "kbd", "--output", "synth", "--bars", "14")
    wav = tmp_path / "heard.wav"
    recorder = jack.recorder(wav, 33, "synth:left", "synth:right")
    assert session.end() == 0, session.said
    recorder.wait(30)

    samples, rate = read_sound(wav)
    mono = samples.mean(axis=0)
    assert 0.01 < np.abs(mono).max() <= 1
    notes = session.notes("Drums", "Bass", "Piano", "Guitar", "Strings")
    assert {name for _, _, name in notes} >= {"Drums", "Bass", "Piano"}

    hop = 240  # 5 ms
    strength = onset_strength(mono, rate, hop)
    struck = [seconds for seconds, _, name in notes if name in ("Drums", "Bass")]
    onsets = np.unique(np.round(np.array(struck) * rate / hop).astype(int))
    # Cycles that the server lost make the WAV shorter than the session, so that all fits worse.
    lost = max(range(25), key=lambda hops: clearness(fit_of(strength, shortened(onsets, hops))))
    onsets = shortened(onsets, lost)
    fit = fit_of(strength, onsets)
    start = int(fit.argmax())  # where in the WAV the recording's first bar lies
    assert clearness(fit) > 2  # chance has 1.5 to 1.6
    # Strokes sound where they were played. With others in their place, drawn by chance, it is .46 to
    # .8, in seven sessions; in these it was .24 to .36.
    bars = (onsets * hop / rate // 1.6).astype(int)
    busy = [start + onsets[bars == bar] for bar in np.unique(bars) if (bars == bar).sum() >= 4]
    assert len(busy) >= 2
    assert beside(strength, busy) < 0.45
    # They are all heard: how loud it gets around them, as a rank among all moments between 0 and 1,
    # is .74 to .79 in the mean of six sessions; 60 ms beside them it is .41 to .48.
    loudest = np.array([strength[max(0, i - 3) : i + 4].max() for i in range(len(strength))])
    near, played = loudest[start + onsets], loudest[start : start + onsets.max() + 1]
    assert np.mean(np.searchsorted(np.sort(played), near) / len(played)) > 0.65

    salient = []  # by note, of the twelve pitches above the bass's own, in any octave
    for seconds, pitch, _ in session.notes("Bass"):
        moment = seconds * rate / hop
        place = start + moment * onsets.max() / (onsets.max() + lost)
        first = round(place * hop + 0.03 * rate)
        piece = mono[first : first + rate // 5]
        if len(piece) == rate // 5:
            power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 16)) ** 2
            octaves = [[p for p in range(28, 61) if (p - pitch) % 12 == step] for step in range(12)]
            salient.append([max(harmonics(power, p, rate) for p in those) for those in octaves])
    assert (np.argmax(salient, axis=1) == 0).sum() >= 4  # notes of which it is the loudest
    own, *others = np.mean(salient, axis=0)
    # Drums and piano sound above it. In five sessions it was ahead by 1.4 to 2.2; pitches that are
    # wrong by a semitone, a tone, a fourth or a fifth were 2.1 to 4.8 behind.
    assert own > max(others) + 0.25


def shortened(onsets, hops):
    """The moments of strokes where so many hops were lost until the last one, evenly."""
    return np.unique(np.round(onsets * (1 - hops / onsets.max())).astype(int))


def fit_of(strength, onsets):
    """How well strokes at some moments fit, from each moment of a sound on."""
    comb = np.zeros(onsets.max() + 1)
    comb[onsets] = 1
    return np.correlate(strength, comb, "valid")


def clearness(fit):
    """How far the best fit is above the usual one."""
    return fit.max() / np.median(fit)


def harmonics(power, pitch, rate):
    """The power of a pitch's first harmonics."""
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    bins = (np.arange(1, 4) * hertz * (1 << 16) / rate).round().astype(int)
    return sum(np.log1p(power[b - 4 : b + 5].max()) for b in bins)


def test_the_band_listens_a_bar_then_plays_and_ends_with_every_note_ended(jack, tmp_path):
    _, monitor, session = monitored(jack, tmp_path, "--bars", "10")
    assert session.end() == 0, session.said
    assert len(band_notes(monitor.messages())) > 40
    assert monitor.left_on() == Counter()
    stats = session.stats
    least = 4 if "still being loaded" in session.said else 8  # of the nine after the first
    assert least <= stats["bars"] <= 9
    assert stats["late_bars"] < stats["bars"]  # how many are late is for benchmarks/playing.py
    assert stats["notes_left_on"] == 0
    heard = session.notes("Melody")
    assert {pitch for _, pitch, _ in heard} == {pitch for _, pitch in TUNE}


def test_a_keyboard_that_is_pulled_out_and_plugged_in_again_is_heard_again(jack, tmp_path):
    keyboard, monitor, session = monitored(jack, tmp_path, "--bars", "16")
    eventually(lambda: band_notes(monitor.messages()), 25)
    jack.stop(keyboard)
    eventually(lambda: "gone" in session.said, 3)
    tune(jack)
    eventually(lambda: "back" in session.said, 3)
    assert session.end() == 0, session.said
    assert session.stats["reconnects"] == 1
    assert monitor.left_on() == Counter()


def test_a_synthesizer_that_dies_and_comes_back_is_played_again(jack, tmp_path):
    _, monitor, session = monitored(jack, tmp_path, "--bars", "16")
    eventually(lambda: band_notes(monitor.messages()), 25)
    jack.stop(monitor.process)
    eventually(lambda: "gone" in session.said, 3)
    again = jack.monitor("monitor")
    eventually(lambda: band_notes(again.messages()), 5)
    assert session.end() == 0, session.said
    assert again.left_on() == Counter()
    assert len(session.notes("Drums", "Bass")) > 60


def test_a_session_outlives_the_server_and_its_recording_is_whole(jack, tmp_path):
    _, monitor, session = monitored(jack, tmp_path, "--bars", "10")
    eventually(lambda: band_notes(monitor.messages()), 25)
    jack.kill_server()
    assert session.end() == 0, session.said
    assert "gone" in session.said
    assert len(session.notes("Drums", "Bass", "Piano")) > 10
    assert session.stats["notes_left_on"] == 0


def test_a_generator_that_is_killed_starts_again_and_the_band_goes_on(jack, tmp_path):
    _, monitor, session = monitored(jack, tmp_path, "--bars", "24")
    eventually(lambda: band_notes(monitor.messages()), 25)
    (generator,) = children_of(session.process.pid)
    os.kill(generator, signal.SIGKILL)
    eventually(lambda: "generator is back" in session.said, 20)
    assert session.end() == 0, session.said
    stats = session.stats
    assert stats["generator_restarts"] >= 1
    assert 0 < stats["late_bars"] < stats["bars"] - 2
    assert monitor.left_on() == Counter()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_session_that_is_stopped_in_mid_bar_ends_every_note(jack, tmp_path, how):
    _, monitor, session = monitored(jack, tmp_path)
    eventually(lambda: len(band_notes(monitor.messages())) > 30, 25)
    assert session.stop(how) == 130, session.said
    eventually(lambda: monitor.left_on() == Counter(), 2)
    assert len(session.notes("Drums", "Bass", "Piano")) > 10
    assert session.stats["notes_left_on"] == 0
    assert "Traceback" not in session.said


def test_keys_pressed_on_a_screen_keyboard_are_heard_and_sound_through(jack, tmp_path):
    piano = jack.piano()
    monitor = jack.monitor("monitor")
    session = Session(jack, tmp_path, "--input", "jack-keyboard", "--output", "monitor", "--thru")
    eventually(lambda: any(m[0] & 0xF0 == 0x90 for m in monitor.messages()), 25)
    for pitch in (60, 64, 67):
        piano.press(pitch)
        piano.release(pitch)
    player = [0x90, 60], [0x90, 64], [0x90, 67]
    eventually(lambda: all(any([*m[:2]] == p for m in monitor.messages()) for p in player), 5)
    session.stop(signal.SIGTERM)
    assert {pitch for _, pitch, _ in session.notes("Melody")} == {60, 64, 67}


def test_built_in_sound_is_heard_and_kept(jack, tmp_path):
    pytest.importorskip("tinysoundfont", reason="needs: pip install --no-deps tinysoundfont")
    tune(jack)
    wav, heard = tmp_path / "kept.wav", tmp_path / "heard.wav"
    session = Session(
        jack,
        tmp_path,
        "--input",
        "kbd",
        "--output",
        "sound",
        "--thru",
        "--wav",
        str(wav),
        "--bars",
        "5",
    )
    eventually(lambda: "bar 1" in session.said, 25)
    source = [p for p in jack.ports() if p.startswith("musegan") and "playback" in p][:2]
    recorder = jack.recorder(heard, 9, *source)
    assert session.end() == 0, session.said
    recorder.wait(20)
    kept, rate = read_sound(wav)
    assert kept.shape[1] / rate > 6 * 1.6
    assert 0.05 < np.abs(kept).max() <= 1
    assert np.abs(read_sound(heard)[0]).max() > 0.05


def test_the_band_follows_another_machines_clock(jack, tmp_path):
    jack.start("jack_midi_clock", "-b", "132")
    jack.wait_for("jack_midi_clock:mclk_out")
    monitor = jack.monitor("monitor")
    tune(jack)
    session = Session(
        jack, tmp_path, "--clock", "midi", "--input", "all", "--output", "monitor", "--bars", "14",
        tempo=None,
    )  # fmt: skip
    jack.wait_for("musegan-in", "musegan-out", seconds=25)
    time.sleep(4)  # for the model to load
    jack.roll()
    assert session.end() == 0, session.said
    tempi = [
        m.tempo for t in mido.MidiFile(session.record).tracks for m in t if m.type == "set_tempo"
    ]
    assert mido.tempo2bpm(tempi[-1]) == pytest.approx(132, rel=0.01)
    assert len(session.notes("Drums", "Bass")) > 30
    assert len(band_notes(monitor.messages())) > 30
    assert monitor.left_on() == Counter()
