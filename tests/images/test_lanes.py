import numpy as np
from symusic.core import NoteTick, ScoreTick, TrackTick

from musegan.images.drumkit import drum_name
from musegan.images.lanes import COLOURS, MOST_LANES, lanes_of


def score(*tracks):
    """Each track: name, is_drum, pitches of quarter notes one after another."""
    song = ScoreTick(480)
    for name, is_drum, pitches in tracks:
        track = TrackTick(name, 0, is_drum)
        for index, pitch in enumerate(pitches):
            track.notes.append(NoteTick(480 * index, 480, pitch, 90))
        song.tracks.append(track)
    return song


def test_rows_count_semitones_and_octaves_are_named():
    (lane,) = lanes_of(score(("Lead", False, [60, 72, 48])))
    c4 = next(row for row, label in lane.labels.items() if label == "C4")
    assert set(lane.labels.values()) == {"C3", "C4", "C5"}
    assert (lane.notes[:, 2] - c4).tolist() == [0, 12, -12]


def test_a_lane_of_one_pitch_is_an_octave_high_or_more():
    (lane,) = lanes_of(score(("Lead", False, [61])))
    assert lane.rows >= 12
    assert "C4" in lane.labels.values()


def test_drums_have_a_row_for_each_drum_that_plays():
    (lane,) = lanes_of(score(("", True, [36, 42, 38, 36])))
    assert lane.name == "Drums"
    assert lane.labels == {0: "kick", 1: "snare", 2: "closed hat"}
    assert lane.notes[:, 2].tolist() == [0, 2, 1, 0]


def test_tracks_without_notes_or_names_are_left_out_or_numbered():
    lanes = lanes_of(score(("Title", False, []), ("", False, [60]), ("Bass", False, [40])))
    assert [lane.name for lane in lanes] == ["Track 1", "Bass"]
    assert [lane.colour for lane in lanes] == list(COLOURS[:2])


def test_a_picture_has_only_so_many_lanes():
    assert len(lanes_of(score(*[(str(i), False, [60]) for i in range(200)]))) == MOST_LANES


def test_the_map_of_general_midi_is_in_its_places():
    names = {35: "kick 2", 38: "snare", 42: "closed hat", 46: "open hat", 49: "crash", 51: "ride"}
    names |= {56: "cowbell", 69: "cabasa", 75: "claves", 81: "triangle", 20: "drum 20"}
    assert {key: drum_name(key) for key in names} == names


def test_a_note_of_no_length_is_drawn():
    song = score(("Lead", False, [60]))
    song.tracks[0].notes[0].duration = 0
    assert np.diff(lanes_of(song)[0].notes[:, :2]).tolist() == [[1]]
