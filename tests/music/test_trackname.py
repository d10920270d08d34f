"""Tracks as users name them."""

import pytest

from musegan.music.trackname import fitting

NAMES = {0: "Piano", 2: " piano left ", 3: "Strings", 5: ""}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("piano", [0]),  # a whole name goes before a part of one
        ("pian", [0, 2]),
        (" LEFT ", [2]),
        ("3", [2]),
        (" 1 ", [0]),
        ("2", []),  # not among them
        ("0", []),
        ("flute", []),
        ("  ", []),
    ],
)
def test_a_track_is_found_by_its_number_or_name(wanted, found):
    assert fitting(NAMES, wanted) == found
