"""Who of a live band a synth plays, by which timbre."""

import pytest
from synthmodels import synth_release

from musegan.errors import CheckpointError, UsageError
from musegan.live.lineup import CHANNELS
from musegan.music.band import ROLES, Role
from musegan_cli.ahead import parts_without, seats_of

TRACKS = tuple(role.value for role in ROLES)


def timbres(model, *wishes):
    seats = seats_of(model, wishes)
    return {role: seats[CHANNELS[role]].timbre for role in ROLES if CHANNELS[role] in seats}


def test_the_bundled_synth_plays_every_part_but_the_drums_by_the_nearest_timbre():
    assert timbres(None) == {
        Role.BASS: "electric-bass",
        Role.PIANO: "piano",
        Role.GUITAR: "steel-guitar",
        Role.STRINGS: "strings",
    }
    assert parts_without(seats_of(None, ()), TRACKS) == []


def test_a_timbre_is_for_all_parts_or_for_one_by_name_part_of_it_or_number():
    assert set(timbres(None, "flute").values()) == {"flute"}
    for part in ("strings", "Str", "5"):
        assert timbres(None, f"{part}=Violin")[Role.STRINGS] == "violin"
    cast = timbres(None, "organ", "bass=acoustic bass")
    assert cast.pop(Role.BASS) == "acoustic-bass"
    assert set(cast.values()) == {"organ"}


def test_parts_that_a_synth_has_no_timbre_for_are_named(tmp_path):
    model = str(synth_release(tmp_path / "small.safetensors"))  # piano and flute
    assert timbres(model) == {Role.PIANO: "piano"}
    assert parts_without(seats_of(model, ()), TRACKS) == ["bass", "guitar", "strings"]
    assert parts_without(seats_of(model, ()), ("drums", "piano", "bass")) == ["bass"]


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no part 'choir'"):
        seats_of(None, ("choir=flute",))
    with pytest.raises(CheckpointError, match="no model"):
        seats_of("absent", ())
    with pytest.raises(CheckpointError, match=r"no model\.safetensors in this folder"):
        seats_of(str(tmp_path), ())
