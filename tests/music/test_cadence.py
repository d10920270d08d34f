"""How a band ends."""

import numpy as np
import pytest

from musegan.music.band import DRUM_KEYS, PARTS, ROLES, Role
from musegan.music.cadence import come_home, dominant, home_of, tonic
from musegan.music.grid import grid_of_metres
from musegan.music.key import Key

PITCHED = [role for role in ROLES if role is not Role.DRUMS]
KEYS = [Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]


def classes(notes):
    return set((notes[:, 2] % 12).tolist())


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_the_bass_goes_from_the_fifth_to_the_root(key):
    assert classes(dominant(key, ROLES, 8)[Role.BASS]) == {(key.tonic + 7) % 12}
    assert classes(tonic(key, ROLES, 16)[Role.BASS]) == {key.tonic}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
@pytest.mark.parametrize("role", [role for role in PITCHED if role is not Role.BASS])
def test_a_dominant_seventh_is_followed_by_the_triad_of_the_key(key, role):
    third = 3 if key.mode == "minor" else 4
    seventh = {(key.tonic + up) % 12 for up in (7, 11, 2, 5)}
    assert classes(dominant(key, ROLES, 8)[role]) == seventh
    assert classes(tonic(key, ROLES, 8)[role]) == {(key.tonic + up) % 12 for up in (0, third, 7)}


@pytest.mark.parametrize("chord", [dominant, tonic])
@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_chords_are_held_in_range_within_an_octave(chord, key):
    for role in PITCHED:
        notes = chord(key, ROLES, 6)[role]
        assert notes[:, :2].tolist() == [[0, 6]] * len(notes)
        assert PARTS[role].lowest <= notes[:, 2].min() and notes[:, 2].max() <= PARTS[role].highest
        assert notes[:, 2].max() - notes[:, 2].min() < 12
        assert notes[:, 2].tolist() == sorted(set(notes[:, 2].tolist()))


def test_drums_lead_to_the_last_chord_and_strike_it_once():
    lead = dominant(Key(0, "major"), ROLES, 8)[Role.DRUMS]
    assert lead[:, 0].tolist() == sorted(lead[:, 0].tolist())
    assert lead[-1].tolist() == [6, 7, DRUM_KEYS["mid tom"], 90]
    last = tonic(Key(0, "major"), ROLES, 16)[Role.DRUMS]
    assert last[:, :3].tolist() == [[0, 1, DRUM_KEYS["kick"]], [0, 1, DRUM_KEYS["crash"]]]


@pytest.mark.parametrize("steps", range(1, 9))
def test_drums_stay_in_a_cell_of_any_length(steps):
    drums = dominant(Key(0, "major"), [Role.DRUMS], steps)[Role.DRUMS]
    assert drums[:, 1].max() <= steps
    assert len({(start, pitch) for start, _, pitch, _ in drums.tolist()}) == len(drums)


@pytest.mark.parametrize("chord", [dominant, tonic])
def test_only_those_who_play_have_a_part(chord):
    assert set(chord(Key(2, "minor"), [Role.BASS, Role.STRINGS], 8)) == {Role.BASS, Role.STRINGS}
    assert chord(Key(2, "minor"), [], 8) == {}


GRID = grid_of_metres([(0, 4, 4)], 1920 * 4, 480)
SCALE = [60, 64, 67, 64, 62, 65, 69, 65, 62, 67, 71, 67]


def notes(*rows):
    return np.array(rows, np.int64).reshape(-1, 4)


def tune(*end):
    """Three bars in C major, and the last one's notes (start, end, pitch)."""
    line = [(4 * k, 4 * k + 4, pitch, 80) for k, pitch in enumerate(SCALE)]
    return notes(*line, *((*each, 80) for each in end))


@pytest.mark.parametrize(
    ("end", "home"),
    [
        ([(48, 64, 60)], Key(0, "major")),
        ([(48, 56, 62), (56, 64, 67)], Key(0, "major")),  # on its fifth
        ([(48, 64, 69)], Key(9, "minor")),  # the relative key
        ([(48, 64, 61)], None),
    ],
)
def test_where_a_melody_ends_is_home_if_it_can_be(end, home):
    found = home_of(tune(*end))
    assert (found and (found.tonic, found.mode)) == (home and (home.tonic, home.mode))


def test_the_band_comes_home_with_the_last_notes_of_the_melody():
    melody = tune((48, 52, 65), (52, 56, 64), (56, 64, 60))  # F, then E and C
    band = {
        Role.BASS: notes((32, 48, 41, 90), (48, 64, 41, 91)),
        Role.PIANO: notes((48, 64, 57, 80), (52, 56, 62, 80), (56, 64, 65, 80), (56, 64, 69, 80)),
        Role.DRUMS: notes((48, 49, 36, 80), (56, 57, 42, 80)),
    }
    ended = come_home(band, melody, GRID)
    assert ended[Role.BASS].tolist() == [[32, 48, 41, 90], [48, 52, 41, 91], [52, 64, 36, 91]]
    assert ended[Role.PIANO].tolist() == [
        [48, 52, 57, 80], [52, 56, 60, 80], [56, 64, 64, 80], [56, 64, 67, 80],
    ]  # fmt: skip
    assert np.array_equal(ended[Role.DRUMS], band[Role.DRUMS])


def test_a_band_whose_melody_ends_anywhere_is_left_as_it_is():
    band = {Role.BASS: notes((48, 64, 41, 90))}
    for melody in (tune((48, 64, 61)), notes()):
        assert np.array_equal(come_home(band, melody, GRID)[Role.BASS], band[Role.BASS])
