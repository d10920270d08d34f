"""Drum kits from SFZ files, and drums that are struck where the music has them."""

import numpy as np
import pytest
import soundfile
from soundfiles import tone
from symusic.core import ControlChangeTick, NoteTick, ScoreTick, TrackTick

from musegan.audio.kit import MIXED, OneShot, lay_down, read_kit, strikes_of, without_drums
from musegan.audio.performance import read_performance
from musegan.audio.soundfont import render
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import write_wav
from musegan.errors import FormatError, UsageError

QUARTER = 480  # ticks; half a second


def song(drums, piano=()):
    """A song of drum strikes (beat, key, velocity) and piano notes (beat, pitch)."""
    score = ScoreTick(QUARTER)
    track = TrackTick("Drums", 0, True)
    for beat, key, velocity in drums:
        track.notes.append(NoteTick(round(beat * QUARTER), 120, key, velocity))
    score.tracks.append(track)
    keys = TrackTick("Piano", 0, False)
    for beat, pitch in piano:
        keys.notes.append(NoteTick(round(beat * QUARTER), 400, pitch, 90))
    score.tracks.append(keys)
    return score


def kit_folder(folder, text, sounds=("kick", "hat")):
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(sounds):
        write_wav(folder / f"{name}.wav", tone(300 * 4**index, 9_600, SYNTH_RATE, 0.5), SYNTH_RATE)
    (folder / "kit.sfz").write_text(text)
    return folder


PLAIN = "<region> sample=kick.wav key=36\n<region> sample=hat.wav key=42\n"


def test_a_kit_is_read_from_its_folder_or_file(tmp_path):
    folder = kit_folder(tmp_path / "kit", PLAIN)
    for path in (folder, folder / "kit.sfz"):
        kit = read_kit(path)
        assert sorted(kit) == [36, 42]
        assert kit[36].sound.shape == (1, 9_600)
        assert kit[36].gain == 1


def test_opcodes_are_inherited_and_later_ones_win(tmp_path):
    text = """
    // a comment <region> sample=no.wav
    <control> default_path=./
    <global> volume=-6
    <group> group=1 off_by=1
    <region> sample=kick.wav lokey=35 hikey=c2 // keys 35 and 36
    <group>
    <region> volume=-20 sample=hat.wav key=f#2
    """
    kit = read_kit(kit_folder(tmp_path, text))
    assert sorted(kit) == [35, 36, 42]
    assert kit[35].gain == pytest.approx(10 ** (-6 / 20))
    assert (kit[36].group, kit[36].off_by) == (1, 1)
    assert kit[42].gain == pytest.approx(0.1)
    assert (kit[42].group, kit[42].off_by) == (0, 0)


def test_file_names_may_have_spaces(tmp_path):
    text = "<region> sample=low tom 1.wav key=41 volume=3\n"
    assert sorted(read_kit(kit_folder(tmp_path, text, ("low tom 1",)))) == [41]


@pytest.mark.parametrize("rate", [24_000, 44_100])
def test_samples_of_other_rates_keep_their_pitch(tmp_path, rate):
    write_wav(tmp_path / "a.wav", tone(1_000, rate, rate), rate)
    (tmp_path / "kit.sfz").write_text("<region> sample=a.wav key=36")
    sound = read_kit(tmp_path)[36].sound[0]
    assert len(sound) == SYNTH_RATE
    assert np.abs(np.fft.rfft(sound)).argmax() == 1_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<region> sample=gone.wav key=36", "the sample gone.wav is missing"),
        ("<region> key=36", "has no region with a sample"),
        ("", "has no region with a sample"),
        ("<region> sample=kick.wav key=h9", "'h9' is no key: a number from 0 to 127"),
        ("<region> sample=kick.wav key=36 volume=loud", "kick.wav: volume=loud is no number from"),
        ("<region> sample=kick.wav key=36 volume=nan", "volume=nan is no number from -144 to 24"),
        ("<region> sample=kick.wav key=36 volume=99999", "volume=99999 is no number"),
        ("<region> sample=kick.wav key=36 group=-1", "group=-1 is no number from 0"),
    ],
)
def test_what_is_wrong_with_a_kit_is_told_in_a_line(tmp_path, text, says):
    with pytest.raises(FormatError, match=says):
        read_kit(kit_folder(tmp_path, text))


def test_a_sample_that_is_not_of_numbers_is_refused_by_name(tmp_path):
    sound = np.array([0.1, np.nan, 0.2], np.float32)
    soundfile.write(tmp_path / "kick.wav", sound, SYNTH_RATE, "FLOAT")
    (tmp_path / "kit.sfz").write_text("<region> sample=kick.wav key=36")
    with pytest.raises(FormatError, match=r"kick\.wav: holds samples that are not numbers"):
        read_kit(tmp_path)


