"""Bars of 4/4 as rolls: where they may begin, what sounds in them, and in which key."""

import numpy as np
import pytest
from bands import small_song
from peermodels import write_chorales

from musegan.data.barrolls import BarSource, ChoraleSource, read_chorales
from musegan.data.pianorolls import gather, pack
from musegan.errors import CorpusError
from musegan.music.arrangement import Arrangement
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

ROLES = (Role.DRUMS, Role.BASS, Role.PIANO)


def source_of(songs, *, bars=2, roles=ROLES, lowest=0, pitches=128, batch=3, stray=0.0):
    rolls = gather([pack(song) for song in songs])
    return BarSource([rolls], (1.0,), roles, bars, lowest, pitches, batch, stray)


def in_metres(metres, bars):
    """A song with a note of the melody and of the bass on each beat; metres by tick."""
    grid = grid_of_metres(metres, bars, 480)
    beats = grid.beat_starts[:-1]
    notes = np.array([[s, s + 2, 60, 80] for s in beats], np.int64)
    low = notes - [0, 0, 24, 0]
    return Arrangement("song", grid, notes, {Role.BASS: low})


def test_a_roll_has_what_sounds_in_the_key_of_the_band():
    song = small_song(bars=6)
    source = source_of([song], batch=8)
    shift = int(source.corpora[0].shift[0])
    batch = source.draw_from([np.zeros(1, np.int64)], np.random.default_rng(0))
    assert batch.melody.shape == (8, 2, 16, 128)
    assert batch.band.shape == (8, 3, 2, 16, 128)
    start, end, pitch, _ = song.melody[0]
    assert batch.melody[:, 0, start:end, pitch + shift].all()
    assert batch.melody.sum() == 8 * 2 * 16  # one pitch at each step
    drums, bass, piano = batch.band[0]
    assert [(int(s), int(p)) for s, p in drums.flatten(0, 1).nonzero()] == [
        (4 * k, 36 if k % 2 == 0 else 38) for k in range(8)
    ]  # in no key, a step each
    assert bass.sum() == 32
    assert piano.flatten(0, 1)[5].nonzero().flatten().tolist() == [p + shift for p in (60, 64, 67)]
    assert batch.active.tolist() == [[1, 1, 1]] * 8


def test_rows_begin_with_the_lowest_pitch():
    songs = [small_song()]
    whole = source_of(songs).draw_from([np.zeros(1, int)], np.random.default_rng(0))
    part = source_of(songs, lowest=24, pitches=84).draw_from(
        [np.zeros(1, int)], np.random.default_rng(0)
    )
    assert (part.band == whole.band[..., 24:108]).all()
    assert (part.melody == whole.melody[..., 24:108]).all()


def test_stray_keys_move_all_but_the_drums():
    source = source_of([small_song()], batch=64, stray=1.0)
    batch = source.draw_from([np.zeros(1, int)], np.random.default_rng(0))
    lowest = {int(row.any(0).any(0).nonzero()[0]) for row in batch.band[:, 2]}
    assert len(lowest) == 12
    assert (batch.band[:, 0] == batch.band[:1, 0]).all()


def test_excerpts_begin_with_bars_of_four_four_in_one_song_where_somebody_plays():
    four, three = (0, 4, 4), (0, 3, 4)
    assert source_of([in_metres([four], 1920 * 4)]).starts()[0].tolist() == [0, 2, 4]
    mixed = in_metres([four, (1920 * 2, 3, 4), (1920 * 2 + 1440, 4, 4)], 1920 * 4 + 1440)
    assert source_of([mixed]).starts()[0].tolist() == [0, 6]
    with pytest.raises(CorpusError, match="no 2 bars of 4/4 in a row with a melody and drums or"):
        source_of([in_metres([three], 1440 * 8)]).starts()
    with pytest.raises(CorpusError, match="with a melody and strings"):
        source_of([in_metres([four], 1920 * 4)], roles=(Role.STRINGS,)).starts()
    two = [in_metres([four], 1920 * 3), in_metres([four], 1920 * 2)]
    assert source_of(two).starts()[0].tolist() == [0, 2, 6]


def test_a_batch_is_a_function_of_its_random_generator():
    source = source_of([small_song(seed=s) for s in range(3)], stray=0.4)
    draws = [source.draw_from(source.starts(), np.random.default_rng(s)) for s in (1, 1, 2)]
    assert all((a == b).all() for a, b in zip(draws[0], draws[1], strict=True))
    assert not (draws[0].melody == draws[2].melody).all()


def test_clips_of_chorales_have_four_tracks_of_which_the_first_is_the_melody(tmp_path):
    write_chorales(tmp_path, 3)
    clips = read_chorales(tmp_path)
    assert clips.shape == (3, 4, 2, 16, 128)
    assert [clips[2, voice].any((0, 1)).nonzero()[0].tolist() for voice in range(4)] == [
        [74], [70], [66], [62]
    ]  # fmt: skip
    assert clips.sum() == 3 * 4 * 32
    batch = ChoraleSource(clips, 5).draw(np.random.default_rng(0))
    assert (batch.melody == batch.band[:, 0]).all()
    assert batch.active.tolist() == [[1] * 4] * 5


def test_a_folder_without_chorales_is_refused_in_a_line(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(CorpusError, match=r"no MIDI file of 4 tracks; give data\.folder"):
            read_chorales(folder)
