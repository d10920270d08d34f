from collections import Counter

import numpy as np
from bands import small_song
from PIL import Image
from symusic.core import ScoreTick

from musegan.images.rollstack import COLOUR_OF, draw_stack, stacked
from musegan.music.band import Role


def test_the_melody_is_on_top_and_every_band_has_a_lane_of_the_same_rows():
    songs = [small_song(seed=seed) for seed in (0, 1)]
    lanes = stacked(songs, ["one", "other"])
    assert [lane.name for lane in lanes] == ["Melody", "one", "other"]
    assert len({lane.rows for lane in lanes[1:]}) == 1
    assert lanes[1].labels == lanes[2].labels


def test_a_note_has_the_colour_of_its_role_and_the_row_of_its_pitch():
    song = small_song()
    lane = stacked([song], [""])[1]
    counts = {COLOUR_OF[role]: len(part) for role, part in song.band.items()}
    assert Counter(lane.colours) == counts
    c4 = next(row for row, label in lane.labels.items() if label == "C4")
    piano = [colour == COLOUR_OF[Role.PIANO] for colour in lane.colours]
    assert set((lane.notes[piano, 2] - c4).tolist()) == {0, 4, 7}
    assert lane.notes[piano, :2][:3].tolist() == [[0, 1920]] * 3


def test_drums_lie_below_the_pitches():
    lane = stacked([small_song()], [""])[1]
    drums = np.array([colour == COLOUR_OF[Role.DRUMS] for colour in lane.colours])
    assert lane.notes[drums, 2].max() < lane.notes[~drums, 2].min()
    assert set(lane.notes[drums, 2].tolist()) == {0, 1}  # kick and snare


def test_bands_without_pitches_are_drawn(tmp_path):
    song = small_song()
    song.band.pop(Role.BASS), song.band.pop(Role.PIANO)
    assert stacked([song], [""])[1].rows > 12


def test_the_picture_is_written_and_shows_the_roles_colours(tmp_path):
    picture = draw_stack(ScoreTick(480), [small_song()] * 3, list("abc"), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert read.size == picture.size
    assert picture.size[1] > 300
