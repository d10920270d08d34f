"""Melodies are written from nothing, go on and are varied, and a band is written for them."""

import numpy as np
import pytest
from bands import small_melodist, small_model

import musegan
from musegan.composing import Composer, NewSong, Options
from musegan.errors import ConfigError, UsageError
from musegan.music.band import notes_of_track
from musegan.music.key import parse_key
from musegan.music.melody import find_track
from musegan.music.metre import Metre
from musegan.music.midi import AddedTrack, add_tracks, read_midi, standard_bytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    small_melodist(folder)
    small_model(folder)
    return folder


@pytest.fixture(scope="module")
def write(folder):
    band, melody = Composer(folder / "band.safetensors"), str(folder / "melody.safetensors")
    return lambda source=None, **asked: band.compose(source, Options(melody_model=melody, **asked))


def song(*more, bars=6):
    """A melody of quarters in C, and tracks beside it."""
    from symusic.core import ScoreTick

    tune = [[480 * k, 480 * k + 400, 60 + (k * 5) % 8, 70 + k % 9] for k in range(4 * bars)]
    tracks = [AddedTrack("Melody", 73, 0, np.array(tune)), *more]
    return add_tracks(standard_bytes(ScoreTick(480)), tracks)


def notes_of(midi, name="Melody"):
    score = read_midi(midi)
    return notes_of_track(score.tracks[find_track(score, name)])


def rows(notes):
    return {tuple(row) for row in notes.tolist()}


def test_a_song_from_nothing_has_the_bars_the_tempo_and_the_metre_that_were_asked_for(write):
    made = write(new=NewSong(bars=6, tempo=90, metre=Metre(3, 4)))
    score = read_midi(made.midi)
    assert [tempo.qpm for tempo in score.tempos] == [pytest.approx(90, abs=0.01)]
    assert [(s.numerator, s.denominator) for s in score.time_signatures] == [(3, 4)]
    assert notes_of(made.midi)[:, 1].max() <= 6 * 3 * 480
    assert made.arrangement.grid.bars <= 6
    assert score.tracks[0].name == "Melody"
    assert len(score.tracks) > 1


def test_a_melody_is_one_line(write):
    notes = notes_of(write(new=NewSong(bars=8)).midi)
    assert len(notes) > 4
    assert (notes[1:, 0] >= notes[:-1, 1]).all()


def test_a_tempo_counts_dotted_beats_in_six_eight(write):
    made = write(new=NewSong(bars=4, tempo=60, metre=Metre(6, 8)))
    assert read_midi(made.midi).tempos[0].qpm == pytest.approx(90, abs=0.01)


def test_equal_seeds_write_equal_songs_and_others_other_melodies(write):
    first, again, other = (write(new=NewSong(bars=6), seed=seed) for seed in (3, 3, 4))
    assert first.midi == again.midi
    assert rows(notes_of(first.midi)) != rows(notes_of(other.midi))


def test_a_key_moves_the_melody(write):
    plain = notes_of(write(new=NewSong(bars=4, key=parse_key("C"))).midi)
    moved = notes_of(write(new=NewSong(bars=4, key=parse_key("D"))).midi)
    assert (moved[:, 2] - plain[:, 2] == 2).all()


def test_a_song_from_nothing_ends_on_its_tonic_triad(write):
    made = write(new=NewSong(bars=8, key=parse_key("Eb")), seed=2)
    assert notes_of(made.midi)[-1, 2] % 12 in {3, 7, 10}


def test_a_melody_goes_on_after_its_last_bar_and_its_notes_stay(write):
    source = song()
    made = write(source, extend=4)
    before, after = notes_of(source), notes_of(made.midi)
    assert rows(before) <= rows(after)
    new = after[after[:, 0] >= 6 * 1920]
    assert len(new) == len(after) - len(before)
    assert len(new) > 0
    assert new[:, 1].max() <= 10 * 1920
    assert made.notices[0] == "the melody goes on from bar 7 to bar 10"
    bass = made.arrangement.band[list(made.arrangement.band)[1]]
    assert bass[:, 0].max() >= 6 * 16


