"""The computer's keys: a piano without key-ups, and controls."""

import pytest

from musegan.live.computerkeys import (
    CHORD_SECONDS,
    NOTE_SECONDS,
    PIANO,
    REPEAT_SECONDS,
    ComputerKeys,
    key_map_lines,
)
from musegan.live.controls import Control
from musegan.music.band import ROLES, Role


def on(pitch, velocity=80):
    return bytes([0x90, pitch, velocity])


def off(pitch):
    return bytes([0x80, pitch, 0])


def typed(keys, characters, now=0.0, apart=0.2):
    return [made for at, c in enumerate(characters) for made in keys.press(c, now + at * apart)]


def test_two_rows_are_a_piano_from_middle_c():
    keys = ComputerKeys()
    begun = [m[1] for m in typed(keys, "asdfghjkl;") if m[0] == 0x90]
    assert begun == [60, 62, 64, 65, 67, 69, 71, 72, 74, 76]
    begun = [m[1] for m in typed(keys, "wetyuop", now=9) if m[0] == 0x90]
    assert begun == [61, 63, 66, 68, 70, 73, 75]


def test_a_note_ends_when_the_next_begins():
    keys = ComputerKeys()
    assert keys.press("a", 0.0) == [on(60)]
    assert keys.press("d", 0.2) == [off(60), on(64)]


def test_a_note_ends_by_itself_after_a_while():
    keys = ComputerKeys()
    keys.press("a", 1.0)
    assert keys.next_due == 1.0 + NOTE_SECONDS
    assert keys.due(1.0 + NOTE_SECONDS - 0.01) == []
    assert keys.due(1.0 + NOTE_SECONDS) == [off(60)]
    assert keys.next_due is None
    assert keys.due(9.0) == []


def test_the_same_key_again_ends_its_note_before_it_begins_anew():
    keys = ComputerKeys()
    assert typed(keys, "aa") == [on(60), off(60), on(60)]


def test_characters_that_come_together_are_a_chord():
    keys = ComputerKeys()
    assert typed(keys, "adg", apart=CHORD_SECONDS / 3) == [on(60), on(64), on(67)]
    assert keys.press("s", 0.3) == [off(60), off(64), off(67), on(62)]


def test_a_key_that_is_held_down_makes_its_note_last():
    keys = ComputerKeys()
    assert typed(keys, "a" * 20, apart=REPEAT_SECONDS / 2) == [on(60)]
    assert keys.next_due == pytest.approx(19 * REPEAT_SECONDS / 2 + NOTE_SECONDS)


def test_octaves_move_and_the_sounding_note_still_ends():
    keys = ComputerKeys()
    assert typed(keys, "axazza") == [on(60), off(60), on(72), off(72), on(48)]


def test_octaves_stay_where_midi_has_notes():
    keys = ComputerKeys()
    typed(keys, "x" * 20)
    assert keys.press(";", 90.0) == [on(124)]
    keys = ComputerKeys()
    typed(keys, "z" * 20)
    assert keys.press("a", 90.0) == [on(12)]


def test_loudness_moves_and_stays_where_midi_has_velocities():
    keys = ComputerKeys()
    assert typed(keys, "va") == [on(60, 95)]
    typed(keys, "v" * 20, now=5)
    keys.release()
    assert keys.press("a", 20.0) == [on(60, 125)]
    typed(keys, "c" * 20, now=25)
    keys.release()
    assert keys.press("a", 40.0) == [on(60, 20)]


def test_all_that_sounds_can_be_let_go():
    keys = ComputerKeys()
    typed(keys, "ad", apart=0.0)
    assert keys.release() == [off(60), off(64)]
    assert keys.release() == []


@pytest.mark.parametrize(
    ("character", "control"),
    [
        *((str(n), Control("mute", role=role)) for n, role in enumerate(ROLES, 1)),
        (" ", Control("toggle")),
        ("F", Control("fill")),
        ("N", Control("style")),
        ("T", Control("tap")),
        ("M", Control("metronome")),
        ("E", Control("end")),
        ("Q", Control("quit")),
        ("?", Control("help")),
        ("+", Control("tempo", step=2.0)),
        ("=", Control("tempo", step=2.0)),
        ("-", Control("tempo", step=-2.0)),
        ("<", Control("temperature", step=-0.1)),
        (",", Control("temperature", step=-0.1)),
        (">", Control("temperature", step=0.1)),
        (".", Control("temperature", step=0.1)),
    ],
)
def test_each_control_has_its_key(character, control):
    assert ComputerKeys().press(character, 0.0) == [control]


def test_s_and_a_digit_is_a_solo():
    keys = ComputerKeys()
    assert typed(keys, "S2") == [Control("solo", role=Role.BASS)]
    assert typed(keys, "2", now=1) == [Control("mute", role=Role.BASS)]


def test_s_waits_two_seconds_and_lets_other_keys_be_themselves():
    keys = ComputerKeys()
    assert typed(keys, "S2", apart=2.5) == [Control("mute", role=Role.BASS)]
    assert typed(keys, "Sa2", now=9) == [on(60), Control("mute", role=Role.BASS)]


def test_a_control_ends_no_note():
    keys = ComputerKeys()
    assert typed(keys, "aF", apart=0.1) == [on(60), Control("fill")]
    assert keys.next_due == NOTE_SECONDS


@pytest.mark.parametrize("character", ["", "q", "A", "ß", "\n", "\x1b", "[", "€", "as"])
def test_other_keys_do_nothing(character):
    assert ComputerKeys().press(character, 0.0) == []


def test_no_key_both_plays_and_asks():
    keys = ComputerKeys()
    for character in PIANO:
        assert all(isinstance(made, bytes) for made in keys.press(character, 0.0))


def test_the_key_map_fits_and_names_every_key():
    lines = key_map_lines()
    assert max(map(len, lines)) <= 78
    assert all(line.isascii() for line in lines)
    words = " ".join(lines).replace("|", " ").split()
    assert {*PIANO, *"zxcvFNTMEQS?+-<>", "space", "1..5"} <= set(words)


def test_in_the_key_map_black_keys_lie_between_white_ones():
    black, _, _, white, names = key_map_lines()[:5]
    for key, name in zip("asdfghjkl;", "CDEFGABCDE", strict=True):
        assert names[white.index(f" {key} ") + 1] == name
    for key, left, right in (("w", "a", "s"), ("t", "f", "g"), ("p", "l", ";")):
        assert white.index(f" {left} ") < black.index(f"|{key}|") < white.index(f" {right} ")
