"""Which timbre plays which program."""

import pytest

from musegan.data.notebank import TIMBRES
from musegan.music.band import PARTS, Role
from musegan.music.timbres import FAMILIES, nearest_timbre


def test_every_timbre_of_the_bank_plays_its_own_program():
    for name, timbre in TIMBRES.items():
        assert nearest_timbre(timbre.program, TIMBRES) == name


def test_the_table_names_timbres_that_are_there_in_rising_order():
    assert [first for first, _ in FAMILIES] == sorted({first for first, _ in FAMILIES})
    assert {name for _, names in FAMILIES for name in names} == set(TIMBRES)


@pytest.mark.parametrize(
    ("program", "timbre"),
    [(2, "piano"), (19, "organ"), (30, "steel-guitar"), (42, "strings"), (68, "saxophone"),
     (79, "flute"), (47, None), (99, None), (127, None)],
)  # fmt: skip
def test_a_program_is_played_by_what_comes_nearest(program, timbre):
    assert nearest_timbre(program, TIMBRES) == timbre


def test_what_a_synth_lacks_is_played_by_its_next_or_by_none():
    assert nearest_timbre(56, ["saxophone", "piano"]) == "saxophone"
    assert nearest_timbre(56, ["piano"]) is None


def test_the_band_has_timbres():
    pitched = [PARTS[role].program for role in PARTS if role is not Role.DRUMS]
    assert all(nearest_timbre(program, TIMBRES) for program in pitched)
