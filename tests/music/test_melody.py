"""Which track is the melody, how a user names one, and the single line on top."""

from pathlib import Path

import numpy as np
import pytest
import symusic
from symusic.core import ScoreTick

from musegan.errors import MidiError, UsageError
from musegan.music.melody import (
    find_track,
    in_register,
    melody_score,
    melody_track,
    pitched_tracks,
    split_right_hand,
    top_line,
)

TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 64, 65, 67, 69, 67, 65, 64] * 4
BASS = [36, 43, 36, 43] * 16


def array(*rows: tuple[int, int, int]) -> np.ndarray:
    """Notes from (start, end, pitch)."""
    return np.array([[*row, 80] for row in rows], np.int64).reshape(-1, 4)


def line(pitches: list[int], length: int = 4) -> np.ndarray:
    """Notes one after another."""
    return array(*((i * length, (i + 1) * length, p) for i, p in enumerate(pitches)))


def chords(roots: list[int], length: int = 4) -> np.ndarray:
    """A triad on each root."""
    notes = [line([root + step for root in roots], length) for step in (0, 4, 7)]
    merged = np.concatenate(notes)
    return merged[np.lexsort((merged[:, 2], merged[:, 0]))]


def score(*tracks: tuple[str, bool, np.ndarray]) -> ScoreTick:
    """A score with four ticks a quarter from (name, is drum, notes)."""
    made = symusic.Score(4)
    for name, is_drum, notes in tracks:
        track = symusic.Track(name, 0, is_drum)
        for start, end, pitch, velocity in notes.tolist():
            track.notes.append(symusic.Note(start, end - start, pitch, velocity))
        made.tracks.append(track)
    return made


@pytest.mark.parametrize(
    "name",
    [
        "MELODY",
        "Mel",
        "Lead",
        "Solo 1",
        "Vocals",
        "VOX",
        "Voice",
        "Gesang Voice",
        "Singstimme",
        "Chant",
        "Canto",
        "LeadGuitar",
        "Flute lead",
        "Jazz Guitar (melody)",
        "Melodia",
    ],
)
def test_a_name_that_says_melody_decides(name: str) -> None:
    song = score(("a", False, line(TUNE)), (name, False, line(BASS)), ("b", False, line(TUNE)))
    assert melody_track(song) == 1


@pytest.mark.parametrize(
    "name",
    [
        "Words",
        "Square Lead",
        "Bass Lead",
        "Voice Oohs",
        "Voice 2 (Harmony)",
        "Lead 2 (sawtooth)",
        "Melody Doubled #1",
        "Drums solo",
        "Synth Voice",
        "Backing vocals",
        "",
    ],
)
def test_a_name_that_says_something_else_does_not_decide(name: str) -> None:
    assert melody_track(score((name, False, line(BASS)), ("x", False, line(TUNE)))) == 1


def test_without_names_the_shape_decides() -> None:
    song = score(
        ("", False, line(BASS)),
        ("", False, chords([48, 53, 55, 48] * 16)),
        ("", False, line(TUNE)),
        ("", True, line([38] * 64)),
    )
    assert melody_track(song) == 2
    assert melody_track(song, by_name=False) == 2


def test_a_single_track_is_the_melody_whatever_it_is() -> None:
    assert melody_track(score(("Bass", False, line([40])))) == 0
    assert melody_track(score(("", False, array()), ("", False, line([40])))) == 1


def test_a_melody_beats_its_accompaniment_in_score() -> None:
    tune, bass = (melody_score(line(pitches), 4, 256) for pitches in (TUNE, BASS))
    assert tune > bass + 3


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ([], "holds no notes"),
        ([("x", False, array())], "holds no notes"),
        ([("x", True, line([36])), ("y", False, array())], "holds only drums"),
    ],
)
def test_a_file_without_a_melody_is_refused_in_one_line(
    tracks: list[tuple[str, bool, np.ndarray]], message: str
) -> None:
    with pytest.raises(MidiError, match=message) as error:
        melody_track(score(*tracks))
    assert "\n" not in str(error.value)


