import sys

import numpy as np
import pytest

from musegan.audio import livesynth
from musegan.audio.kit import OneShot
from musegan.audio.livesynth import LIVE_RATE, BlockClock, LiveSynth, limit
from musegan.errors import FormatError, MissingExtra

pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
BLOCK = 240
WOODBLOCK, TRUMPET, FLUTE = 115, 56, 73
START = 1000.0  # a moment of the monotonic clock


class Band:
    """A synthesizer whose blocks are asked for exactly on time."""

    def __init__(self):
        self.synth = LiveSynth()
        self.frames = 0

    def send(self, *data, due=None):
        self.synth.send(bytes(data), None if due is None else START + due)

    def play(self, seconds, block=BLOCK):
        """The next seconds of sound, (sample, 2)."""
        sound = []
        for _ in range(round(seconds * LIVE_RATE / block)):
            data = self.synth.render(block, START + self.frames / LIVE_RATE)
            sound.append(np.frombuffer(bytes(data), np.float32).reshape(-1, 2))
            self.frames += block
        return np.concatenate(sound)


@pytest.fixture
def band():
    return Band()


def onset(sound):
    return int(np.argmax(np.abs(sound).max(axis=1) > 1e-6))


def loudness(sound):
    return 20 * np.log10(np.sqrt((sound**2).mean()) + 1e-9)


def pitch_of(sound):
    spectrum = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)), 1 << 18))
    return np.argmax(spectrum) * LIVE_RATE / (1 << 18)


def test_a_note_without_a_time_sounds_at_the_start_of_the_next_block(band):
    band.play(0.1)
    band.send(0x90 | 9, 36, 100)
    assert onset(band.play(0.1)) <= 1


@pytest.mark.parametrize("block", [64, 240, 480])
def test_a_note_is_placed_to_the_sample(band, block):
    band.send(0x90 | 9, 36, 100)
    own = onset(band.play(0.05))  # of the sample itself
    band.send(0xB0 | 9, 120, 0)
    band.play(0.1)
    for sample in (1, 777, 2401):
        first = band.frames
        band.send(0x90 | 9, 36, 100, due=(first + sample) / LIVE_RATE)
        assert onset(band.play(0.1, block)) == sample + own
        band.send(0xB0 | 9, 120, 0)
        band.play(0.1, block)
    assert band.synth.late_events == 0


