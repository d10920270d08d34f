"""How a band ends."""

import pytest

from musegan.music.band import DRUM_KEYS, PARTS, ROLES, Role
from musegan.music.cadence import dominant, tonic
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
