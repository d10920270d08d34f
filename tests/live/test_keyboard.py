"""What a keyboard hears."""

import numpy as np
import pytest

from musegan.live.keyboard import Keyboard
from musegan.music.metre import Metre

C4, E4, G4 = 60, 64, 67


def on(pitch, velocity=80, channel=0):
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 64])


def control(number, value, channel=0):
    return bytes([0xB0 | channel, number, value])


def pedal(value, channel=0):
    return control(64, value, channel)


def heard(*events):
    """A keyboard that heard (position, message) events."""
    keyboard = Keyboard()
    for quarter, message in events:
        assert keyboard.hear(message, quarter)
    return keyboard


def notes_of(keyboard):
    return [(note.start, note.end, note.pitch, note.velocity) for note in keyboard.notes]


def test_a_note_lasts_from_its_note_on_to_its_note_off():
    keyboard = heard((1.0, on(C4, 90)), (2.5, off(C4)))
    assert notes_of(keyboard) == [(1.0, 2.5, C4, 90)]
    assert keyboard.held == ()


def test_velocity_0_is_a_note_off():
    keyboard = heard((1.0, on(C4)), (2.0, on(C4, 0)))
    assert notes_of(keyboard) == [(1.0, 2.0, C4, 80)]


def test_a_key_struck_and_released_at_one_moment_is_still_heard():
    keyboard = heard((1.0, on(C4)), (1.0, off(C4)))
    assert keyboard.steps(Metre(), 4.0).tolist() == [[4, 5, C4, 80]]
    assert keyboard.first_after(1.0) == 1.0


def test_a_held_key_sounds_without_end():
    keyboard = heard((1.0, on(G4)), (1.5, on(C4)))
    assert keyboard.held == (C4, G4)
    assert keyboard.last_heard == np.inf
    assert keyboard.steps(Metre(), 4.0).tolist() == [[4, 16, G4, 80], [6, 16, C4, 80]]


def test_a_key_struck_again_without_a_note_off_begins_a_second_note():
    keyboard = heard((0.0, on(C4)), (1.0, on(C4, 50)), (2.0, off(C4)))
    assert notes_of(keyboard) == [(0.0, 1.0, C4, 80), (1.0, 2.0, C4, 50)]


def test_a_note_off_without_a_note_on_is_nothing():
    assert notes_of(heard((0.0, off(C4)), (1.0, on(C4, 0)))) == []


def test_all_channels_are_one_keyboard():
    keyboard = heard(*[(float(channel), on(60 + channel, 80, channel)) for channel in range(9)])
    assert keyboard.held == tuple(range(60, 69))
    keyboard.hear(off(60, 1), 20.0)  # another channel's key
    assert 60 in keyboard.held
    keyboard.hear(off(60, 0), 20.0)
    assert 60 not in keyboard.held


def test_one_pitch_on_two_channels_is_two_notes_and_held_until_both_end():
    keyboard = heard((0.0, on(C4, 80, 0)), (1.0, on(C4, 80, 1)), (2.0, off(C4, 0)))
    assert keyboard.held == (C4,)
    keyboard.hear(off(C4, 1), 3.0)
    assert notes_of(keyboard) == [(0.0, 2.0, C4, 80), (1.0, 3.0, C4, 80)]


def test_pads_on_the_drum_channel_sound_and_are_no_melody():
    keyboard = heard((0.0, on(36, 100, 9)), (1.0, pedal(127, 9)), (2.0, off(36, 9)))
    assert keyboard.notes == [] and keyboard.held == ()
    assert keyboard.last_heard == -np.inf


def test_the_pedal_holds_what_is_let_go_until_it_is_up():
    keyboard = heard((0.0, on(C4)), (0.5, pedal(127)), (1.0, off(C4)))
    assert keyboard.held == (C4,) and keyboard.last_heard == np.inf
    keyboard.hear(pedal(0), 3.0)
    assert keyboard.held == ()
    assert notes_of(keyboard) == [(0.0, 3.0, C4, 80)]


def test_the_pedal_leaves_to_the_finger_what_the_finger_holds():
    keyboard = heard((0.0, pedal(127)), (0.5, on(C4)), (1.0, pedal(0)))
    assert keyboard.held == (C4,)
    keyboard.hear(off(C4), 2.0)
    assert notes_of(keyboard) == [(0.5, 2.0, C4, 80)]


