import numpy as np
from PIL import Image
from symusic.core import NoteTick, ScoreTick, TempoTick, TrackTick

from musegan.images.lanes import COLOURS
from musegan.images.rollplot import LEFT, TALLEST, draw_pianoroll


def score(tracks=1, bars=2, drums=False):
    song = ScoreTick(480)
    song.tempos.append(TempoTick(0, 120))
    for index in range(tracks):
        track = TrackTick(f"Part {index}", 0, drums)
        for beat in range(bars * 4):
            track.notes.append(NoteTick(480 * beat, 400, 60 + beat % 5, 127))
        song.tracks.append(track)
    return song


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def where(picture, colour):
    """Columns with the colour, margin left out."""
    hit = (np.asarray(picture)[:, LEFT:] == rgb(colour)).all(axis=2)
    return np.flatnonzero(hit.any(axis=0)) + LEFT


def test_a_note_is_drawn_from_its_start_to_its_end():
    song = score(bars=1)
    del song.tracks[0].notes[2:]  # two quarters of four
    columns = where(draw_pianoroll(song), COLOURS[0])
    quarter = 72
    assert LEFT <= columns[0] <= LEFT + 2
    assert abs(columns[-1] - (LEFT + quarter * (1 + 400 / 480))) <= 2


def test_every_track_has_its_colour():
    picture = draw_pianoroll(score(tracks=5))
    assert all(len(where(picture, colour)) for colour in COLOURS[:5])


def test_soft_notes_are_paler():
    song = score(bars=1)
    for note in song.tracks[0].notes:
        note.velocity = 30
    assert not len(where(draw_pianoroll(song), COLOURS[0]))


def test_a_song_of_forty_minutes_fits(tmp_path):
    picture = draw_pianoroll(score(tracks=6, bars=1200), tmp_path / "long.png", title="Long")
    assert picture.height <= TALLEST
    with Image.open(tmp_path / "long.png") as written:
        assert written.size == picture.size


def test_thirty_tracks_fit():
    assert draw_pianoroll(score(tracks=30, bars=64)).height <= TALLEST


def test_drums_are_drawn_as_strokes():
    song = score(drums=True, bars=1)
    strokes = where(draw_pianoroll(song), COLOURS[0])
    assert 4 * 3 <= len(strokes) <= 4 * 6


def test_a_song_without_notes_is_a_picture_too(tmp_path):
    draw_pianoroll(ScoreTick(480), tmp_path / "none.png", title="Nothing")
    assert list(tmp_path.iterdir()) == [tmp_path / "none.png"]


def test_three_notes_are_a_small_picture():
    song = score(bars=1)
    del song.tracks[0].notes[3:]
    width, height = draw_pianoroll(song).size
    assert width < 800
    assert height < 250


def test_names_in_any_script_are_drawn():
    song = score()
    song.tracks[0].name = "Mélodie 旋律 " * 20
    draw_pianoroll(song, title="Ünïcödé 音楽")