def test_a_region_that_no_key_strikes_is_left_out_and_of_layers_the_first_is_struck(tmp_path):
    text = """// d\xe9j\xe0 vu
    <region> sample=kick.wav lokey=-1 hikey=-1
    <region> sample=kick.wav key=36 lovel=64 volume=-6 group=1.0
    <region> sample=hat.wav key=36 hivel=63
    """
    kit_folder(tmp_path, "")
    (tmp_path / "kit.sfz").write_bytes(text.encode("latin-1"))
    kit = read_kit(tmp_path)
    assert list(kit) == [36]
    assert (kit[36].gain, kit[36].group) == (pytest.approx(10 ** (-6 / 20)), 1)


def test_a_kit_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such folder or file; `musegan audio kit` makes a kit"):
        read_kit(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds no SFZ file"):
        read_kit(tmp_path)
    for name in ("a.sfz", "b.sfz"):
        (tmp_path / name).write_text(PLAIN)
    with pytest.raises(UsageError, match="holds 2 SFZ files, name one"):
        read_kit(tmp_path)


def test_strikes_have_their_moment_and_their_loudness():
    score = song([(0, 36, 100), (1, 42, 50), (2.5, 36, 127)], [(0, 60)])
    strikes = strikes_of(read_performance(score))
    assert [(s.seconds, s.key) for s in strikes] == [(0, 36), (0.5, 42), (1.25, 36)]
    assert [s.gain for s in strikes] == pytest.approx([1, 0.25, 1.27**2])


def test_the_channels_volume_counts():
    score = song([(0, 36, 100), (2, 36, 100)])
    score.tracks[0].controls.append(ControlChangeTick(QUARTER, 7, 50))
    assert [s.gain for s in strikes_of(read_performance(score))] == pytest.approx([1, 0.25])


def test_a_hit_stands_to_the_sample_where_it_is_struck(tmp_path):
    kit = read_kit(kit_folder(tmp_path, PLAIN))
    whole = np.zeros((2, SYNTH_RATE), np.float32)
    lay_down(whole, strikes_of(read_performance(song([(0.5, 36, 100), (0.7, 99, 100)]))), kit)
    begin = SYNTH_RATE // 4
    assert not whole[:, :begin].any()
    expected = 10 ** (MIXED / 20) * kit[36].sound[0]
    np.testing.assert_allclose(whole[0, begin : begin + 9_600], expected, atol=1e-6)
    assert np.array_equal(whole[0], whole[1])
    assert not whole[:, begin + 9_600 :].any()


def test_one_hat_cuts_another_off_and_a_kick_none(tmp_path):
    text = ("<region> sample=kick.wav key=36\n<group> group=1 off_by=1\n"
            "<region> sample=hat.wav key=46\n<region> sample=hat.wav key=42\n")  # fmt: skip
    kit = read_kit(kit_folder(tmp_path, text))
    for second, is_cut in ((42, True), (36, False)):
        whole = np.zeros((2, SYNTH_RATE), np.float32)
        strikes = strikes_of(read_performance(song([(0, 46, 100), (0.1, second, 1)])))
        lay_down(whole, strikes, kit)
        after = np.abs(whole[0, round(0.08 * SYNTH_RATE) : 9_000]).max()
        assert bool(after < 0.01) is is_cut


def test_the_rest_of_the_band_is_played_as_before():
    piano = [(0, 60), (1, 64), (2, 67)]
    alone = render(song([], piano))
    quiet = {36: OneShot(np.zeros((1, 100), np.float32), 1.0)}
    silent = render(song([(0, 36, 100), (1, 36, 100)], piano), kit=quiet)
    length = min(alone.shape[1], silent.shape[1])
    np.testing.assert_allclose(alone[:, :length], silent[:, :length], atol=2e-3)


def test_drums_that_a_kit_lacks_are_played_by_the_soundfont(tmp_path):
    kit = read_kit(kit_folder(tmp_path, PLAIN))
    left = without_drums(read_performance(song([(0, 36, 100), (1, 49, 100)])), kit)
    assert [strike.key for strike in strikes_of(left)] == [49]
    crash = render(song([(0, 49, 100)]))
    again = render(song([(0, 49, 100)]), kit=kit)
    assert np.array_equal(crash, again)


def test_a_rendered_song_has_the_kits_drums_and_not_the_soundfonts(tmp_path):
    kit = read_kit(kit_folder(tmp_path, PLAIN))
    beats = [(beat, 36, 100) for beat in range(8)]
    sound = render(song(beats), kit=kit)
    part = sound[0, : SYNTH_RATE // 5]  # the whole of one hit
    assert np.abs(np.fft.rfft(part)).argmax() * 5 == 300  # Hz
    times = np.arange(8) * SYNTH_RATE // 2
    loud = [np.abs(sound[0, t : t + 4_800]).max() for t in times]
    quiet = [np.abs(sound[0, t + 12_000 : t + 23_000]).max() for t in times[:-1]]
    assert min(loud) > 0.05
    assert max(quiet) < 0.01