def test_the_trembling_of_the_calls_does_not_move_the_notes(band):
    band.send(0xC0, WOODBLOCK)
    generator = np.random.default_rng(0)
    places, sound = [], []
    for note in range(4):
        band.send(0x90, 76, 100, due=2 + note / 4)
        band.send(0xB0, 120, 0, due=2 + note / 4 + 0.1)
    for number in range(round(3 * LIVE_RATE / BLOCK)):
        late = generator.exponential(0.002)
        data = band.synth.render(BLOCK, START + number * BLOCK / LIVE_RATE + late)
        sound.append(np.frombuffer(bytes(data), np.float32).reshape(-1, 2))
    whole = np.concatenate(sound)
    for note in range(4):
        first = round((1.9 + note / 4) * LIVE_RATE)
        places.append(first + onset(whole[first : first + LIVE_RATE // 5]))
    assert np.abs(np.diff(places) - LIVE_RATE / 4).max() < 0.0005 * LIVE_RATE


def test_the_clock_follows_a_device_that_is_slow():
    clock, slow = BlockClock(), 1.0005
    for number in range(8000):
        start = clock.begin(number * BLOCK * slow / LIVE_RATE, BLOCK)
    assert start == pytest.approx(number * BLOCK * slow / LIVE_RATE, abs=1e-4)
    assert clock.frame_seconds * LIVE_RATE == pytest.approx(slow, abs=1e-4)


def test_the_clock_begins_anew_after_a_pause():
    clock = BlockClock()
    for number in range(200):
        clock.begin(number * BLOCK / LIVE_RATE, BLOCK)
    assert clock.begin(60.0, BLOCK) == 60.0


def test_a_late_note_sounds_at_once_and_is_counted(band):
    band.play(0.5)
    band.send(0x90 | 9, 36, 100, due=0.1)
    assert onset(band.play(0.1)) <= 1
    assert band.synth.late_events == 1


def test_a_note_whose_moment_a_pausing_device_skipped_sounds_at_once_and_did_not_come_late(band):
    band.send(0x90 | 9, 36, 100, due=0.3)
    band.play(0.2)
    band.frames += LIVE_RATE  # the device asks for nothing for a second
    assert onset(band.play(0.1)) <= 1
    assert band.synth.late_events == 0


@pytest.mark.parametrize("off", [(0x80, 60, 0), (0x90, 60, 0)])
def test_a_note_that_is_ended_at_once_does_not_begin_later(band, off):
    band.send(0x90, 60, 100, due=0.1)
    band.send(0x90, 64, 100, due=0.3)
    band.play(0.05)
    band.send(*off)
    assert not band.play(0.2).any()
    assert loudness(band.play(0.2)) > -60


def test_messages_that_are_due_together_keep_their_order(band):
    band.send(0x90, 60, 100, due=0.05)
    band.send(0xC0, TRUMPET, due=0.05)
    band.send(0x80, 60, 0, due=0.1)
    band.send(0x90, 60, 100, due=0.1)
    band.play(0.3)
    assert loudness(band.play(0.5)) > -40  # the second note goes on


def test_velocity_volume_and_expression_are_heard_as_general_midi_has_it(band):
    def level(velocity=127, volume=127, expression=127):
        for data in ((0xC0, TRUMPET), (0xB0, 7, volume), (0xB0, 11, expression)):
            band.send(*data)
        band.send(0x90, 60, velocity)
        sound = band.play(0.3)
        band.send(0xB0, 120, 0)
        band.play(0.1)
        return loudness(sound)

    full = level()
    assert full - level(velocity=64) == pytest.approx(12, abs=1)
    assert full - level(volume=64) == pytest.approx(12, abs=1)
    assert full - level(expression=64) == pytest.approx(12, abs=1)
    assert level(volume=0) < -100


def test_a_channel_begins_with_volume_100(band):
    band.send(0x90, 60, 100)
    before = loudness(band.play(0.3))
    band.send(0xB0, 120, 0)
    band.send(0xB0, 7, 100)
    band.play(0.1)
    band.send(0x90, 60, 100)
    assert loudness(band.play(0.3)) == pytest.approx(before, abs=0.1)


def test_pan_is_heard(band):
    band.send(0xB0, 10, 0)
    band.send(0x90, 60, 100)
    sound = band.play(0.3)
    assert loudness(sound[:, :1]) - loudness(sound[:, 1:]) > 20


def test_a_program_and_a_bend_are_heard(band):
    band.send(0xC0, FLUTE)
    band.send(0x90, 69, 100)
    band.play(0.2)
    assert pitch_of(band.play(0.5)) == pytest.approx(440, rel=0.01)
    band.send(0xE0, 127, 127)
    band.play(0.2)
    assert pitch_of(band.play(0.5)) == pytest.approx(440 * 2 ** (2 / 12), rel=0.01)


def test_channel_nine_is_the_drums(band):
    band.send(0x90, 42, 100)
    tone = band.play(0.2)
    band.send(0xB0, 120, 0)
    band.play(0.1)
    band.send(0x99, 42, 100)
    assert np.abs(band.play(0.2) - tone).max() > 0.01


def test_the_pedal_holds_what_is_let_go(band):
    band.send(0xC0, TRUMPET)
    band.send(0xB0, 64, 127)
    band.send(0x90, 60, 100)
    band.play(0.1)
    band.send(0x80, 60, 0)
    band.play(0.5)
    assert loudness(band.play(0.2)) > -40
    band.send(0xB0, 64, 0)
    band.play(0.5)
    assert loudness(band.play(0.2)) < -80


def test_a_note_struck_again_under_the_pedal_ends_with_its_key(band):
    band.send(0xC0, TRUMPET)
    band.send(0xB0, 64, 127)
    for _ in range(3):
        band.send(0x90, 60, 100)
        band.play(0.1)
        band.send(0x90, 60, 0)
        band.play(0.1)
    band.send(0xB0, 64, 0)
    band.play(0.5)
    assert loudness(band.play(0.2)) < -80


@pytest.mark.parametrize("controller", [120, 123])
def test_an_end_of_all_notes_is_silence_whatever_waits_or_is_held(band, controller):
    band.send(0xC0, TRUMPET)
    band.send(0xB0, 64, 127)
    band.send(0x90, 60, 100)
    band.play(0.1)
    band.send(0x80, 60, 0)
    band.send(0x90, 64, 100)
    band.send(0x90, 67, 100, due=0.3)
    band.play(0.1)
    band.send(0xB0, controller, 0)
    band.play(0.5)
    assert loudness(band.play(0.2)) < -80


def test_a_reset_lifts_the_pedal_and_keeps_the_volume(band):
    for data in ((0xC0, TRUMPET), (0xB0, 7, 32), (0x90, 60, 100)):
        band.send(*data)
    band.play(0.1)
    soft = loudness(band.play(0.2))
    band.send(0xB0, 121, 0)
    band.play(0.1)
    assert loudness(band.play(0.2)) == pytest.approx(soft, abs=1)


def test_silence_keeps_the_settings_even_those_that_wait(band):
    band.send(0x90, 60, 100)
    band.play(0.1)
    band.send(0xB0, 11, 32, due=0.5)
    band.send(0xC0, TRUMPET)
    band.send(0x90, 64, 100)
    band.synth.silence()
    band.play(0.1)
    assert loudness(band.play(0.2)) < -80
    band.send(0x90, 60, 100)
    soft = loudness(band.play(0.4))
    band.send(0xB0, 11, 127)
    band.send(0x90, 60, 100)
    assert loudness(band.play(0.4)) - soft > 18


def test_a_crowd_never_clips(band):
    for channel in range(9):
        band.send(0xC0 | channel, TRUMPET)
        band.send(0xB0 | channel, 7, 127)
        for pitch in range(48, 84, 4):
            band.send(0x90 | channel, pitch, 127)
    sound = band.play(0.5)
    assert 0.9 < np.abs(sound).max() < 1


def test_the_limiter_leaves_the_soft_alone_and_bends_without_a_step():
    line = np.linspace(-3, 3, 6001, dtype=np.float32).reshape(-1, 1).repeat(2, axis=1)
    bent = line.copy()
    limit(bent)
    soft = np.abs(line) <= livesynth.THRESHOLD
    assert np.array_equal(bent[soft], line[soft])
    assert np.abs(bent).max() < 1
    steps = np.diff(bent[:, 0])
    assert steps.min() > 0 and steps.max() < 0.0011


def test_what_is_no_music_is_passed_over(band):
    for data in (b"", b"\xf8", b"\xf0\x7e\xf7", b"\x90\x3c", b"\xd0\x40", b"\xa0\x3c\x40"):
        band.synth.send(data)
    assert np.abs(band.play(0.1)).max() == 0


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(MissingExtra, match=r"pip install --no-deps tinysoundfont==0\.3\.7"):
        LiveSynth()


def test_a_damaged_soundfont_is_named(tmp_path):
    (tmp_path / "bad.sf2").write_bytes(b"not a SoundFont")
    with pytest.raises(FormatError, match=r"bad\.sf2: not a SoundFont"):
        LiveSynth(tmp_path / "bad.sf2")


# A kit


class Kitted(Band):
    """A synthesizer with a kit of a long kick and two hats that cut each other off."""

    def __init__(self):
        super().__init__()
        sound = np.full((1, 4_800), 0.5, np.float32)
        self.kit = {
            36: OneShot(sound, 1.0),
            42: OneShot(sound, 0.5, 1, 1),
            46: OneShot(sound, 1.0, 1, 1),
        }
        self.synth = LiveSynth(kit=self.kit)


KICK = 0.5 * 10 ** (livesynth.KIT_LEVEL / 20)  # of a kick at an ordinary velocity


@pytest.fixture
def kitted():
    return Kitted()


@pytest.mark.parametrize("block", [64, 240, 480])
def test_a_kits_hit_stands_to_the_sample_where_it_is_due(kitted, block):
    kitted.play(0.1, block)
    kitted.send(0x99, 36, 100, due=0.15 + 7 / LIVE_RATE)
    sound = kitted.play(0.2, block)
    begin = round(0.05 * LIVE_RATE) + 7
    assert abs(onset(sound) - begin) <= 1
    assert sound[begin + 5 : begin + 4_700] == pytest.approx(KICK, rel=1e-4)
    assert not sound[begin + 4_810 :].any()


def test_a_softer_stroke_or_channel_makes_a_kit_softer(kitted):
    def struck(velocity):
        kitted.send(0x99, 36, velocity)
        return float(kitted.play(0.12)[100, 0])

    assert struck(100) == pytest.approx(KICK, rel=1e-4)
    assert struck(50) == pytest.approx(KICK / 4, rel=1e-4)
    kitted.send(0xB9, 7, 50)
    assert struck(100) == pytest.approx(KICK / 4, rel=1e-4)


def test_one_hat_cuts_another_off_within_moments(kitted):
    kitted.send(0x99, 46, 100)
    kitted.play(0.02)
    kitted.send(0x99, 42, 1)
    sound = kitted.play(0.06)
    assert sound[0, 0] == pytest.approx(KICK, rel=1e-2)
    assert np.abs(sound[round(0.021 * LIVE_RATE) :]).max() < 1e-3


def test_drums_that_a_kit_lacks_and_other_channels_are_the_soundfonts(kitted, band):
    for one in (kitted, band):
        one.send(0x99, 49, 100)
        one.send(0x90, 60, 100)
    np.testing.assert_allclose(kitted.play(0.3), band.play(0.3), atol=1e-6)


def test_silence_ends_a_kit_too(kitted):
    kitted.send(0x99, 36, 100)
    kitted.play(0.02)
    kitted.synth.silence()
    assert not kitted.play(0.1).any()
    kitted.send(0x99, 36, 100)
    kitted.play(0.02)
    kitted.send(0xB9, 120, 0)
    assert not kitted.play(0.1)[BLOCK:].any()


def test_a_kick_of_a_kit_is_as_loud_as_the_soundfonts(band):
    band.send(0x99, 36, 100)
    sound = band.play(0.3).mean(axis=1) ** 2
    loudest = np.convolve(sound, np.ones(2_400) / 2_400, "valid").max()
    in_its_file = -9.0  # dB, see musegan.sounding.kit
    assert 10 * np.log10(loudest) == pytest.approx(in_its_file + livesynth.KIT_LEVEL, abs=0.5)


def test_many_hits_at_once_make_room(kitted):
    for _ in range(200):
        kitted.send(0x99, 36, 100)
    assert np.abs(kitted.play(0.05)).max() < 1
    assert len(kitted.synth._hits._sounding) == livesynth.MOST_HITS
