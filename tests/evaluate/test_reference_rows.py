"""The measures on real songs: near the values documented for all of POP909."""

import numpy as np
import pytest

from musegan.data.corpora import read_pop909_song
from musegan.evaluate.baselines import another_song, tritone
from musegan.evaluate.confidence import mean_of
from musegan.evaluate.table import song_harmony
from musegan.music.band import Role

ROLES = (Role.BASS, Role.PIANO)


@pytest.fixture(scope="module")
def songs(shared_data):
    folders = sorted(path for path in (shared_data / "pop909").iterdir() if path.is_dir())
    return [read_pop909_song(folder) for folder in folders[::20]]


def measured(songs, bands):
    pairs = [song_harmony(song, band, ROLES) for song, band in zip(songs, bands, strict=True)]
    return mean_of([pair[0] for pair in pairs]), mean_of([pair[1] for pair in pairs])


def near(*expected):
    return pytest.approx(np.array(expected), abs=0.05)


def figures(harmony):
    return np.array(
        [
            harmony.notes_in_chord,
            harmony.pitch_consonance,
            harmony.centroid_distance,
            harmony.tonal_distance,
        ]
    )


def test_real_songs_measure_as_documented(songs):
    per_beat, per_step = measured(songs, [song.band for song in songs])
    assert figures(per_step) == near(0.535, 0.578, 1.365, 1.126)
    assert figures(per_beat) == near(0.662, 0.554, 1.328, 1.126)
    assert per_step.published_tonal_distance == pytest.approx(1.494, abs=0.05)


def test_a_tritone_off_measures_as_documented(songs):
    _, per_step = measured(songs, [tritone(song) for song in songs])
    assert figures(per_step) == near(0.015, -0.347, 2.222, 2.041)


def test_another_songs_band_measures_as_documented(songs):
    others = [*songs[1:], songs[0]]
    bands = [another_song(song, other) for song, other in zip(songs, others, strict=True)]
    _, per_step = measured(songs, bands)
    # which songs meet by chance moves these more than the other rows
    assert figures(per_step) == pytest.approx(np.array([0.185, 0.087, 1.844, 1.643]), abs=0.12)
