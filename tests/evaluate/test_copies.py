import numpy as np
import pytest

from musegan.evaluate.copies import copies, longest_runs, moves
from musegan.music.band import Role


def line(pitches, *, start=0, every=4):
    """Notes (note, 4), one after another."""
    at = start + every * np.arange(len(pitches))
    return np.column_stack([at, at + every, pitches, np.full(len(pitches), 80)])


TUNE = [60, 62, 64, 65, 67, 64, 60]
OTHER = [70, 59, 71, 58]


def run(ours, *training, drums=False):
    role = Role.DRUMS if drums else Role.PIANO
    return copies([{role: ours}], {role: training}, [role])[role].tolist()


def test_a_song_that_is_copied_whole_shares_all_its_notes():
    assert run(line(TUNE), line(TUNE)) == [7]


def test_a_copy_in_another_key_and_at_another_place_is_one():
    assert run(line([pitch + 5 for pitch in TUNE], start=32), line(TUNE)) == [7]


def test_another_rhythm_is_no_copy():
    assert run(line(TUNE, every=3), line(TUNE)) == [0]


def test_the_run_is_what_lies_between_the_differences():
    # bar 60 62 64 65 in both, then other notes
    assert run(line([*TUNE[:4], *OTHER]), line([*OTHER[::-1], *TUNE[:4], 90])) == [4]


def test_a_run_does_not_go_on_from_one_training_song_into_the_next():
    assert run(line(TUNE), line(TUNE[:4]), line(TUNE[3:])) == [4]


def test_nor_from_one_of_our_songs_into_the_next():
    bands = [{Role.PIANO: line(TUNE[:4])}, {Role.PIANO: line(TUNE[3:])}, {}]
    found = copies(bands, {Role.PIANO: [line(TUNE)]}, [Role.PIANO])
    assert found[Role.PIANO].tolist() == [4, 4, 0]


def test_of_notes_that_begin_together_the_lower_comes_first_and_none_counts_twice():
    chord = np.array([[0, 4, 67, 80], [0, 4, 60, 80], [0, 8, 60, 80], [0, 4, 64, 80]])
    assert moves(chord).tolist() == moves(line([48, 52, 55], every=0)).tolist()
    assert run(chord, chord[::-1]) == [3]


def test_onsets_alone_say_as_much_as_notes():
    assert moves(line(TUNE)[:, [0, 2]]).tolist() == moves(line(TUNE)).tolist()


def test_a_drum_is_no_other_drum_two_keys_higher():
    beat = [36, 38, 36, 38]
    assert run(line(beat), line(beat), drums=True) == [4]
    assert run(line([key + 2 for key in beat]), line(beat), drums=True) == [0]


def test_a_role_without_training_songs_is_left_out():
    band = {Role.PIANO: line(TUNE), Role.BASS: line(TUNE)}
    assert list(copies([band], {Role.PIANO: [line(TUNE)]}, [Role.BASS, Role.PIANO])) == [Role.PIANO]
    assert copies([band], {Role.PIANO: [line(TUNE[:1])]}, [Role.PIANO]) == {}


def longest_by_hand(song, training):
    return max(
        (
            length
            for other in training
            for first in range(len(song))
            for length in range(1, len(song) - first + 1)
            for at in range(len(other) - length + 1)
            if (song[first : first + length] == other[at : at + length]).all()
        ),
        default=0,
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_runs_are_those_that_comparing_everything_finds(seed):
    random = np.random.default_rng(seed)
    songs = [random.integers(0, 3, length) for length in random.integers(0, 25, 6)]
    training = [random.integers(0, 3, length) for length in random.integers(0, 25, 5)]
    expected = [longest_by_hand(song, training) for song in songs]
    assert longest_runs(songs, training).tolist() == expected
