"""Keys: scales and chords of which the key is plain, odd input, and real songs."""

from pathlib import Path

import numpy as np
import pytest
import symusic

from musegan.errors import ConfigError
from musegan.music.band import notes_of_track
from musegan.music.key import Key, canonical_shift, estimate_key, parse_key

TONICS = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
MAJOR_CADENCE = [60, 64, 67, 65, 69, 72, 67, 71, 74, 60, 64, 67]
MINOR_CADENCE = [57, 60, 64, 62, 65, 69, 64, 68, 71, 57, 60, 64]


@pytest.mark.parametrize("shift", range(-6, 6))
def test_cadences_are_in_their_key_wherever_they_start(shift: int) -> None:
    major = estimate_key([pitch + shift for pitch in MAJOR_CADENCE])
    minor = estimate_key([pitch + shift for pitch in MINOR_CADENCE])
    assert (major.tonic, major.mode) == (shift % 12, "major")
    assert (minor.tonic, minor.mode) == ((9 + shift) % 12, "minor")
    assert canonical_shift(major) == canonical_shift(minor) == (-shift if shift > -6 else -6)


def test_a_shift_is_the_short_way_and_brings_the_tonic_home() -> None:
    for tonic in range(12):
        shift = canonical_shift(Key(tonic, "major"))
        assert -6 <= shift <= 5
        assert (tonic + shift) % 12 == 0
        assert (tonic + canonical_shift(Key(tonic, "minor"))) % 12 == 9


def test_long_notes_count_more_but_by_their_root() -> None:
    scale = [60, 62, 64, 65, 67, 69, 71]
    in_c = estimate_key(scale, [16, 1, 4, 1, 16, 1, 1])
    in_a = estimate_key([*scale, 57, 68], [1, 1, 4, 1, 1, 1, 1, 16, 1])
    assert (in_c.tonic, in_c.mode) == (0, "major")
    assert (in_a.tonic, in_a.mode) == (9, "minor")
    steps, ticks = estimate_key(scale, [2] * 7), estimate_key(scale, [480] * 7)
    assert steps.clarity == pytest.approx(ticks.clarity)


def test_music_in_a_key_is_clearer_than_music_between_keys() -> None:
    between = [60, 62, 64, 66, 67, 69, 71, 65]  # F and F sharp
    assert estimate_key(MAJOR_CADENCE).clarity > estimate_key(between).clarity >= 0


@pytest.mark.parametrize("pitches", [[], list(range(60, 72))])
def test_music_without_a_key_is_c_major_without_clarity(pitches: list[int]) -> None:
    assert estimate_key(pitches) == Key(0, "major", 0.0)
    assert estimate_key(pitches, [1.0] * len(pitches)) == Key(0, "major", 0.0)


def test_one_note_and_notes_of_no_length_do_not_fail() -> None:
    assert estimate_key([67]).clarity >= 0
    assert estimate_key([60, 64], [0, 0]) == Key(0, "major", 0.0)


def test_a_key_has_a_name() -> None:
    assert Key(3, "major").name == "Eb major"


def test_pop_songs_are_brought_to_c(shared_data: Path) -> None:
    right = []
    for song in sorted((shared_data / "pop909").iterdir())[::20]:
        lines = (song / "key_audio.txt").read_text().split("\n")
        spans = [line.split() for line in lines if line.strip()]
        written = max(spans, key=lambda span: float(span[1]) - float(span[0]))[2]
        truth = Key(TONICS.index(written[:-4]), "minor" if written.endswith("min") else "major")
        score = symusic.Score(song / f"{song.name}.mid")
        notes = np.concatenate([notes_of_track(track) for track in score.tracks])
        found = estimate_key(notes[:, 2], notes[:, 1] - notes[:, 0])
        right.append(canonical_shift(found) == canonical_shift(truth))
    assert np.mean(right) > 0.9


def test_keys_are_read_as_people_write_them():
    written = ("C", "Am", "F#m", "Bb", "eb minor", "Cb")
    assert [parse_key(text).name for text in written] == [
        "C major", "A minor", "Gb minor", "Bb major", "Eb minor", "B major",
    ]  # fmt: skip
    for wrong in ("H", "", "C##", "Cmaj7"):
        with pytest.raises(ConfigError, match="write it as C, Eb, F#"):
            parse_key(wrong)
