"""Windows drawn from prepared corpora."""

import numpy as np
import torch
from bands import small_song

from musegan.data.pianorolls import gather, pack
from musegan.data.windows import CellSource, WindowSource, draw_masks, who_plays


def source(batch_size=16):
    rolls = gather([pack(small_song(f"s{seed}", seed)) for seed in range(3)])
    return WindowSource([rolls], [1.0], ["pop", "rock"], 16, 8, batch_size, stray_keys=0.0)


def test_a_batch_is_a_function_of_its_seed():
    first = source().draw(np.random.default_rng(3))
    second = source().draw(np.random.default_rng(3))
    assert torch.equal(first.melody, second.melody)
    assert torch.equal(first.given, second.given)
    assert all(torch.equal(first.band[role], second.band[role]) for role in first.band)


def test_only_roles_that_the_corpus_has_are_there_and_active():
    batch = source().draw(np.random.default_rng(0))
    assert set(batch.band) == {"drums", "bass", "piano"}
    assert batch.active[0].tolist() == [1, 1, 1, 0, 0]


def test_a_role_that_rests_where_the_window_is_filled_is_not_asked_for():
    sounding = np.zeros((2, 4, 3), bool)
    sounding[:, :2, 0] = True  # plays in the past alone
    sounding[:, 3, 1] = True  # plays in what is to be filled
    given = np.zeros((2, 4, 3))
    given[:, :2] = 1
    given[1, :, 0] = 1  # all of it is known
    present = np.array([[True, True, False]] * 2)
    asked = who_plays(sounding, given, present)
    assert asked.tolist() == [[False, True, False], [True, True, False]]


def test_where_nobody_plays_all_of_the_song_are_asked_for():
    silent = np.zeros((1, 4, 3), bool)
    present = np.array([[True, False, True]])
    assert who_plays(silent, np.zeros((1, 4, 3)), present).tolist() == present.tolist()


def test_cells_outside_the_song_are_silent_and_known_before_it():
    batch = source(64).draw(np.random.default_rng(1))
    outside = batch.place[:, :, 0] == 0
    assert outside.any()
    assert batch.melody[outside].sum() == 0
    assert batch.band["piano"][outside].sum() == 0
    assert (batch.given[:, :8][outside[:, :8]] == 1).all()


def test_melody_and_band_are_moved_together():
    rolls = gather([pack(small_song())])
    drawn = WindowSource([rolls], [1.0], ["pop"], 16, 8, 200, stray_keys=1.0)
    batch = drawn.draw(np.random.default_rng(0))
    whole = batch.band["piano"][:, 8, 0].sum(1)  # C, E and G on the downbeat, moved
    lowest = whole.argmax(1)
    keys = set(lowest.tolist())
    assert len(keys) == 12
    assert all(whole[k, low + 4] == 1 and whole[k, low + 7] == 1 for k, low in enumerate(lowest))


def test_every_window_has_something_to_fill():
    given, visible = draw_masks(np.random.default_rng(0), 500, 16, 8, 5)
    assert (given.reshape(500, -1).min(1) == 0).all()
    share_past = (given[:, :8].all((1, 2)) & ~given[:, 8:].any((1, 2))).mean()
    assert 0.4 < share_past < 0.65
    assert 0.1 < (visible.min(1) == 0).mean() < 0.4


def test_cells_for_autoencoders_are_mostly_not_silent():
    rolls = gather([pack(small_song(f"s{seed}", seed)) for seed in range(3)])
    cells = CellSource([rolls], 50)
    batch = cells.draw_from(cells.pools(), np.random.default_rng(0))
    assert batch["bass"].shape == (50, 2, 8, 84)
    assert batch["drums"].shape == (50, 1, 8, 9)
    assert (batch["bass"].sum((1, 2, 3)) > 0).float().mean() > 0.9


def live_source(live):
    rolls = gather([pack(small_song(f"s{seed}", seed)) for seed in range(3)])
    return WindowSource([rolls], [1.0], ["pop"], 10, 8, 400, stray_keys=0.0, live=live)


def test_windows_of_live_playing_know_their_past_and_see_no_melody_from_there_on():
    batch = live_source(1.0).draw(np.random.default_rng(0))
    assert batch.given[:, :8].min() == 1
    assert batch.given[:, 8:].max() == 0
    assert batch.visible[:, :8].min() == 1
    assert batch.visible[:, 8:].max() == 0
    assert batch.melody[:, 8:].sum() > 0  # it is there, for a critic with hindsight


def test_windows_of_live_playing_begin_with_any_cell_and_others_with_a_bar():
    live, others = (live_source(x).draw(np.random.default_rng(0)) for x in (1.0, 0.0))
    downbeat = [batch.place[:, 8, 3].mean() for batch in (live, others)]
    assert 0.4 < downbeat[0] < 0.6
    assert downbeat[1] == 1


def test_a_share_of_windows_is_of_live_playing():
    _, visible = draw_masks(np.random.default_rng(0), 1000, 10, 8, 5, 0.8)
    unseen = (visible[:, :8].min(1) == 1) & (visible[:, 8:].max(1) == 0)
    assert 0.8 < unseen.mean() < 0.9  # a few of the others see none either


def test_without_live_windows_the_same_are_drawn_as_ever():
    first, second = (draw_masks(np.random.default_rng(3), 50, 16, 8, 5, *x) for x in ((), (0.0,)))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
