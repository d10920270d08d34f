"""Tunes are found in songs, and windows of them know where they begin and end."""

import numpy as np
from bands import small_song

from musegan.data.pianorolls import gather, pack
from musegan.data.tunes import Tunes, TuneSource, find_tunes, tune_masks
from musegan.music.arrangement import Arrangement
from musegan.music.grid import grid_of_metres

CELLS, PAST = 16, 8


def song_with_a_rest(rest: int, bars: int = 8) -> Arrangement:
    """A bar of silence, `bars` bars of quarters, `rest` silent bars, as many bars of quarters."""
    starts = [1 + bar for bar in range(bars)] + [1 + bars + rest + bar for bar in range(bars)]
    notes = [[16 * bar + 4 * k, 16 * bar + 4 * k + 4, 60, 90] for bar in starts for k in range(4)]
    grid = grid_of_metres([(0, 4, 4)], 1920 * (2 * bars + rest + 3), 480)
    return Arrangement("song", grid, np.array(notes, np.int64), {})


def source(batch: int = 200, **shares: float) -> TuneSource:
    rolls = gather([pack(small_song(f"s{seed}", seed, bars=12)) for seed in range(3)])
    return TuneSource([find_tunes(rolls)], [1.0], ["pop"], CELLS, PAST, batch, **shares)


def test_a_tune_goes_from_its_first_bar_to_its_last():
    tunes = find_tunes(gather([pack(song_with_a_rest(1))]))
    assert tunes.spans.tolist() == [[2, 36]]  # two cells a bar: bars 1 to 17


def test_a_long_rest_parts_two_tunes():
    tunes = find_tunes(gather([pack(song_with_a_rest(4))]))
    assert tunes.spans.tolist() == [[2, 18], [26, 42]]
    assert tunes.bars[:, 0].tolist() == [*range(2, 18, 2), *range(26, 42, 2)]
    assert tunes.bars[:, 1].tolist() == [0] * 8 + [1] * 8


def test_a_short_tune_is_none():
    assert len(find_tunes(gather([pack(song_with_a_rest(4, bars=3))])).spans) == 0


def test_tunes_do_not_go_on_into_the_next_song():
    rolls = gather([pack(small_song(f"s{seed}", seed, bars=6)) for seed in range(2)])
    assert find_tunes(rolls).spans.tolist() == [[0, 12], [12, 24]]


def test_windows_hold_the_melody_and_hear_no_other():
    batch = source().draw(np.random.default_rng(0))
    assert batch.melody.shape == (200, CELLS, 0, 8, 84)
    assert list(batch.band) == ["melody"]
    assert batch.band["melody"].shape == (200, CELLS, 2, 8, 84)
    inside = batch.place[:, :, 0] > 0
    onsets = batch.band["melody"][:, :, 0].sum((2, 3))
    assert (onsets[inside] == 2).all()  # quarters, in half bars
    assert (onsets[~inside] == 0).all()


def test_something_is_missing_in_every_window_and_nothing_outside_its_tune():
    batch = source().draw(np.random.default_rng(0))
    assert (batch.given.amin((1, 2)) == 0).all()
    assert (batch.given[..., 0][batch.place[:, :, 0] == 0] == 1).all()


def test_windows_begin_and_end_with_tunes_as_often_as_asked():
    begun = source(begins=1.0, ends=0.0).draw(np.random.default_rng(0)).place[:, :, 0]
    assert (begun[:, :PAST] == 0).all()
    assert (begun[:, PAST:] == 1).all()
    ended = source(begins=0.0, ends=1.0).draw(np.random.default_rng(0)).place[:, :, 0]
    assert (ended[:, PAST] == 1).all()
    last = ended[:, PAST:].sum(1)  # cells of the tune that are left to fill
    assert set(last.tolist()) == {2, 4, 6, 8}


def test_equal_dice_draw_equal_windows():
    one, other = (source().draw(np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.band["melody"], other.band["melody"])
    assert np.array_equal(one.given, other.given)


def test_masks_are_of_the_kinds_that_melodies_are_asked_for_with():
    given = tune_masks(np.random.default_rng(0), 2000, CELLS, PAST)
    past = given[:, :PAST].all(1)
    alone = past & ~given[:, PAST:].any(1)
    assert 0.35 < alone.mean() < 0.5
    assert 0.12 < (past & given[:, PAST + 4 :].any(1) & ~given[:, PAST]).mean() < 0.35
    assert 0.02 < (~given.any(1)).mean() < 0.09


def test_every_bar_of_a_tune_lies_within_its_span():
    tunes: Tunes = find_tunes(gather([pack(song_with_a_rest(4))]))
    first, after = tunes.spans[tunes.bars[:, 1]].T
    assert ((tunes.bars[:, 0] >= first) & (tunes.bars[:, 0] < after)).all()
    assert (tunes.rolls.table[tunes.bars[:, 0], 2] == 0).all()
