import numpy as np
import pytest

from musegan.music.harmony import (
    CENTROIDS,
    Harmony,
    centroid_distance,
    chord_tones,
    consonance_rates,
    harmony,
    line_classes,
    notes_in_chord,
    pitch_consonance,
    published_bands,
    tonal_distance,
)
from musegan.music.sounding import pooled, sounding_classes, top_pitches

C, D, E, F, G, A, B = 60, 62, 64, 65, 67, 69, 71


def notes(*rows):
    """Notes of (start, end, pitch)."""
    return np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)


def chord(start, end, *pitches):
    return notes(*[(start, end, pitch) for pitch in pitches])


def judged(melody, accompaniment, steps=16):
    return top_pitches(melody, steps), sounding_classes(accompaniment, steps)


def test_pitch_classes_a_fifth_apart_lie_as_far_as_the_three_circles_say():
    fifths = 2 * np.sin(np.pi / 12)  # one step of twelve on the circle of radius 1
    minor_thirds = 2 * np.sin(np.pi / 4)  # 7 semitones: 3 of 4, so a quarter turn
    major_thirds = 0.5 * 2 * np.sin(np.pi / 3)  # 7 semitones: 1 of 3, radius a half
    expected = np.sqrt(fifths**2 + minor_thirds**2 + major_thirds**2)
    assert np.linalg.norm(CENTROIDS[7] - CENTROIDS[0]) == pytest.approx(expected)
    assert np.linalg.norm(CENTROIDS, axis=1) == pytest.approx(np.full(12, 1.5))


def test_a_third_over_its_major_chord_scores_by_hand():
    line, chords = judged(notes((0, 8, E)), chord(0, 8, C, E, G))
    assert notes_in_chord(line, chords) == 1
    # E over C: a third, +1; over E: unison, +1; over G: nine semitones, a sixth, +1
    assert pitch_consonance(line, chords) == 1


def test_a_fourth_counts_nothing_and_a_semitone_against():
    line, chords = judged(notes((0, 8, F)), chord(0, 8, C, E))
    assert pitch_consonance(line, chords) == pytest.approx((0 - 1) / 2)
    assert notes_in_chord(line, chords) == 0


def test_octaves_of_the_accompaniment_count_once():
    line, chords = judged(notes((0, 8, F)), chord(0, 8, C, C - 12, C - 24, E))
    assert pitch_consonance(line, chords) == pytest.approx(-0.5)


def test_a_unison_has_no_centroid_distance_and_long_notes_weigh_more():
    melody = notes((0, 12, C), (12, 16, G))
    line, chords = judged(melody, notes((0, 16, C)))
    assert centroid_distance(line, chords) == pytest.approx(
        np.linalg.norm(CENTROIDS[7] - CENTROIDS[0]) * 4 / 16
    )


def test_steps_where_one_of_the_two_rests_are_not_judged():
    line, chords = judged(notes((0, 8, C)), notes((4, 16, C)))
    assert notes_in_chord(line, chords) == 1
    assert np.isnan(notes_in_chord(*judged(notes((0, 4, C)), notes((4, 8, C)))))


def test_a_passing_note_is_proper_and_a_leap_from_a_non_chord_tone_is_not():
    chords = sounding_classes(chord(0, 16, C, E, G), 16)
    assert chord_tones(notes((0, 4, C), (4, 8, D), (8, 12, E)), chords) == 1
    assert chord_tones(notes((0, 4, C), (4, 8, D), (8, 12, G)), chords) == pytest.approx(2 / 3)
    assert chord_tones(notes((0, 4, C), (4, 8, A)), chords) == 0.5  # the last note has no next


def test_rates_weigh_each_melody_note_by_its_length():
    melody = notes((0, 4, E), (4, 10, C), (10, 12, C + 1))
    band = sounding_classes(notes((0, 1, C), (10, 12, C)), 16)
    assert consonance_rates(melody, band) == pytest.approx((4 / 12, 6 / 12, 2 / 12))


def test_tonal_distance_folds_octaves_where_published_code_does_not():
    beats = np.arange(0, 17, 4)
    low, high = notes((0, 16, C - 24)), notes((0, 16, C))
    assert tonal_distance(sounding_classes(low, 16), sounding_classes(high, 16), beats) == 0
    published = tonal_distance(published_bands(low, 16), published_bands(high, 16), beats)
    assert published > 1
    cluster = chord(0, 16, *range(24, 31))
    assert (published_bands(cluster, 16).sum(axis=0) > 0).sum() == 1


def test_tonal_distance_weighs_pitch_classes_by_their_steps_in_the_beat():
    mixed = sounding_classes(notes((0, 3, C), (3, 4, G)), 4)
    distance = tonal_distance(line_classes(np.full(4, C)), mixed, np.array([0, 4]))
    assert distance == pytest.approx(np.linalg.norm(CENTROIDS[7] - CENTROIDS[0]) / 4)


def test_pooling_per_beat_lets_a_broken_chord_count_as_one():
    arpeggio = notes((0, 1, C), (1, 2, E), (2, 3, G), (3, 4, C + 12))
    melody = notes((0, 4, E))
    beats = np.array([0, 4, 8])
    apart = harmony(melody, arpeggio, beats)
    heard = pooled(sounding_classes(arpeggio, 8), beats)
    together = harmony(melody, arpeggio, beats, heard=heard)
    assert apart.notes_in_chord == 0.25
    assert together.notes_in_chord == 1
    assert apart.tonal_distance == together.tonal_distance


def test_the_top_note_is_the_melody():
    assert top_pitches(chord(1, 3, C, G), 4).tolist() == [-1, G, G, -1]


def test_a_silent_song_measures_nan_without_a_warning():
    silent = harmony(notes(), notes(), np.array([0, 4, 8]))
    assert isinstance(silent, Harmony)
    assert np.isnan(silent.centroid_distance)
    assert np.isnan(silent.consonant)
