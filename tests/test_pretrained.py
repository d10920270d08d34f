"""The bundled band, on the bundled melodies: it plays, all of it, in key and in time; and melodies of ours."""

from pathlib import Path

import numpy as np
import pytest

from musegan.accompanying import Improviser
from musegan.arranging import Wishes
from musegan.composing import Composer, NewSong, Options
from musegan.errors import CheckpointError
from musegan.melodist import Melodist
from musegan.music.band import ROLES, Role, notes_of_track
from musegan.music.grid import grid_of_metres
from musegan.music.harmony import harmony
from musegan.music.key import parse_key
from musegan.music.metre import parse_metre
from musegan.music.midi import read_midi
from musegan.music.sounding import pooled, sounding_classes
from musegan.phrasing import open_arranger
from musegan.pretrained import FOLDER, find_model
from musegan.rehearsing import accompany
from musegan.songwriting import new_song

SCALE = (0, 2, 4, 5, 7, 9, 11)
SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.mid"))


@pytest.fixture(scope="module")
def composer():
    return Composer("band")


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda path: path.stem)
def song(request, composer):
    return composer.compose(request.param, Options(seed=1)).arrangement


def test_every_model_has_a_card():
    models = sorted(FOLDER.glob("*.safetensors"))
    assert models
    assert all(model.with_suffix(".md").is_file() for model in models)


def test_an_unknown_model_is_named_with_those_there_are():
    with pytest.raises(CheckpointError, match="no model 'polka'; bundled: band"):
        find_model("polka")


def test_everybody_plays(song):
    bars = len(song.grid.bar_starts) - 1
    for role in ROLES:
        notes = song.band[role]
        played = len(np.unique(np.searchsorted(song.grid.bar_starts, notes[:, 0], "right")))
        least = 0.8 if role in (Role.DRUMS, Role.BASS) else 0.3
        assert played >= least * bars, f"{role.value} plays in {played} of {bars} bars"


def test_the_band_is_in_harmony_with_the_melody(song):
    pitched = [part for role, part in song.band.items() if role is not Role.DRUMS]
    backing = np.concatenate(pitched)
    heard = pooled(sounding_classes(backing, song.grid.steps), song.grid.beat_starts)
    found = harmony(song.melody, backing, song.grid.beat_starts, heard=heard)
    assert found.pitch_consonance > 0.3  # another song's arrangement: .07
    assert found.centroid_distance < 1.55  # another song's: 1.79


def test_seeds_differ_by_more_than_a_few_notes(composer):
    first, second = (composer.compose(SAMPLES[0], Options(seed=s)).arrangement for s in (1, 2))
    for role in (Role.PIANO, Role.BASS):
        a, b = ({tuple(note[:3]) for note in song.band[role].tolist()} for song in (first, second))
        assert len(a & b) < 0.7 * len(a | b)


def test_the_band_stays_in_its_register_whatever_the_key():
    arranger = open_arranger(find_model("band"))
    grid = grid_of_metres([(0, 4, 4)], 1920 * 16, 480)
    tune = [0, 4, 7, 4, 5, 9, 5, 2, 7, 11, 7, 2, 0, 4, 2, -1] * 4
    melody = np.array([[4 * at, 4 * at + 4, 65 + pitch, 80] for at, pitch in enumerate(tune)])
    heights = []
    # In F and in G: C major, in which cells are written, lies five semitones below, and above.
    for up in (0, 2):
        moved = melody + np.array([0, 0, up, 0])
        band = arranger.arrange(moved, grid, Wishes([Role.BASS, Role.PIANO, Role.STRINGS], "pop"))
        heights.append({role: part[:, 2].mean() for role, part in band.items()})
    for role, height in heights[0].items():
        assert abs(heights[1][role] - height) < 4, role  # of the ten that lie between the cells


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
def test_the_bundled_melodist_writes_in_key_in_register_and_comes_home(metre):
    melodist = Melodist(find_model("melody"))
    song = NewSong(bars=16, metre=parse_metre(metre), key=parse_key("C"))
    inside, pitches, notes = [], [], 0
    for seed in range(3):
        score = read_midi(new_song(melodist, song, Options(seed=seed, style="pop")))
        line = notes_of_track(score.tracks[0])
        time = line[:, 1] - line[:, 0]
        inside.append(time[np.isin(line[:, 2] % 12, (0, 2, 4, 5, 7, 8, 9, 11))].sum() / time.sum())
        pitches += line[:, 2].tolist()
        notes += len(line)
        assert line[-1, 2] % 12 in {0, 4, 7}
        assert line[-1, 1] == round(16 * song.metre.quarters * 480)
    assert np.mean(inside) > 0.95
    assert 48 <= np.percentile(pitches, 5) < np.percentile(pitches, 95) <= 88
    assert notes > 3 * 16 * 2


def test_bars_written_anew_are_in_the_style_of_the_first_result(composer):
    first = composer.compose(SAMPLES[0], Options(style="rock", on_grid=True)).midi
    anew = composer.compose(first, Options(bars=(5, 8), seed=3)).midi
    told = composer.compose(first, Options(bars=(5, 8), seed=3, style="rock", on_grid=True)).midi
    pop = composer.compose(first, Options(bars=(5, 8), seed=3, style="pop")).midi
    assert anew == told != pop


def test_live_too_the_band_follows_a_melody_into_another_key():
    tune = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 59, 60, 64, 62, 60]
    pitches = [*tune * 9, *(pitch + 4 for pitch in tune * 4)]  # C major for 36 bars, E major for 16
    grid = grid_of_metres([(0, 4, 4)], 1920 * 52, 480)
    melody = np.array([[4 * at, 4 * at + 4, pitch, 80] for at, pitch in enumerate(pitches)])
    improviser = Improviser(find_model("band"))
    band = accompany(melody, grid, improviser, roles=[Role.BASS, Role.PIANO], style="pop")
    inside = {key: [] for key in ("C before", "E after")}
    for part in band.values():
        for start, end, pitch, _ in part.tolist():
            if start < 576:
                inside["C before"] += [pitch % 12 in SCALE] * (end - start)
            elif start >= 576 + 10 * 16:  # it has heard enough by then
                inside["E after"] += [(pitch - 4) % 12 in SCALE] * (end - start)
    assert np.mean(inside["C before"]) > 0.9
    assert np.mean(inside["E after"]) > 0.9
