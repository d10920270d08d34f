"""Cells drawn for a codebook."""

from dataclasses import replace

import numpy as np
import pytest
from bands import small_song

from musegan.data.entries import draw_entries
from musegan.data.pianorolls import TRACK_NAMES, gather, pack
from musegan.data.windows import track_planes

STYLES = ("pop", "rock")


def corpus(style="pop", seeds=(0, 1, 2)):
    return gather([pack(replace(small_song(f"{style}{s}", s), style=style)) for s in seeds])


def drawn(corpora, track="bass", count=100, shares=None, seed=0):
    rng = np.random.default_rng(seed)
    return draw_entries(corpora, shares or [1.0] * len(corpora), STYLES, track, count, rng)


def rows(planes):
    return {bytes(row.numpy().tobytes()) for row in planes}


def cells_of(rolls, track):
    column = TRACK_NAMES.index(track)
    return rows(track_planes(rolls.planes[:, column], track, rolls.shift[rolls.song]))


def test_entries_are_cells_of_the_songs_none_of_them_twice_and_the_first_is_silent():
    pop = corpus()
    planes, _ = drawn([pop])
    assert planes[0].sum() == 0
    assert planes[1:].flatten(1).any(1).all()
    assert len(rows(planes)) == len(planes) > 3
    assert rows(planes[1:]) <= cells_of(pop, "bass")


def test_of_few_that_are_asked_for_so_many_are_drawn_at_most():
    assert len(drawn([corpus()], count=2)[0]) <= 3


def test_a_style_has_the_cells_of_its_own_songs():
    pop, rock = corpus("pop", (0,)), corpus("rock", (5,))
    planes, styles = drawn([pop, rock])
    for index, own in enumerate((pop, rock)):
        assert rows(planes[1:][styles[1:, index]]) == cells_of(own, "bass") - rows(planes[:1])
    assert styles[0].all()


def test_where_two_corpora_have_a_style_that_with_the_larger_share_is_drawn_from():
    few, many = corpus(seeds=(0,)), corpus(seeds=(5,))
    planes, _ = drawn([few, many], shares=[0.2, 0.8])
    assert rows(planes[1:]) <= cells_of(many, "bass")


def test_a_style_in_which_nobody_plays_a_track_has_all_entries():
    _, styles = drawn([corpus("pop")])
    assert styles.all()


def test_a_track_that_nobody_plays_has_no_entries():
    with pytest.raises(ValueError, match="nobody plays guitar"):
        drawn([corpus()], "guitar")


@pytest.mark.parametrize(("track", "most"), [("strings", 8), ("piano", 9)])
def test_half_bars_of_strings_denser_than_eight_notes_are_left_out(track, most):
    rolls = corpus()
    pitches = np.zeros((2, 2, 8, 128), np.uint8)  # cell, plane, step, pitch
    pitches[0, 0, :, 60] = 1
    pitches[1, 0, :, 60] = 1
    pitches[1, 0, 0, 64] = 1
    planes = np.zeros_like(rolls.planes)
    planes[:2, TRACK_NAMES.index(track)] = np.packbits(pitches, axis=3)
    entries, _ = drawn([replace(rolls, planes=planes)], track)
    assert int((entries[:, 0] > 0).sum((1, 2)).max()) == most