def test_a_key_struck_again_under_the_pedal_ends_the_note_that_the_pedal_held():
    keyboard = heard((0.0, pedal(127)), (0.5, on(C4)), (1.0, off(C4)), (2.0, on(C4)))
    assert notes_of(keyboard) == [(0.5, 2.0, C4, 80), (2.0, np.inf, C4, 80)]
    keyboard.hear(pedal(0), 3.0)
    assert keyboard.held == (C4,)


@pytest.mark.parametrize(("value", "down"), [(63, False), (64, True), (1, False), (127, True)])
def test_a_pedal_is_down_from_half_way(value, down):
    keyboard = heard((0.0, on(C4)), (0.5, pedal(value)), (1.0, off(C4)))
    assert (keyboard.held == (C4,)) is down


def test_a_pedal_that_sends_its_whole_way_lets_go_once_it_is_half_up():
    keyboard = heard((0.0, on(C4)), (0.5, pedal(127)), (1.0, off(C4)), (2.0, pedal(90)))
    assert keyboard.held == (C4,)
    keyboard.hear(pedal(40), 3.0)
    keyboard.hear(pedal(0), 4.0)
    assert notes_of(keyboard) == [(0.0, 3.0, C4, 80)]


def test_the_pedal_is_its_channels_own():
    keyboard = heard((0.0, on(C4, 80, 0)), (0.0, on(E4, 80, 1)), (0.5, pedal(127, 1)))
    keyboard.hear(off(C4, 0), 1.0)
    keyboard.hear(off(E4, 1), 1.0)
    assert keyboard.held == (E4,)


@pytest.mark.parametrize("number", [123, 124, 125, 126, 127])
def test_all_notes_off_ends_what_its_channel_holds_and_no_other_channel(number):
    keyboard = heard((0.0, on(C4, 80, 0)), (0.0, on(E4, 80, 1)), (1.0, control(number, 0)))
    assert keyboard.held == (E4,)
    assert notes_of(keyboard)[0] == (0.0, 1.0, C4, 80)


def test_all_notes_off_leaves_to_the_pedal_what_it_holds_and_the_pedal_down():
    keyboard = heard((0.0, pedal(127)), (0.0, on(C4)), (1.0, control(123, 0)))
    assert keyboard.held == (C4,)
    keyboard.hear(pedal(0), 2.0)
    assert notes_of(keyboard) == [(0.0, 2.0, C4, 80)]


def test_all_sound_off_ends_what_the_pedal_holds_too_but_the_pedal_stays_down():
    keyboard = heard((0.0, pedal(127)), (0.0, on(C4)), (1.0, off(C4)), (1.5, on(E4)))
    keyboard.hear(control(120, 0), 2.0)
    assert keyboard.held == ()
    keyboard.hear(on(G4), 3.0)
    keyboard.hear(off(G4), 4.0)
    assert keyboard.held == (G4,)


def test_reset_of_all_controllers_lifts_the_pedal():
    keyboard = heard((0.0, pedal(127)), (0.0, on(C4)), (1.0, off(C4)), (2.0, control(121, 0)))
    assert notes_of(keyboard) == [(0.0, 2.0, C4, 80)]


def test_a_keyboard_that_is_gone_holds_nothing():
    keyboard = heard((0.0, pedal(127)), (0.0, on(C4)), (1.0, off(C4)), (2.0, on(E4, 80, 3)))
    keyboard.let_go(5.0)
    assert keyboard.held == () and keyboard.last_heard == 5.0
    keyboard.hear(on(G4), 6.0)
    keyboard.hear(off(G4), 7.0)  # the pedal is forgotten
    assert keyboard.held == ()


@pytest.mark.parametrize(
    "message",
    [b"", b"\x90", b"\x90\x3c", b"\x80\x3c", b"\xb0\x40", b"\xc0", b"\xe0\x00", b"\x3c\x40",
     b"\xf8", b"\xfe", b"\xfa", b"\xf2\x00\x00", b"\xf0\x7e\x00\xf7"],
)  # fmt: skip
def test_clock_sensing_and_what_is_cut_short_are_not_to_sound(message):
    keyboard = Keyboard()
    assert not keyboard.hear(message, 0.0)
    assert keyboard.notes == []


@pytest.mark.parametrize("message", [b"\xc0\x05", b"\xd0\x40", b"\xe0\x00\x40", b"\xb0\x01\x40", b"\xa0\x3c\x40"])  # fmt: skip
def test_other_messages_of_a_channel_are_to_sound_and_are_no_notes(message):
    keyboard = Keyboard()
    assert keyboard.hear(message, 0.0)
    assert keyboard.notes == []


