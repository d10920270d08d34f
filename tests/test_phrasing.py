"""Phrasing: a peer's rolls become notes on any grid, and what it cannot do is said in a line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bands import small_song
from peermodels import peer_model

from musegan.arranging import Arranger, Wishes
from musegan.composing import Composer, Options
from musegan.errors import CheckpointError, ConfigError
from musegan.music.arrangement import no_notes
from musegan.music.band import PARTS, Role
from musegan.music.grid import grid_of_metres
from musegan.phrasing import PhraseArranger, heard_bars, open_arranger, played_bars

SONG = Path(__file__).resolve().parents[1] / "samples" / "ode-to-joy.mid"


class Echo(torch.nn.Module):
    """Every track plays the melody, whatever the noise."""

    def forward(self, noise, melody):
        return melody[:, None].expand(-1, 5, -1, -1, -1)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    return {name: peer_model(name, folder) for name in ("musegan", "deepcomposer")}


@pytest.fixture(scope="module")
def echo(models):
    arranger = PhraseArranger(models["musegan"])
    arranger.peer = replace(arranger.peer, generator=Echo())
    return arranger


def melody_in(grid, first=0, last=None):
    steps = range(first, last or grid.steps - 4, 4)
    return np.array([[s, s + 3, 60 + s % 12, 80] for s in steps], np.int64)


def of_metre(numerator, denominator, bars):
    bar = 1920 * numerator // denominator
    return grid_of_metres([(0, numerator, denominator)], bar * bars, 480)


@pytest.mark.parametrize("model", ["musegan", "deepcomposer"])
@pytest.mark.parametrize(("metre", "bars"), [((4, 4), 1), ((3, 4), 6), ((5, 4), 9)])
def test_any_metre_and_length_gets_a_band_within_its_instruments(models, model, metre, bars):
    arranger, grid = open_arranger(models[model]), of_metre(*metre, bars)
    band = arranger.arrange(melody_in(grid), grid, Wishes())
    assert tuple(band) == arranger.roles
    for role, notes in band.items():
        assert len(notes) > 0
        assert notes[:, 0].min() >= 0
        assert notes[:, 1].max() <= grid.steps
        if role is not Role.DRUMS:
            assert PARTS[role].lowest <= notes[:, 2].min()
            assert notes[:, 2].max() <= PARTS[role].highest


@pytest.mark.parametrize("metre", [(4, 4), (3, 4)])
def test_what_a_generator_plays_comes_back_note_for_note(echo, metre):
    grid = of_metre(*metre, 7)
    melody = melody_in(grid, first=5)
    band = echo.arrange(melody, grid, Wishes([Role.PIANO]))
    assert np.array_equal(band[Role.PIANO], melody)


def test_of_a_longer_bar_sixteen_steps_are_heard_and_written(echo):
    grid = of_metre(5, 4, 3)
    part = echo.arrange(melody_in(grid), grid, Wishes([Role.PIANO]))[Role.PIANO]
    assert sorted(set(part[:, 0] % 20)) == [0, 4, 8, 12]


def test_what_sounds_on_is_one_note_over_bar_lines_and_drums_strike_each_step(echo):
    grid = of_metre(4, 4, 3)
    held = np.array([[14, 19, 60, 80]], np.int64)
    band = echo.arrange(held, grid, Wishes([Role.PIANO, Role.DRUMS]))
    assert band[Role.PIANO].tolist() == [[14, 19, 60, 80]]
    assert not len(band[Role.DRUMS])  # no drum has the key of this note


def test_the_band_plays_in_the_melodys_key(echo):
    grid = of_metre(4, 4, 4)
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    melody = np.array([[8 * k, 8 * k + 8, p + 5, 80] for k, p in enumerate(scale)], np.int64)
    part = echo.arrange(melody, grid, Wishes([Role.PIANO]))[Role.PIANO]
    assert np.array_equal(part, melody)  # moved to C for the model, and back


def test_bars_are_those_from_the_first_note_to_the_last_and_padded_with_silence():
    grid = of_metre(3, 4, 6)
    melody = melody_in(grid, first=14, last=40)
    starts, lengths = played_bars(melody, grid)
    assert starts.tolist() == [12, 24, 36]
    assert lengths.tolist() == [12] * 3
    bars = heard_bars(melody, starts, lengths, 2, 24, 84)
    assert bars.shape == (3, 16, 84)
    assert not bars[:, 12:].any()
    assert bars[0, 2:5, 60 + 2 + 2 - 24].all()


def test_same_seed_same_notes_other_seed_other_notes_and_half_way_others(models):
    arranger, song = open_arranger(models["musegan"]), small_song(bars=9)

    def written(**asked):
        band = arranger.arrange(song.melody, song.grid, Wishes(**asked))
        return np.concatenate(list(band.values()))

    first = written(seed=1)
    assert np.array_equal(first, written(seed=1))
    others = [written(seed=2), written(seed=1, towards=2, share=0.5)]
    assert all(len(first) != len(o) or (first != o).any() for o in others)
    assert np.array_equal(written(seed=1, towards=2, share=1.0), written(seed=2))


def test_a_silent_melody_gets_silent_parts(models):
    grid = of_metre(4, 4, 2)
    band = open_arranger(models["deepcomposer"]).arrange(no_notes(), grid, Wishes())
    assert [len(part) for part in band.values()] == [0] * 4


@pytest.mark.parametrize(
    ("wishes", "given", "says"),
    [
        (Wishes(style="pop"), None, "no style 'pop'; deepcomposer knows none, so leave it out"),
        (Wishes([Role.DRUMS]), None, "has no drums; it writes bass, piano, guitar, strings"),
        (Wishes(), {Role.BASS: no_notes()}, "can add no parts to others, and write no bars anew"),
    ],
)
def test_what_a_peer_cannot_do_is_refused(models, wishes, given, says):
    song = small_song()
    with pytest.raises(ConfigError, match=says):
        open_arranger(models["deepcomposer"]).arrange(song.melody, song.grid, wishes, given)


def test_a_model_of_chorales_is_no_band_and_a_band_no_peer(tmp_path, models):
    with pytest.raises(ConfigError, match="voices of chorales of two bars, and no band"):
        open_arranger(peer_model("deepcomposer-jsb", tmp_path))
    with pytest.raises(CheckpointError, match="holds 'musegan', not a band"):
        Arranger(models["musegan"])


def test_a_peer_composes_and_refuses_what_needs_a_band(models):
    composer = Composer(models["deepcomposer"])
    song = composer.compose(SONG)
    assert set(song.arrangement.band) == {Role.BASS, Role.PIANO, Role.GUITAR, Role.STRINGS}
    names = {track.name for track in song.score.tracks}
    assert {PARTS[role].title for role in song.arrangement.band} <= names
    with pytest.raises(ConfigError, match="no bars or half bars anew; name a band"):
        composer.compose(song.midi, Options(bars=(1, 2)))
    with pytest.raises(ConfigError, match="no style 'rock'"):
        composer.compose(SONG, Options(style="rock"))
