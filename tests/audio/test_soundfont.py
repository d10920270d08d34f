import io

import mido
import numpy as np
import pytest

from musegan.audio import soundfont
from musegan.audio.soundfont import find_soundfont, render
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.errors import ConfigError, FormatError, MidiError

pytest.importorskip("midirenderer", reason="pip install midirenderer")
STRINGS, TRUMPET = 48, 56


def midi(*timed, tracks=1, kind=1):
    """A file at 120 quarter notes a minute from (quarter notes, message)."""
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    now = 0
    for quarters, message in sorted(timed, key=lambda pair: pair[0]):
        tick = round(quarters * 480)
        track.append(message.copy(time=tick - now))
        now = tick
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def on(quarters, pitch=60, velocity=100, channel=0):
    return quarters, mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(quarters, pitch=60, channel=0):
    return quarters, mido.Message("note_off", note=pitch, channel=channel)


def control(quarters, number, value, channel=0):
    return quarters, mido.Message("control_change", control=number, value=value, channel=channel)


def program(quarters, number, channel=0):
    return quarters, mido.Message("program_change", program=number, channel=channel)


def note(quarters, length, **what):
    pitch, channel = what.get("pitch", 60), what.get("channel", 0)
    return [on(quarters, **what), off(quarters + length, pitch=pitch, channel=channel)]


def loudness(samples, first=0.0, last=None):
    """Decibels of the root mean square between two moments, in seconds."""
    end = None if last is None else round(last * SYNTH_RATE)
    return 20 * np.log10(np.sqrt((samples[:, round(first * SYNTH_RATE) : end] ** 2).mean()) + 1e-9)


