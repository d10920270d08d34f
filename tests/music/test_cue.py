"""Cues of songs that are known up to a cell, and notes that are held over its border."""

import numpy as np
import pytest

from musegan.music.band import Role
from musegan.music.cue import COUNT, FIRST, INDEX, STEPS, cross, cue_of_song
from musegan.music.grid import grid_of_metres

GRID = grid_of_metres([(0, 4, 4)], 1920 * 8, 480)


def notes(*rows):
    return np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)


def test_steps_count_from_the_coming_cell():
    melody = notes((28, 32, 60), (32, 36, 62), (40, 44, 64))
    cue = cue_of_song(melody, {Role.BASS: notes((24, 32, 40))}, GRID, 4, plays=[Role.BASS])
    assert cue.melody[:, :3].tolist() == [[-4, 0, 60]]
    assert cue.band[Role.BASS][:, :3].tolist() == [[-8, 0, 40]]
    assert cue.places[4, [FIRST, STEPS, INDEX, COUNT]].tolist() == [0, 8, 0, 2]
    assert cue.number == 4


def test_of_what_begins_while_the_band_is_being_asked_nothing_is_known():
    melody = notes((30, 31, 60), (31, 40, 62))
    known = cue_of_song(melody, {}, GRID, 4, plays=[])
    asked = cue_of_song(melody, {}, GRID, 4, plays=[], unheard=1)
    assert known.melody[:, :3].tolist() == [[-2, -1, 60], [-1, 0, 62]]
    assert asked.melody[:, :3].tolist() == [[-2, -1, 60]]


def test_what_is_held_when_the_band_is_asked_is_held_to_the_border():
    let_go_later, held_on = notes((24, 31, 60)), notes((24, 50, 60))
    first, second = (
        cue_of_song(melody, {}, GRID, 4, plays=[], unheard=2) for melody in (let_go_later, held_on)
    )
    assert first.melody.tolist() == second.melody.tolist() == [[-8, 0, 60, 80]]


def test_the_band_is_known_as_far_back_as_the_places_and_no_cell_lies_before_the_song():
    bass = notes((0, 8, 36), (16, 24, 38), (40, 56, 40))
    cue = cue_of_song(notes(), {Role.BASS: bass}, GRID, 7, plays=[], past=4)
    assert cue.places[0, FIRST] == -32
    assert cue.band[Role.BASS][:, :3].tolist() == [[-16, 0, 40]]
    assert cue_of_song(notes(), {}, GRID, 3, plays=[], first=2).places[0, FIRST] == -8
    assert cue_of_song(notes(), {}, GRID, 3, plays=[], first=2).number == 1


def test_a_note_that_begins_before_the_border_goes_on_from_the_held_one_of_its_pitch():
    crossing = cross([60, 64], notes((-1, 8, 60), (-1, 4, 67), (0, 4, 64), (2, 3, 72)))
    assert crossing.goes_on == {60: 8}
    assert crossing.let_go == {64}
    assert crossing.begins[:, :3].tolist() == [[0, 4, 64], [2, 3, 72]]


@pytest.mark.parametrize("coming", [notes(), notes((-1, 0, 60)), notes((0, 8, 60))])
def test_what_does_not_go_on_is_let_go_at_the_border(coming):
    crossing = cross({60: "its note"}, coming)
    assert crossing.goes_on == {}
    assert crossing.let_go == {60}
    assert len(crossing.begins) == (coming[:, 0] >= 0).sum()
