"""The bundled band, on the bundled melodies: it plays, all of it, in key and in time."""

from pathlib import Path

import numpy as np
import pytest

from musegan.composing import Composer, Options
from musegan.errors import CheckpointError
from musegan.music.band import ROLES, Role
from musegan.music.harmony import harmony
from musegan.music.sounding import pooled, sounding_classes
from musegan.pretrained import FOLDER, find_model

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
