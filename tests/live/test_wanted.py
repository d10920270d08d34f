"""What a player wants of the band, and how it changes."""

import pytest

from musegan.live.wanted import MOST_TEMPERATURE, Wanted

STYLES = ("pop", "rock", "classical")


@pytest.mark.parametrize(
    ("style", "number", "styled"),
    [
        ("pop", None, "rock"),
        ("classical", None, "pop"),
        (None, None, "pop"),
        ("polka", None, "pop"),
        ("pop", 2, "classical"),
        ("pop", 3, "pop"),
        ("pop", -1, "pop"),
    ],
)
def test_the_next_style_or_that_of_a_number_there_is(style, number, styled):
    assert Wanted(style=style).styled(number, STYLES).style == styled


def test_without_styles_nothing_changes():
    assert Wanted(style="pop").styled(None, ()) == Wanted(style="pop")


@pytest.mark.parametrize(
    ("temperature", "step", "warmed"),
    [
        (None, 0.25, 1.25),
        (None, -3.0, 0.0),
        (2.0, 0.0, 2.0),
        (2.0, 0.5, 2.5),
        (None, 9.0, MOST_TEMPERATURE),
    ],
)
def test_a_temperature_is_set_or_moved_within_limits(temperature, step, warmed):
    wanted = Wanted(seed=3).warmed(temperature, step)
    assert wanted == Wanted(seed=3, temperature=warmed)
