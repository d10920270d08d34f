import numpy as np
import pytest

from musegan.evaluate.baselines import (
    NO_TRIAD,
    TRIADS,
    another_song,
    best_triads,
    block_chords,
    causal_chords,
    chords_as_classes,
    shifted,
    tritone,
)
from musegan.music.arrangement import Arrangement, no_notes
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

C_MAJOR, A_MINOR = 0, 12 + 9


def notes(*rows):
    """Notes of (start, end, pitch)."""
    return np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)


def song(melody, band, bars=4, metre=(4, 4)):
    quarters = bars * metre[0] * 4 / metre[1]
    grid = grid_of_metres([(0.0, *metre)], quarters * 480 - 1, 480)
    assert grid.bars == bars
    return Arrangement("song", grid, melody, band)


def test_the_best_triad_holds_most_of_the_melody_and_stays_through_rests():
    melody = notes(
        (16, 20, 60), (20, 24, 64), (24, 32, 67), (48, 56, 69), (56, 60, 60), (60, 64, 76)
    )
    edges = np.array([0, 16, 32, 48, 64])
    triads = best_triads(melody, edges)
    assert triads.tolist()[:3] == [NO_TRIAD, C_MAJOR, C_MAJOR]
    assert triads[3] == A_MINOR
    classes = chords_as_classes(triads, edges)
    assert classes[:16].sum() == 0
    assert np.flatnonzero(classes[40]).tolist() == [0, 4, 7]
    assert np.flatnonzero(TRIADS[A_MINOR]).tolist() == [0, 4, 9]


def test_block_chords_stand_on_their_root_with_a_bass():
    melody = notes((0, 4, 72), (4, 8, 76), (8, 16, 79))
    band = block_chords(song(melody, {}, bars=1))
    assert band[Role.PIANO][:3, :3].tolist() == [[0, 8, 60], [0, 8, 64], [0, 8, 67]]
    assert band[Role.BASS][0].tolist() == [0, 8, 36, 80]


def test_causal_chords_know_only_the_bar_before():
    melody = notes((0, 4, 60), (4, 8, 64), (8, 16, 67), (16, 32, 66))
    band = causal_chords(song(melody, {}, bars=2))
    assert band[Role.PIANO][:, :3].tolist() == [[16, 32, 60], [16, 32, 64], [16, 32, 67]]


def test_another_songs_band_comes_bar_by_bar_and_begins_again():
    own = song(no_notes(), {}, bars=5)
    other = song(no_notes(), {Role.BASS: notes((0, 4, 40), (18, 20, 45))}, bars=2)
    band = another_song(own, other)
    assert band[Role.BASS][:, :3].tolist() == [
        [0, 4, 40], [18, 20, 45], [32, 36, 40], [50, 52, 45], [64, 68, 40],
    ]  # fmt: skip


def test_bars_of_another_metre_are_cut_to_fit():
    own = song(no_notes(), {}, bars=2, metre=(3, 4))
    other = song(no_notes(), {Role.BASS: notes((0, 4, 40), (12, 16, 41), (16, 20, 42))}, bars=2)
    assert another_song(own, other)[Role.BASS][:, :3].tolist() == [[0, 4, 40], [12, 16, 42]]


def test_a_shifted_band_is_a_bar_late():
    band = shifted(song(no_notes(), {Role.PIANO: notes((2, 4, 60), (50, 52, 62))}))
    assert band[Role.PIANO][:, :3].tolist() == [[18, 20, 60]]


@pytest.mark.parametrize(("pitch", "moved"), [(60, 66), (125, 119)])
def test_a_tritone_stays_inside_midi_and_spares_the_drums(pitch, moved):
    band = tritone(
        song(no_notes(), {Role.PIANO: notes((0, 4, pitch)), Role.DRUMS: notes((0, 1, 36))})
    )
    assert band[Role.PIANO][0, 2] == moved
    assert band[Role.DRUMS][0, 2] == 36
