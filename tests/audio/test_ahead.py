"""Parts that somebody renders ahead, beside the SoundFont that plays what is late of them."""

import numpy as np
import pytest

from musegan.audio.ahead import AheadParts
from musegan.audio.livesynth import LIVE_RATE, LiveSynth
from musegan.audio.stream import FADE, SoundPiece

pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
BLOCK, CHANNEL = 240, 3
START = 1000.0  # a moment of the monotonic clock, and the origin
HERTZ = 440.0
ORGAN = 19


class Band:
    """A live synthesizer with one part rendered ahead, whose blocks are asked for on time."""

    def __init__(self):
        self.parts = AheadParts([CHANNEL], START)
        self.parts.serving = True
        self.synth = LiveSynth(ahead=self.parts)
        self.synth.send(bytes([0xC0 | CHANNEL, ORGAN]))
        self.frames = 0

    def send(self, *data, due=None):
        self.synth.send(bytes(data), None if due is None else START + due)

    def note(self, pitch, begin, end):
        self.send(0x90 | CHANNEL, pitch, 90, due=begin)
        self.send(0x80 | CHANNEL, pitch, 0, due=end)

    def put(self, begin, end, *notes, telling=1, level=0.1):
        """A piece of a sine, with notes as (pitch, seconds)."""
        first = round(begin * LIVE_RATE)
        frames = np.arange(first, round(end * LIVE_RATE))
        sound = level * np.sin(2 * np.pi * HERTZ * frames / LIVE_RATE)
        told = [(pitch, round(seconds * LIVE_RATE)) for pitch, seconds in notes]
        self.parts.put(SoundPiece(CHANNEL, telling, first, sound.astype(np.float32), told))

    def play(self, seconds, late=lambda: 0.0, rate=1.0):
        """The next seconds of sound, (frame, 2)."""
        sound = []
        for _ in range(round(seconds * LIVE_RATE / BLOCK)):
            now = START + self.frames / LIVE_RATE * rate + late()
            data = self.synth.render(BLOCK, now)
            sound.append(np.frombuffer(bytes(data), np.float32).reshape(-1, 2))
            self.frames += BLOCK
        return np.concatenate(sound)


@pytest.fixture
def band():
    return Band()


def level(sound):
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean()))


def share_of_sine(sound):
    """How much of a sound's power is the sine of the pieces."""
    spectrum = np.square(np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))))
    hertz = np.fft.rfftfreq(len(sound), 1 / LIVE_RATE)
    return float(spectrum[np.abs(hertz - HERTZ) < 15].sum() / spectrum.sum())


def test_a_note_that_a_piece_has_is_the_pieces_alone(band):
    band.put(0.09, 0.5, (61, 0.1))
    band.note(61, 0.1, 0.4)
    heard = band.play(0.6)
    first = round(0.1 * LIVE_RATE)
    frames = np.arange(first, round(0.45 * LIVE_RATE))
    wanted = 0.1 * np.sin(2 * np.pi * HERTZ * frames / LIVE_RATE)
    np.testing.assert_allclose(heard[first : first + len(frames), 0], wanted, atol=1e-4)
    assert not heard[round(0.5 * LIVE_RATE) :].any()
    assert (band.parts.notes, band.parts.late_notes) == (1, 0)