def test_steps_are_the_nearest_and_a_note_has_one_at_least():
    keyboard = heard((0.1, on(C4)), (0.15, off(C4)), (0.9, on(E4)), (1.9, off(E4)))
    assert keyboard.steps(Metre(), 4.0).tolist() == [[0, 1, C4, 80], [4, 8, E4, 80]]


def test_notes_of_one_step_are_in_order_of_their_pitch():
    keyboard = heard((0.0, on(G4)), (0.01, on(C4)), (0.02, on(E4)))
    assert keyboard.steps(Metre(), 1.0)[:, 2].tolist() == [C4, E4, G4]
    assert Keyboard().steps(Metre(), 1.0).shape == (0, 4)


def test_steps_in_six_eight_are_sixteenths_too():
    keyboard = heard((1.5, on(C4)), (3.0, off(C4)))
    assert keyboard.steps(Metre(6, 8), 6.0).tolist() == [[6, 12, C4, 80]]


def test_the_first_note_from_a_position_on():
    keyboard = heard((0.0, on(C4)), (1.0, off(C4)), (2.0, on(E4)))
    assert [keyboard.first_after(quarter) for quarter in (-1, 0, 0.1, 2, 2.1)] == [0, 0, 2, 2, None]


def test_where_a_note_sounded_last():
    keyboard = Keyboard()
    assert keyboard.last_heard == -np.inf
    for quarter, message in ((0.0, on(C4)), (1.0, on(E4)), (2.0, off(E4)), (3.0, off(C4))):
        keyboard.hear(message, quarter)
    assert keyboard.last_heard == 3.0


def test_loudness_is_a_mean_in_which_old_notes_fade():
    keyboard = heard((0.0, on(C4, 100)), (8.0, on(E4, 40)))
    expected = (100 * np.exp(-1) + 40) / (np.exp(-1) + 1)
    assert keyboard.loudness(8.0, 8.0) == pytest.approx(expected)
    assert keyboard.loudness(7.9, 8.0) == 100
    assert keyboard.loudness(-1.0, 8.0) is None
    assert Keyboard().loudness(0.0, 8.0) is None


def test_loudness_comes_from_what_was_played_before_time_began_too():
    keyboard = heard((-1e6, on(C4, 50)), (-1e6, off(C4)))
    assert keyboard.loudness(0.0, 8.0) == 50


def test_what_ended_before_a_position_can_be_forgotten():
    keyboard = heard((0.0, on(C4)), (1.0, off(C4)), (1.0, on(E4)), (5.0, off(E4)), (6.0, on(G4)))
    keyboard.forget(4.0)
    assert [note.pitch for note in keyboard.notes] == [E4, G4]
    keyboard.forget(100.0)
    assert [note.pitch for note in keyboard.notes] == [G4]
    keyboard.hear(off(G4), 101.0)
    assert notes_of(keyboard) == [(6.0, 101.0, G4, 80)]


def test_a_held_drone_does_not_keep_the_notes_after_it_from_being_forgotten():
    keyboard = heard((0.0, on(36)))
    for quarter in range(1000):
        keyboard.hear(on(C4), quarter + 0.25)
        keyboard.hear(off(C4), quarter + 0.75)
        keyboard.forget(quarter - 10)
    assert len(keyboard.notes) < 15
    assert keyboard.held == (36,)


@pytest.mark.parametrize("seed", range(10))
def test_after_any_messages_all_is_let_go_when_keys_and_pedals_are(seed):
    rng = np.random.default_rng(seed)
    keyboard = Keyboard()
    for quarter in np.sort(rng.uniform(0, 100, 400)):
        pitch, channel = int(rng.integers(60, 66)), int(rng.integers(3))
        message = [
            on(pitch, 80, channel),
            off(pitch, channel),
            pedal(int(rng.integers(128)), channel),
        ]
        keyboard.hear(message[rng.choice(3, p=(0.45, 0.45, 0.1))], float(quarter))
    for channel in range(3):
        keyboard.hear(pedal(0, channel), 101.0)
        for pitch in range(60, 66):
            keyboard.hear(off(pitch, channel), 102.0)
    assert keyboard.held == ()
    assert all(0 <= note.start <= note.end <= 102 for note in keyboard.notes)
    starts = [note.start for note in keyboard.notes]
    assert starts == sorted(starts)
