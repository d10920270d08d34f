"""Controllers and programs that ask for things, on any channel."""

import pytest

from musegan.live.controls import Control, control_of_message
from musegan.music.band import Role


@pytest.mark.parametrize(
    ("message", "control"),
    [
        ("b0 66 7f", Control("mute", role=Role.DRUMS, on=True)),
        ("b0 67 40", Control("mute", role=Role.BASS, on=True)),
        ("b3 68 3f", Control("mute", role=Role.PIANO, on=False)),
        ("bf 69 00", Control("mute", role=Role.GUITAR, on=False)),
        ("b0 6a 7f", Control("mute", role=Role.STRINGS, on=True)),
        ("b0 50 7f", Control("fill")),
        ("b9 51 40", Control("end")),
        ("b0 52 7f", Control("toggle")),
        ("b0 53 7f", Control("tap")),
        ("b0 54 7f", Control("metronome", on=True)),
        ("b0 54 00", Control("metronome", on=False)),
        ("b0 10 00", Control("temperature", value=0.0)),
        ("b0 10 20", Control("temperature", value=0.5)),
        ("b0 10 40", Control("temperature", value=1.0)),
        ("b0 10 7f", Control("temperature", value=2.0)),
        ("c0 02", Control("style", value=2)),
        ("cf 7f", Control("style", value=127)),
    ],
)
def test_each_documented_message_is_its_control(message, control):
    assert control_of_message(bytes.fromhex(message)) == control


@pytest.mark.parametrize("number", ["50", "51", "52", "53"])
def test_a_button_that_is_let_go_asks_for_nothing_and_is_no_music_either(number):
    assert control_of_message(bytes.fromhex(f"b0 {number} 00")) == Control("nothing")


@pytest.mark.parametrize("message", ["90 3c 40", "80 3c 40", "b0 40 7f", "b0 07 64", "e0 00 40",
                                     "d0 40", "b0 65 00", "b0 6b 00", "f8"])  # fmt: skip
def test_music_is_no_control(message):
    assert control_of_message(bytes.fromhex(message)) is None
