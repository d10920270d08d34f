"""The toy corpus is music by its own rules."""

import numpy as np

from musegan.data.toy import MAJOR, toy_song, toy_songs
from musegan.music.band import ROLES, Role
from musegan.music.harmony import harmony
from musegan.music.sounding import pooled, sounding_classes


def test_every_song_has_all_roles_on_its_grid():
    for song in toy_songs(5):
        assert set(song.band) == set(ROLES)
        assert all(part[:, 1].max() <= song.grid.steps for part in song.band.values())


def test_a_song_is_a_function_of_its_seed():
    assert np.array_equal(toy_song(3).melody, toy_song(3).melody)
    assert not np.array_equal(toy_song(3).melody, toy_song(4).melody)


def test_all_pitches_are_of_one_major_scale():
    song = toy_song(7)
    parts = [song.melody, *(part for role, part in song.band.items() if role is not Role.DRUMS)]
    classes = {int(pitch) % 12 for part in parts for pitch in part[:, 2]}
    assert any(classes <= {int(k + step) % 12 for step in MAJOR} for k in range(12))


def test_the_band_is_in_harmony_with_its_melody():
    song = toy_song(1)
    backing = song.band[Role.PIANO]
    heard = pooled(sounding_classes(backing, song.grid.steps), song.grid.beat_starts)
    assert harmony(song.melody, backing, song.grid.beat_starts, heard=heard).notes_in_chord > 0.3