def pitch_of(samples, first, last):
    """The strongest frequency below 2 kHz, in Hz."""
    window = samples[0, round(first * SYNTH_RATE) : round(last * SYNTH_RATE)]
    spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window)), 1 << 19))
    return np.argmax(spectrum[: 2000 * (1 << 19) // SYNTH_RATE]) * SYNTH_RATE / (1 << 19)


def test_a_note_sounds_at_its_time_and_dies_away_after_its_end():
    sound = render(midi(program(0, TRUMPET), *note(2, 2)))
    assert np.abs(sound[:, : SYNTH_RATE - 1]).max() < 1e-6
    assert loudness(sound, 1.1, 1.9) > -40
    assert 2.05 < sound.shape[1] / SYNTH_RATE < 6  # the release is kept, silence is not
    assert np.abs(sound[:, -1]).max() < 1e-4


def test_notes_sound_at_their_written_pitch():
    assert pitch_of(render(midi(program(0, 73), *note(0, 4, pitch=69))), 0.5, 1.5) == pytest.approx(
        440, rel=0.01
    )


def test_a_loud_song_does_not_clip_and_has_no_offset():
    chords = [
        event
        for channel in range(9)
        for pitch in range(36, 90, 3)
        for event in note(0, 4, pitch=pitch, velocity=127, channel=channel)
    ]
    sound = render(midi(*[control(0, 7, 127, channel=c) for c in range(9)], *chords))
    assert np.abs(sound).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)
    assert np.abs(sound.mean(axis=1)).max() < 1e-4
    # a clipped sound stays at its ceiling
    assert (np.abs(sound) > 0.88).mean() < 1e-3


def test_a_quiet_song_stays_quiet():
    assert np.abs(render(midi(*note(0, 1, velocity=20)))).max() < 0.05


def test_velocity_is_heard():
    loud, soft = (render(midi(program(0, TRUMPET), *note(0, 4, velocity=v))) for v in (127, 64))
    assert loudness(loud, 0, 2) - loudness(soft, 0, 2) > 9


@pytest.mark.parametrize("number", [7, 11])
def test_volume_and_expression_are_heard(number):
    full, half = (
        render(midi(control(0, number, value), program(0, TRUMPET), *note(0, 4)))
        for value in (127, 64)
    )
    assert loudness(full, 0, 2) - loudness(half, 0, 2) == pytest.approx(12, abs=2)


def test_pan_is_heard():
    left = render(midi(control(0, 10, 0), program(0, TRUMPET), *note(0, 4)))
    assert loudness(left[:1]) - loudness(left[1:]) > 10


def test_the_pedal_holds_a_note_that_was_let_go():
    held = render(midi(control(0, 64, 127), *note(0, 1), control(6, 64, 0)))
    plain = render(midi(*note(0, 1), control(6, 64, 0)))
    assert loudness(held, 1.0, 1.5) - loudness(plain, 1.0, 1.5) > 20


def test_a_bend_is_heard():
    bent = midi(program(0, 73), *note(0, 4, pitch=69), (2, mido.Message("pitchwheel", pitch=8191)))
    sound = render(bent)
    assert pitch_of(sound, 0.4, 0.9) == pytest.approx(440, rel=0.01)
    assert pitch_of(sound, 1.2, 1.9) == pytest.approx(440 * 2 ** (2 / 12), rel=0.01)


def test_a_program_may_change_in_the_middle_of_a_track():
    same = render(midi(program(0, TRUMPET), *note(0, 2), *note(2, 2)))
    changed = render(midi(program(0, TRUMPET), *note(0, 2), program(2, 19), *note(2, 2)))
    early, late = slice(0, SYNTH_RATE), slice(round(1.2 * SYNTH_RATE), 2 * SYNTH_RATE)
    assert np.abs(same[:, early] - changed[:, early]).max() < 1e-3
    assert np.abs(same[:, late] - changed[:, late]).max() > 0.01


def test_channels_of_one_track_play_their_own_instruments():
    both = midi(
        program(0, TRUMPET),
        program(0, STRINGS, channel=1),
        *note(0, 2),
        *note(2, 2, channel=1),
        kind=0,
    )
    alone = render(midi(program(0, STRINGS), *note(2, 2)))
    sound = render(both)
    later = slice(round(1.5 * SYNTH_RATE), 2 * SYNTH_RATE)
    assert loudness(sound[:, later]) == pytest.approx(loudness(alone[:, later]), abs=1)


def test_a_short_drum_stroke_rings_on():
    sound = render(midi(*note(0, 0.05, pitch=49, channel=9)))
    assert loudness(sound, 0.2, 0.5) > -60


def test_pieces_add_up_to_the_whole(monkeypatch):
    song = midi(
        program(0, TRUMPET),
        control(1, 7, 60),
        *note(0, 3),
        *note(3.5, 4, pitch=64),
        *note(5, 6, pitch=72),  # through several pieces
        *note(9, 1, pitch=67),
    )
    whole = render(song)
    monkeypatch.setattr(soundfont, "PIECE_SECONDS", 1.0)
    joined = render(song)
    assert joined.shape[1] == pytest.approx(whole.shape[1], abs=SYNTH_RATE)
    length = min(whole.shape[1], joined.shape[1], 5 * SYNTH_RATE)
    for first in range(0, length, SYNTH_RATE // 4):
        part = slice(first, first + SYNTH_RATE // 4)
        assert loudness(joined[:, part]) == pytest.approx(loudness(whole[:, part]), abs=1.5)


def test_the_sample_rate_is_the_one_asked_for():
    song = midi(program(0, 73), *note(0, 4, pitch=69))
    assert render(song, sample_rate=24_000).shape[1] == pytest.approx(
        render(song).shape[1] / 2, abs=2
    )


def test_a_file_without_notes_is_silence_of_no_length():
    assert render(midi(control(0, 7, 100))).shape == (2, 0)


def test_a_performance_of_many_hours_is_refused():
    with pytest.raises(MidiError, match=r"long\.mid: lasts .* hours; cut it to 3"):
        render(midi(*note(0, 1), *note(40_000, 1)), name="long.mid")


def test_the_soundfont_is_pretty_midis_unless_another_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSEGAN_SOUNDFONT", raising=False)
    assert find_soundfont().name == "TimGM6mb.sf2"
    other = tmp_path / "other.sf2"
    other.write_bytes(b"RIFF")
    monkeypatch.setenv("MUSEGAN_SOUNDFONT", str(other))
    assert find_soundfont() == other
    with pytest.raises(ConfigError, match=r"no SoundFont '.*missing\.sf2'"):
        find_soundfont(tmp_path / "missing.sf2")


def test_a_damaged_soundfont_is_named(tmp_path):
    (tmp_path / "bad.sf2").write_bytes(b"not a SoundFont")
    with pytest.raises(FormatError, match=r"bad\.sf2: cannot be played"):
        render(midi(*note(0, 1)), tmp_path / "bad.sf2")


def test_several_processes_play_what_one_plays():
    song = midi(program(0, TRUMPET), *note(0, 3), *note(90, 2, pitch=64), *note(150, 2, pitch=67))
    alone, together = render(song, processes=1), render(song, processes=2)
    assert alone.shape[1] > 75 * SYNTH_RATE
    assert np.array_equal(alone, together)


def test_a_damaged_soundfont_is_named_by_other_processes_too(tmp_path):
    (tmp_path / "bad.sf2").write_bytes(b"not a SoundFont")
    song = midi(*note(0, 1), *note(150, 1))
    with pytest.raises(FormatError, match=r"bad\.sf2: cannot be played as a SoundFont \(.sf2\): "):
        render(song, tmp_path / "bad.sf2", processes=2)
