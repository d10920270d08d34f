"""Modulations: where they are found, and that what is moved comes back."""

import numpy as np
import pytest

from musegan.music.band import PARTS, Role
from musegan.music.key import canonical_shift, parse_key
from musegan.music.modulation import (
    Modulations,
    key_of_late,
    levelled,
    modulations,
    of_late,
    raised,
    scales_of,
)

TUNE = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 59, 60, 64, 62, 60]  # C major, four bars


def song(*moves, bars=8):
    """A tune in quarters of 4/4, `bars` bars in each scale, and where its bars start."""
    tune = (TUNE * -(-bars // 4))[: 4 * bars]
    pitches = np.concatenate([np.array(tune) + move for move in moves])
    starts = 4 * np.arange(len(pitches))
    melody = np.stack([starts, starts + 4, pitches, np.full(len(pitches), 80)], 1)
    return melody, np.arange(0, 4 * len(pitches) + 1, 16)


@pytest.mark.parametrize("move", [-5, -3, -1, 1, 2, 3, 4, 5])
def test_a_verse_that_comes_higher_or_lower_is_in_another_scale(move):
    found = modulations(*song(0, 0, move, bars=16))
    assert found.borders.tolist() == [0, 512]
    assert found.moves.tolist() == [0, move]


def test_the_songs_own_scale_is_the_one_that_it_is_in_for_most_bars():
    found = modulations(*song(0, 2, 2))
    assert found.moves.tolist() == [-2, 0]
    there_and_back = modulations(*song(0, 3, 0))
    assert there_and_back.moves.tolist() == [0, 3, 0]
    assert there_and_back.borders.tolist() == [0, 128, 256]


def test_a_tune_with_a_strange_note_or_a_strange_bar_stays_in_its_scale():
    melody, bars = song(0, 0)
    melody[40:44, 2] += 1  # a bar
    assert not modulations(melody, bars).any
    minor, bars = song(0, 0, bars=4)
    minor[16:, 2] = [57, 59, 60, 62, 64, 64, 65, 62, 60, 59, 57, 56, 57, 60, 59, 57]  # A minor
    assert not modulations(minor, bars).any


def test_without_a_note_there_is_one_scale():
    empty = np.zeros((0, 4), np.int64)
    assert scales_of(empty, np.arange(0, 64, 16)).tolist() == [0] * 4
    assert not modulations(empty, np.arange(0, 65, 16)).any
    assert of_late(empty).shape == (0, 4)
    assert key_of_late(empty).clarity == 0


@pytest.mark.parametrize("key", ["C", "Eb", "F#m", "Bm", "Ab"])
def test_a_scale_is_the_canonical_shift(key):
    shift = canonical_shift(parse_key(key))
    melody, bars = song(-shift)
    assert scales_of(melody, bars[:-1]).tolist() == [shift] * 8


def test_a_song_is_levelled_and_comes_back():
    melody, bars = song(0, 0, 2)
    changes = modulations(melody, bars)
    level = changes.levelled(melody)
    assert level[64:, 2].tolist() == melody[:32, 2].tolist()
    assert np.array_equal(changes.raised(level), melody)
    assert not modulations(level, bars).any
    same = modulations(*song(0, 0))
    assert same.levelled(melody) is melody


def test_a_band_is_raised_within_its_instruments_and_holds_nothing_into_another_scale():
    changes = Modulations(np.array([0, 32]), np.array([0, 5]))
    highest = PARTS[Role.BASS].highest
    bass = np.array([[0, 40, 40, 80], [40, 48, highest - 1, 80]])
    drums = np.array([[30, 60, 36, 80]])
    band = {Role.BASS: bass, Role.DRUMS: drums}
    level = levelled(band, changes)
    assert level[Role.DRUMS] is drums
    assert level[Role.BASS][:, 2].tolist() == [40, highest - 6]
    up = raised(band, changes)
    assert up[Role.DRUMS] is drums
    assert up[Role.BASS].tolist() == [[0, 32, 40, 80], [40, 48, highest - 1 + 5 - 12, 80]]


def test_the_key_of_late_is_that_of_what_was_played_since_the_change():
    melody, _ = song(0, 0, 4)
    assert len(of_late(melody)) == 32
    assert key_of_late(melody).name == "E major"
    assert key_of_late(melody[:64]).name == "C major"
    assert of_late(melody[:64]) is not None
    assert len(of_late(melody[:64])) == 64
