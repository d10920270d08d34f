"""Songs cut into cells, packed, saved and unpacked."""

import numpy as np
import pytest
from bands import small_song

from musegan.data.pianorolls import (
    cut,
    gather,
    melody_shift,
    open_rolls,
    pack,
    save,
    song_onsets,
    unpack,
)
from musegan.errors import CorpusError
from musegan.music.arrangement import PITCH, START
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres
from musegan.music.pianoroll import draw


def test_cells_hold_the_roll_and_short_ones_end_silent():
    grid = grid_of_metres([(0, 3, 4)], 1440, 480)
    notes = np.array([[0, 12, 60, 80], [9, 10, 72, 80]])
    cells = cut(draw(notes, grid.steps), grid)
    assert cells.shape == (2, 2, 8, 128)
    assert cells[0, 0, 0, 60] == 1
    assert cells[1, 1, :, 60].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert cells[1, 0, 1, 72] == 1


def test_a_packed_song_unpacks_to_its_rolls():
    song = small_song()
    packed = pack(song)
    bits = unpack(packed.planes, np.zeros(len(packed.planes), np.int64), 0, 128)
    roll = draw(song.melody, song.grid.steps)
    assert (bits[:, 0] == cut(roll, song.grid)).all()
    assert packed.present == (True, True, True, False, False)


def test_a_shift_moves_every_note_up():
    packed = pack(small_song())
    still = unpack(packed.planes, np.zeros(len(packed.planes), np.int64), 24, 84)
    moved = unpack(packed.planes, np.full(len(packed.planes), 3), 24, 84)
    assert (moved[..., 3:] == still[..., :-3]).all()


def test_a_melody_in_d_is_brought_down_to_c():
    melody = small_song().melody.copy()
    melody[:, 2] += 2
    scale = np.array([62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62])
    melody = np.array([[4 * k, 4 * k + 4, pitch, 80] for k, pitch in enumerate(scale)])
    assert melody_shift(melody) == -2


def test_a_corpus_is_the_same_after_saving(tmp_path):
    rolls = gather([pack(small_song("a", 1)), pack(small_song("b", 2, bars=4))])
    save(rolls, tmp_path / "x.npz")
    loaded = open_rolls(tmp_path / "x.npz")
    assert (loaded.planes == rolls.planes).all()
    assert loaded.names == ["a", "b"]
    assert np.bincount(loaded.song).tolist() == [12, 8]
    assert loaded.style == ["pop", "pop"]


def test_the_onsets_of_a_role_come_back_song_by_song():
    songs = [small_song("a", 1), small_song("b", 2, bars=4)]
    found = song_onsets(gather([pack(song) for song in songs]), Role.BASS)
    assert list(found) == ["a", "b"]
    for song in songs:
        begun = np.unique(song.band[Role.BASS][:, [START, PITCH]], axis=0)
        assert len(begun) > 0
        assert (found[song.name] == begun).all()
    assert song_onsets(gather([pack(song) for song in songs]), Role.GUITAR) == {}


def test_a_file_that_is_no_corpus_is_named(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"no")
    with pytest.raises(CorpusError, match=r"x\.npz: not a prepared corpus"):
        open_rolls(path)


def test_no_song_at_all_is_said():
    with pytest.raises(CorpusError, match="no song to prepare"):
        gather([])
