import numpy as np
import pytest

from musegan.music.texture import (
    drum_pattern,
    entropy,
    groove,
    published_drum_pattern,
    published_texture,
    qualified_notes,
    scale_consistency,
    texture,
)

BARS = np.array([0, 16, 32, 48, 64])


def notes(*rows):
    """Notes of (start, end, pitch)."""
    return np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)


def test_a_bar_counts_as_empty_only_where_nothing_sounds():
    held = notes((0, 20, 60))  # sounds into the second bar
    assert texture(held, BARS).empty_bars == 0.5
    assert published_texture(held, BARS).empty_bars == 0.5
    ends_on_the_line = notes((0, 16, 60))
    assert texture(ends_on_the_line, BARS).empty_bars == 0.75
    assert published_texture(ends_on_the_line, BARS).empty_bars == 0.25


def test_octaves_are_one_pitch_class_and_published_code_counts_them_apart():
    octaves = notes(*[(0, 16, pitch) for pitch in (36, 48, 60, 72)])
    assert texture(octaves, BARS).pitch_classes == 1
    assert texture(octaves, BARS).pitches == 4
    assert published_texture(octaves, BARS).pitch_classes == 4
    cluster = notes(*[(0, 16, pitch) for pitch in (24, 25, 26, 27)])
    assert texture(cluster, BARS).pitch_classes == 4
    assert published_texture(cluster, BARS).pitch_classes == 1


def test_polyphony_is_of_the_bars_that_sound():
    three = notes((0, 8, 60), (0, 8, 64), (0, 4, 67))
    measured = texture(three, BARS)
    assert measured.polyphony == 0.5
    assert measured.dense_polyphony == 0.25
    assert measured.notes == 3
    assert measured.note_beats == pytest.approx((2 + 2 + 1) / 3)


def test_a_qualified_note_is_an_eighth_of_a_beat():
    fine = notes((0, 2, 60), (4, 7, 60), (8, 20, 60))
    assert qualified_notes(fine, 24) == pytest.approx(2 / 3)
    assert published_texture(fine, BARS, steps_per_beat=24).qualified_notes == 1


def test_groove_is_the_share_of_steps_on_which_neighbouring_bars_agree():
    same = notes(*[(16 * bar, 16 * bar + 4, 60) for bar in range(4)])
    assert groove(same, BARS) == 1
    one_bar = notes((0, 4, 60), (4, 8, 60))  # differs at 2 of 16 steps from the next, silent bar
    assert groove(one_bar, BARS) == pytest.approx(1 - 2 / 48)


def test_groove_compares_only_bars_of_one_length():
    bars = np.array([0, 16, 28, 40])
    assert groove(notes((16, 20, 60), (28, 32, 60), (31, 32, 60)), bars) == pytest.approx(11 / 12)


def test_what_begins_before_the_first_bar_is_not_looked_at():
    early = notes((0, 8, 61), (6, 8, 62), (6, 10, 60))
    assert texture(early, BARS + 6) == texture(notes((0, 2, 62), (0, 4, 60)), BARS)


def test_entropy_is_in_bits():
    assert entropy(np.ones(12)) == pytest.approx(np.log2(12))
    assert entropy(np.eye(12)[3]) == 0
    assert np.isnan(entropy(np.zeros(12)))


def test_a_d_major_scale_is_wholly_in_scale_and_a_chromatic_one_in_seven_of_twelve():
    d_major = np.zeros(12)
    d_major[[2, 4, 6, 7, 9, 11, 1]] = 1
    assert scale_consistency(d_major) == 1
    assert scale_consistency(np.ones(12)) == pytest.approx(7 / 12)


def test_drums_on_eighths_are_in_pattern():
    drums = notes((0, 1, 36), (2, 3, 42), (4, 5, 38), (5, 6, 42))
    assert drum_pattern(drums, 4) == 0.75
    assert published_drum_pattern(drums, 4) == 1
    assert published_drum_pattern(notes((0, 1, 36), (1, 2, 42)), 24) == pytest.approx(0.65)


def test_a_silent_track_is_all_empty_and_the_rest_is_nan():
    silent = texture(notes(), BARS)
    assert silent.empty_bars == 1
    assert np.isnan(silent.pitch_classes)
    assert np.isnan(silent.entropy)
    assert np.isnan(silent.drum_pattern)