def test_a_track_is_found_by_number_or_part_of_its_name() -> None:
    song = score(
        ("Drums", True, line([36])),
        ("Piano left", False, line(BASS)),
        ("Piano right", False, line(TUNE)),
        ("Piano", False, line(BASS)),
    )
    assert pitched_tracks(song) == [1, 2, 3]
    assert find_track(song, "2") == 1
    assert find_track(song, "right") == 2
    assert find_track(song, "PIANO") == 3  # the whole name
    assert find_track(song, "pian") == 2  # of several, the most like a melody


@pytest.mark.parametrize("wanted", ["flute", "1", "9", "0", ""])
def test_a_track_that_is_not_there_is_named_and_the_others_are_listed(wanted: str) -> None:
    song = score(("Drums", True, line([36])), ("Piano", False, line(TUNE)), ("", False, line(BASS)))
    with pytest.raises(UsageError, match=r"2 Piano, 3 \(no name\)"):
        find_track(song, wanted)


def test_the_top_line_of_chords_is_their_top() -> None:
    assert top_line(chords([60, 62, 64])).tolist() == line([67, 69, 71]).tolist()


def test_a_higher_note_cuts_a_lower_and_a_lower_one_under_it_is_dropped() -> None:
    notes = array((0, 16, 60), (4, 12, 72), (8, 10, 64), (12, 16, 65))
    assert top_line(notes)[:, :3].tolist() == [[0, 4, 60], [4, 12, 72], [12, 16, 65]]


def test_legato_overlap_drops_no_note() -> None:
    notes = array((0, 110, 72), (100, 205, 71), (200, 300, 69))
    assert top_line(notes)[:, :3].tolist() == [[0, 100, 72], [100, 200, 71], [200, 300, 69]]


def test_a_rolled_chord_leaves_no_splinter() -> None:
    notes = array((0, 100, 60), (3, 100, 64), (6, 100, 67))
    assert top_line(notes)[:, :3].tolist() == [[6, 100, 67]]


def test_a_note_struck_again_is_two_notes() -> None:
    assert top_line(array((0, 8, 60), (4, 8, 60)))[:, :2].tolist() == [[0, 4], [4, 8]]


def test_a_note_that_hangs_does_not_silence_the_line() -> None:
    tune = line(TUNE)
    tune[3, 1] = 10_000  # its end is lost
    assert top_line(tune)[:, 0].tolist() == line(TUNE)[:, 0].tolist()


def test_the_top_line_is_single_and_comes_in_the_order_of_time() -> None:
    random = np.random.default_rng(0)
    starts = np.sort(random.integers(0, 400, 300))
    notes = np.column_stack(
        [starts, starts + random.integers(1, 40, 300), random.integers(30, 90, 300)]
    )
    found = top_line(np.column_stack([notes, np.full(300, 80)]))
    assert (found[1:, 0] >= found[:-1, 1]).all()
    assert (found[:, 1] > found[:, 0]).all()
    assert top_line(array()).shape == (0, 4)


def test_the_right_hand_is_split_from_the_left_and_nothing_is_lost() -> None:
    left = line([48, 43] * 32)
    both = np.concatenate([line(TUNE[:32]), left])  # the tune rests in the second half
    both = both[np.lexsort((both[:, 2], both[:, 0]))]
    melody, rest = split_right_hand(both)
    assert melody[:32, 2].tolist() == TUNE[:32]
    assert len(melody) == 32
    assert sorted(np.concatenate([melody, rest]).tolist()) == sorted(both.tolist())


def test_melodies_of_real_songs_are_found_by_shape(shared_data: Path) -> None:
    for folder, least in (("pop909", 0.9), ("lieder", 0.9)):
        files = sorted((shared_data / folder).rglob("*.mid"))[::25]
        found = [melody_track(symusic.Score(file), by_name=False) == 0 for file in files]
        assert float(np.mean(found)) > least


def test_a_melody_in_its_register_stays_and_others_come_by_octaves():
    tune = line(TUNE)
    assert np.array_equal(in_register(tune), tune)
    for octaves in (-48, -24, 24, 48):
        moved = in_register(tune + np.array([0, 0, octaves, 0]))
        assert 53 <= moved[:, 2].mean() <= 84
        assert ((moved[:, 2] - tune[:, 2]) % 12 == 0).all()
        assert len(set(moved[:, 2] - tune[:, 2])) == 1
    wild = in_register(line([0, 127] * 8))
    assert wild[:, 2].min() >= 36
    assert wild[:, 2].max() <= 101