def test_a_note_that_no_piece_has_is_the_soundfonts_in_time(band):
    band.note(61, 0.1, 0.4)
    heard, alone = band.play(0.6), LiveSynth()
    alone.send(bytes([0xC0 | CHANNEL, ORGAN]))
    alone.send(bytes([0x90 | CHANNEL, 61, 90]), START + 0.1)
    alone.send(bytes([0x80 | CHANNEL, 61, 0]), START + 0.4)
    blocks = [
        bytes(alone.render(BLOCK, START + n * BLOCK / LIVE_RATE))
        for n in range(len(heard) // BLOCK)
    ]
    wanted = np.frombuffer(b"".join(blocks), np.float32).reshape(-1, 2)
    assert level(wanted) > 0.005
    np.testing.assert_array_equal(heard, wanted)
    assert (band.parts.notes, band.parts.late_notes) == (1, 1)


def test_notes_that_begin_while_nobody_renders_are_not_late(band):
    band.parts.serving = False
    band.note(61, 0.1, 0.4)
    assert level(band.play(0.3)) > 0.005
    assert (band.parts.notes, band.parts.late_notes) == (0, 0)


def test_a_late_piece_takes_its_note_over_from_the_soundfont(band):
    band.note(61, 0.1, 1.4)
    before = band.play(0.3)
    band.put(0.3, 1.5, (61, 0.1))
    after = band.play(1.0)[LIVE_RATE // 2 :]
    assert share_of_sine(before) < 0.1 and level(before) > 0.005
    assert share_of_sine(after) > 0.99
    band.play(0.3)
    assert not band.play(0.1).any()  # its end was nobody else's


def test_a_held_note_whose_sound_runs_out_is_the_soundfonts_until_its_end(band):
    band.put(0.09, 0.5, (61, 0.1))
    band.note(61, 0.1, 1.2)
    ours = band.play(0.5)[LIVE_RATE // 5 :]
    others = band.play(0.6)[LIVE_RATE // 5 :]
    assert share_of_sine(ours) > 0.99
    assert share_of_sine(others) < 0.1 and level(others) > 0.005
    band.play(1.0)
    assert level(band.play(0.1)) < 1e-4


def test_a_note_that_ended_does_not_come_back_when_its_sound_runs_out(band):
    band.put(0.09, 0.5, (61, 0.1))
    band.note(61, 0.1, 0.3)
    band.play(0.5)
    assert not band.play(0.5).any()
    assert band.parts.late_notes == 0


def test_what_is_taken_back_is_silent_within_hundredths_of_a_second(band):
    band.put(0.09, 2.0, (61, 0.1))
    band.send(0x90 | CHANNEL, 61, 90, due=0.1)
    band.play(0.5)
    band.send(0x80 | CHANNEL, 61, 0)
    band.parts.take_back(CHANNEL, START, 2)
    band.put(0.5, 2.0, (61, 0.1))  # was on its way
    heard = band.play(0.5)
    assert level(heard[:BLOCK]) > 0.01
    assert np.abs(np.diff(heard[:, 0])).max() < 0.1 * 2 * np.pi * HERTZ / LIVE_RATE * 1.5
    assert not heard[FADE + BLOCK :].any()


@pytest.mark.parametrize(("controller", "seconds"), [(120, 0.02), (123, 0.12)])
def test_sound_off_and_notes_off_end_what_is_rendered(band, controller, seconds):
    band.put(0.09, 2.0, (61, 0.1))
    band.send(0x90 | CHANNEL, 61, 90, due=0.1)
    band.play(0.5)
    band.send(0xB0 | CHANNEL, controller, 0)
    band.play(seconds)
    assert not band.play(0.3).any()


def test_volume_and_expression_act_by_their_squares_and_pan_by_its_angle(band):
    band.put(0.0, 9.0, (61, 0.0))
    band.send(0x90 | CHANNEL, 61, 90, due=0.0)
    usual = level(band.play(0.5)[LIVE_RATE // 4 :])
    band.send(0xB0 | CHANNEL, 7, 50)
    heard = band.play(0.5)
    assert level(heard[LIVE_RATE // 4 :]) == pytest.approx(usual / 4, rel=1e-3)
    steps = np.abs(np.diff(heard[:, 0]))
    assert steps.max() < 0.1 * (2 * np.pi * HERTZ / LIVE_RATE + 2 / 240)
    band.send(0xB0 | CHANNEL, 7, 100)
    band.send(0xB0 | CHANNEL, 11, 64)
    assert level(band.play(0.5)[LIVE_RATE // 4 :]) == pytest.approx(
        usual * (64 / 127) ** 2, rel=1e-3
    )
    band.send(0xB0 | CHANNEL, 121, 0)
    band.send(0xB0 | CHANNEL, 10, 127)
    left, right = band.play(0.5)[LIVE_RATE // 4 :].T
    assert level(left) < 1e-6 and level(right) == pytest.approx(usual * 2**0.5, rel=1e-3)


def test_other_channels_are_the_soundfonts(band):
    band.put(0.0, 1.0, (61, 0.6))
    band.send(0x90, 61, 90, due=0.1)
    with_piano = band.play(0.5)
    other = Band()
    other.put(0.0, 1.0, (61, 0.6))
    assert level(with_piano - other.play(0.5)) > 0.005
    assert band.parts.notes == 0


def test_a_device_whose_clock_is_off_is_followed_without_clicks(band):
    for second in range(20):
        band.put(second - FADE / LIVE_RATE, second + 1, (61, 0.0))
    band.send(0x90 | CHANNEL, 61, 90, due=0.0)
    heard = band.play(19, rate=1.0005)  # each block comes half a thousandth later than it says
    assert np.abs(np.diff(heard[FADE:, 0])).max() < 0.1 * 2 * np.pi * HERTZ / LIVE_RATE * 1.6
    assert abs(band.parts._at / LIVE_RATE - 19 * 1.0005) < 0.002


def test_while_no_device_asks_for_sound_not_all_pieces_are_kept(band):
    for number in range(2000):
        band.put(number / 10, number / 10 + 0.11)
    assert len(band.parts._inbox) < 500
    band.put(0.09, 0.5, (61, 0.1))
    band.note(61, 0.1, 0.4)
    assert share_of_sine(band.play(0.4)) > 0.95


def test_a_new_device_begins_in_silence_and_plays_what_comes(band):
    band.put(0.09, 2.0, (61, 0.1))
    band.send(0x90 | CHANNEL, 61, 90, due=0.1)
    band.play(0.5)
    band.synth.silence()
    assert not band.play(0.1).any()
    band.put(0.7, 1.0, (63, 0.71))
    band.note(63, 0.71, 0.9)
    assert share_of_sine(band.play(0.4)) > 0.95