def test_other_tracks_stay_byte_for_byte_where_a_melody_goes_on(write):
    chords = AddedTrack("Chords", 0, 1, np.array([[0, 1920, 48, 60], [1920, 3840, 50, 60]]))
    source = song(chords)
    alone = song(chords)[14:]
    chunk = alone[alone.index(b"Chords") - 8 :]
    assert chunk in write(source, extend=2).midi


def test_the_band_of_an_earlier_result_goes_on_with_its_melody(write):
    first = write(song())
    longer = write(first.midi, extend=4, seed=1)
    tracks = [track.name for track in read_midi(longer.midi).tracks]
    assert tracks == [track.name for track in read_midi(first.midi).tracks]
    old, new = notes_of(first.midi, "Piano"), notes_of(longer.midi, "Piano")
    end = 6 * 1920
    assert rows(old[old[:, 0] < end]) <= rows(new)
    assert (new[:, 0] >= end).any()
    assert rows(new[new[:, 0] < end]) <= rows(old)


def test_a_piano_of_the_players_own_is_no_band_and_gets_one(write):
    piano = AddedTrack(
        "Piano", 0, 1, np.array([[1920 * k, 1920 * k + 1900, 48, 60] for k in range(6)])
    )
    made = write(song(piano), extend=2)
    names = [track.name for track in read_midi(made.midi).tracks]
    assert names[:3] == ["Melody", "Piano", "Drums"]
    assert notes_of_track(read_midi(made.midi).tracks[1]).tolist() == piano.notes.tolist()


def test_a_varied_melody_keeps_the_half_bars_that_were_not_chosen(write):
    source = song()
    made = write(source, vary_melody=0.4, seed=1)
    before, after = notes_of(source), notes_of(made.midi)
    cells = {int(start) // 960 for start in before[:, 0]}
    kept = {c for c in cells if rows(before[before[:, 0] // 960 == c]) <= rows(after)}
    number = int(made.notices[0].split()[2])
    assert made.notices[0] == f"written anew: {number} of the melody's 12 half bars"
    assert 12 - number <= len(kept) < 12


def test_the_band_of_an_earlier_result_changes_only_where_its_melody_does(write):
    first = write(song())
    made = write(first.midi, vary_melody=0.3, seed=2)
    before, after = notes_of(first.midi), notes_of(made.midi)
    same = {c for c in range(12) if rows(before[before[:, 0] // 960 == c]) <= rows(after)}
    old, new = notes_of(first.midi, "Piano"), notes_of(made.midi, "Piano")
    starts = {(int(s), int(p)) for s, _, p, _ in new.tolist()}
    untouched = [row for row in old.tolist() if row[0] // 960 in same]
    assert untouched
    assert all((s, p) in starts for s, _, p, _ in untouched)


def test_a_melody_of_a_performance_goes_on_in_its_own_beats(write):
    """Onsets that keep to no written bar: quarters of 437 ticks, from tick 100 on."""
    from symusic.core import ScoreTick

    tune = [[100 + 437 * k, 480 + 437 * k, 60 + (k * 5) % 8, 80] for k in range(48)]
    source = add_tracks(
        standard_bytes(ScoreTick(480)), [AddedTrack("Melody", 73, 0, np.array(tune))]
    )
    made = write(source, extend=4)
    after = notes_of(made.midi)
    assert any(notice.startswith("a performance") for notice in made.notices)
    assert rows(np.array(tune)) <= rows(after)
    assert after[:, 0].max() > 100 + 437 * 48


def test_what_cannot_be_asked_for_at_once_is_named(write):
    with pytest.raises(ConfigError, match="extend and bars or vary cannot be asked for at once"):
        Options(extend=4, bars=(1, 2))
    with pytest.raises(ConfigError, match="a new song has 1 to 1000 bars"):
        NewSong(bars=0)
    with pytest.raises(ConfigError, match="tempo=5 must lie between"):
        NewSong(tempo=5)
    with pytest.raises(UsageError, match="not both"):
        write(song(), new=NewSong())
    with pytest.raises(UsageError, match=r"a share of 1e-06 chose no half bar"):
        write(song(), vary_melody=1e-6)


def test_a_song_comes_from_python_too(folder):
    made = musegan.compose(
        None,
        new=musegan.NewSong(bars=4),
        model=folder / "band.safetensors",
        melody_model=folder / "melody.safetensors",
    )
    assert len(made.arrangement.melody) > 0
