"""Which track plays which part: as users say, as compose named them, by look."""

import pytest
import symusic
from symusic.core import ScoreTick

from musegan.errors import ConfigError, UsageError
from musegan.music.band import Role
from musegan.music.tracks import find_band, find_given, read_wanted, remarks_on, tracks_named

TUNE = [67, 69, 71, 72, 74, 72, 71, 69] * 4
CHORDS = [48, 52, 55]


def score(*tracks: tuple[str, int, bool, list[int]]) -> ScoreTick:
    """A song of tracks (name, program, drums, pitches of quarter notes)."""
    made = symusic.Score(480)
    for name, program, is_drum, pitches in tracks:
        track = symusic.Track(name, program, is_drum)
        for k, pitch in enumerate(pitches):
            track.notes.append(symusic.Note(480 * k, 460, pitch, 80))
        made.tracks.append(track)
    return made


SONG = score(
    ("Flute", 73, False, TUNE),
    ("Keys", 0, False, CHORDS * 10),
    ("Left hand", 48, False, [36, 43] * 16),
    ("Kit", 0, True, [36, 38] * 16),
)


def test_parts_are_found_by_channel_name_and_program():
    wanted = read_wanted(["piano", "Drums"])
    assert find_given(SONG, wanted) == (0, {Role.DRUMS: [3], Role.PIANO: [1]})


@pytest.mark.parametrize("track", ["3", "left", "Left hand", "LEFT HAND"])
def test_a_part_can_be_named_by_number_or_part_of_a_name(track):
    assert find_given(SONG, read_wanted([f"bass={track}"]))[1] == {Role.BASS: [2]}


def test_all_tracks_of_a_name_are_one_part_and_a_whole_name_goes_before_a_part_of_one():
    song = score(
        ("Piano RH", 0, False, [60]), ("Piano LH", 0, False, [40]), ("Tune", 0, False, TUNE)
    )
    assert tracks_named(song, Role.PIANO, "piano") == [0, 1]
    assert tracks_named(song, Role.PIANO, "piano lh") == [1]


def test_a_part_that_is_not_there_is_told_in_one_line_with_the_tracks():
    with pytest.raises(UsageError) as told:
        find_given(SONG, read_wanted(["strings=Viola"]))
    assert str(told.value) == (
        "no track for the strings is named 'Viola'; the tracks are: 1 Flute, 2 Keys, 3 Left hand, "
        "4 Kit (drums)"
    )
    with pytest.raises(UsageError, match="no track plays the guitar; say which with guitar=TRACK"):
        find_given(SONG, read_wanted(["guitar"]))
    with pytest.raises(UsageError, match="the bass cannot be in a track 4"):
        find_given(SONG, read_wanted(["bass=4"]))
    with pytest.raises(UsageError, match="track 2 Keys cannot be both piano and guitar"):
        find_given(SONG, read_wanted(["piano=2", "guitar=Keys"]))


def test_what_is_named_for_a_part_is_not_the_melody():
    song = score(("Melody", 0, False, TUNE), ("", 0, False, TUNE))
    assert find_given(song, {})[0] == 0
    assert find_given(song, read_wanted(["piano=1"])) == (1, {Role.PIANO: [0]})


def test_a_track_with_the_title_of_a_part_is_that_part_and_not_the_melody():
    song = score(("", 0, False, CHORDS * 8), ("Strings", 0, False, TUNE), ("Piano", 0, False, [60]))
    assert find_given(song, {})[0] == 1
    assert find_given(song, read_wanted(["strings"])) == (0, {Role.STRINGS: [1]})


def test_two_hands_of_a_title_are_one_part_and_an_earlier_track_of_it_is_not():
    hands = [("Piano", 0, False, [64] * 8), ("Piano", 0, False, [40] * 8)]
    own = [("Piano", 0, False, TUNE), ("Voice", 0, False, TUNE)]
    found = find_given(score(*own, *hands), read_wanted(["piano"]))
    assert found == (1, {Role.PIANO: [2, 3]})


def test_where_no_other_tune_is_left_the_melody_is_in_a_part():
    song = score(("Piano", 0, False, CHORDS * 8), ("Kit", 0, True, [36] * 8))
    assert find_given(song, read_wanted(["piano", "drums"])) == (
        0,
        {Role.DRUMS: [1], Role.PIANO: [0]},
    )
    assert find_given(song, read_wanted(["piano=1"]))[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kazoo"], "given=kazoo: choose from drums, bass"),
        (["piano=1", "piano"], "given=piano: piano is given twice"),
        (["piano="], "given=piano=: name a track after the ="),
    ],
)
def test_words_that_name_no_part_are_refused(words, says):
    with pytest.raises(ConfigError, match=says):
        read_wanted(words)


def test_the_band_is_the_last_tracks_called_by_their_titles():
    own = [("Tune", 73, False, TUNE), ("Piano", 0, False, CHORDS)]
    band = [("Drums", 0, True, [36]), ("Bass", 33, False, [36])]
    assert find_band(score(*own, *band), {}) == {Role.DRUMS: 2, Role.BASS: 3}
    moved = score(band[1], band[0], own[0])  # as another program saved it
    assert find_band(moved, {}) == {Role.DRUMS: 1, Role.BASS: 0}


def test_where_all_tracks_have_one_name_it_tells_nothing():
    song = score(("Bass", 73, False, TUNE), ("Bass", 33, False, [36]), ("Bass", 0, True, [36]))
    with pytest.raises(UsageError, match="no track of a band is there"):
        find_band(song, {})
    assert find_band(song, read_wanted(["bass=2"])) == {Role.BASS: 1}


def test_a_band_that_is_called_otherwise_can_be_named():
    assert find_band(SONG, read_wanted(["bass=Left", "drums=4"])) == {Role.DRUMS: 3, Role.BASS: 2}


def test_a_file_without_a_band_is_refused_with_its_tracks():
    with pytest.raises(UsageError, match=r"no track of a band is there.*the tracks are: 1 Flute"):
        find_band(SONG, {})
    with pytest.raises(UsageError, match="no track is called Bass; say which plays the bass"):
        find_band(SONG, read_wanted(["bass"]))


def test_tracks_without_notes_are_not_listed():
    song = score(("Empty", 0, False, []), ("Tune", 0, False, TUNE))
    with pytest.raises(UsageError, match=r"the tracks are: 2 Tune$"):
        tracks_named(song, Role.PIANO, "1")


def test_a_user_is_told_which_track_is_the_melody_and_what_the_file_has_already():
    told = remarks_on(SONG, 0, [], list(Role), named=False)
    assert told == [
        "the melody is track 1 Flute; --melody-track takes another",
        "the file has drums, piano and strings already and gets more; --given drums,piano,strings keeps to "
        "what is there",
    ]
    assert remarks_on(SONG, 0, [Role.BASS, Role.PIANO], [Role.DRUMS], named=True) == [
        "the file has drums already and gets more; --given drums keeps to what is there"
    ]
    assert remarks_on(SONG, 0, [], [Role.GUITAR], named=True) == []
    assert remarks_on(score(("Flute", 73, False, TUNE)), 0, [], list(Role), named=False) == []
