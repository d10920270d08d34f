"""Bands between two: through the noise of two seeds, and through the latents of two bands."""

import io

import mido
import pytest
from bands import small_model
from songs import write_song

from musegan.composing import Composer, Options
from musegan.errors import ConfigError, UsageError
from musegan.interpolating import between_bands, between_seeds, shares_of
from musegan.music.midi import read_midi


@pytest.fixture(scope="module")
def composer(tmp_path_factory):
    return Composer(small_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def tune(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "song.mid"
    write_song(path, bars=4)
    file = mido.MidiFile(path)
    file.tracks = file.tracks[:2]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def strikes(data):
    return {(t.name, n.time, n.pitch) for t in read_midi(data).tracks for n in t.notes}


def test_a_path_has_even_steps_and_both_ends():
    assert shares_of(5) == [0, 0.25, 0.5, 0.75, 1]
    with pytest.raises(ConfigError, match="steps=1: a path has 2 at least"):
        shares_of(1)


def test_between_two_seeds_the_ends_are_what_compose_writes_for_them(composer, tune):
    path = between_seeds(composer, tune, Options(seed=3), 7, 3)
    assert path[0].midi == composer.compose(tune, Options(seed=3)).midi
    assert path[2].midi == composer.compose(tune, Options(seed=7)).midi
    assert path[1].midi not in {path[0].midi, path[2].midi}
    again = composer.compose(tune, Options(seed=3, towards=7, share=0.5))
    assert path[1].midi == again.midi


def test_the_noise_between_two_seeds_is_as_long_as_theirs(composer):
    from musegan.arranging import Wishes

    noises = [
        composer.arranger._noise(40, Wishes(seed=1, towards=2, share=share))
        for share in (0, 0.5, 1)
    ]
    sizes = [float(noise.square().mean()) for noise in noises]
    assert sizes[1] == pytest.approx((sizes[0] + sizes[2]) / 2, rel=0.1)
    nearness = [float((noises[1] - end).square().mean()) for end in (noises[0], noises[2])]
    assert nearness[0] == pytest.approx(nearness[1], rel=0.05)


def test_between_two_bands_the_ends_are_the_files_themselves(composer, tune):
    first, second = (composer.compose(tune, Options(seed=seed)).midi for seed in (1, 2))
    path = between_bands(composer, (first, second), Options(), 4)
    assert path[0].midi == first
    assert path[3].midi == second
    names = ["Melody", "Drums", "Bass", "Piano", "Guitar", "Strings"]
    assert [[t.name for t in read_midi(song.midi).tracks] for song in path] == [names] * 4
    assert tune[14:] in path[1].midi
    again = between_bands(composer, (first, second), Options(), 4)
    assert [song.midi for song in again] == [song.midi for song in path]


def test_a_band_and_itself_have_their_decoded_cells_between_them(composer, tune):
    """Whatever the share, latents between a latent and itself are that latent."""
    one = composer.compose(tune, Options(seed=1)).midi
    path = between_bands(composer, (one, one), Options(), 4)
    assert strikes(path[1].midi) == strikes(path[2].midi)


def test_where_both_rest_the_bands_between_rest(composer, tune):
    songs = [composer.compose(tune, Options(seed=seed, tracks=("bass",))) for seed in (1, 2)]
    grid, melody = songs[0].arrangement.grid, songs[0].arrangement.melody
    first_bar = [
        {role: part[part[:, 0] < 8] for role, part in s.arrangement.band.items()} for s in songs
    ]
    blend = composer.arranger.blend(melody, grid, tuple(first_bar), list(first_bar[0]), 0.5)
    (bass,) = blend.values()
    assert len(bass)
    assert bass[:, 0].max() < 8


def test_a_part_that_only_one_band_has_comes_from_silence(composer, tune):
    duo = composer.compose(tune, Options(seed=1, tracks=("bass", "piano"))).midi
    solo = composer.compose(tune, Options(seed=2, tracks=("bass",))).midi
    path = between_bands(composer, (duo, solo), Options(), 3)
    assert [t.name for t in read_midi(path[1].midi).tracks] == ["Melody", "Bass", "Piano"]


def test_bands_for_two_melodies_are_refused(composer, tune, tmp_path):
    write_song(tmp_path / "other.mid", seed=5, bars=6)
    first = composer.compose(tune, Options(tracks=("bass",))).midi
    with pytest.raises(
        UsageError, match=r"a.mid and b.mid are not bands for one melody \(notes: 16"
    ):
        between_bands(composer, (first, tmp_path / "other.mid"), Options(), 3, ("a.mid", "b.mid"))
    with pytest.raises(UsageError, match=r"^b.mid: no track of a band is there"):
        between_bands(composer, (first, tune), Options(), 3, ("a.mid", "b.mid"))


def test_decoded_cells_of_a_trained_band_are_near_the_band():
    """Of the bundled band: near the first end the path is nearly the first band."""
    from pathlib import Path

    composer = Composer("band")
    song = (Path(__file__).parents[1] / "samples" / "ode-to-joy.mid").read_bytes()
    options = {"tracks": ("drums", "bass", "piano")}
    ends = [composer.compose(song, Options(seed=seed, **options)) for seed in (3, 4)]
    bands = tuple(end.arrangement.band for end in ends)
    near = composer.arranger.blend(
        ends[0].arrangement.melody, ends[0].arrangement.grid, bands, list(bands[0]), 0.1
    )

    def struck(band):
        return {(role, a, p) for role, part in band.items() for a, _, p, _ in part.tolist()}

    def like(a, b):
        return len(struck(a) & struck(b)) / len(struck(a) | struck(b))

    assert like(near, bands[0]) > 0.9
    assert like(near, bands[0]) > like(near, bands[1]) + 0.3
