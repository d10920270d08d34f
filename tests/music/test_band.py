"""Who plays what: names, programs, drum keys, casting and the pianist's left hand."""

from pathlib import Path

import numpy as np
import pytest
import symusic
from symusic.core import ScoreTick

from musegan.music.band import (
    DRUM_KEYS,
    NEAREST_DRUM,
    PARTS,
    ROLES,
    Role,
    cast,
    coverage,
    notes_of_track,
    role_of_track,
    split_left_hand,
)


def line(*pitches: int, start: int = 0, length: int = 4) -> np.ndarray:
    """Notes one after another, (note, 4)."""
    starts = start + length * np.arange(len(pitches))
    columns = [starts, starts + length, pitches, np.full(len(pitches), 80)]
    return np.column_stack(columns).astype(np.int64)


def score(*tracks: tuple[str, int, bool, np.ndarray]) -> ScoreTick:
    """A score with four ticks a quarter from (name, program, is drum, notes)."""
    made = symusic.Score(4)
    for name, program, is_drum, notes in tracks:
        track = symusic.Track(name, program, is_drum)
        for start, end, pitch, velocity in notes.tolist():
            track.notes.append(symusic.Note(start, end - start, pitch, velocity))
        made.tracks.append(track)
    return made


def test_every_role_has_a_title_a_program_and_a_range() -> None:
    assert [PARTS[role].title for role in ROLES] == ["Drums", "Bass", "Piano", "Guitar", "Strings"]
    assert PARTS[Role.BASS].program == 33
    assert all(PARTS[role].lowest < PARTS[role].highest for role in ROLES)


def test_every_percussion_key_has_a_nearest_drum_or_none() -> None:
    assert set(range(27, 88)) <= set(NEAREST_DRUM)
    assert all(NEAREST_DRUM[key] == key for key in DRUM_KEYS.values())
    assert {k for k in NEAREST_DRUM.values() if k is not None} == set(DRUM_KEYS.values())
    assert [NEAREST_DRUM[key] for key in (35, 40, 44, 57, 59, 71)] == [36, 38, 42, 49, 51, None]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Bs", Role.BASS),
        ("E.Bass", Role.BASS),
        ("Fretless Bs.", Role.BASS),
        ("Bass guitar", Role.BASS),
        ("Baixo 01", Role.BASS),
        ("Gtr", Role.GUITAR),
        ("Rhythm Guit (L)", Role.GUITAR),
        ("MutedGuitarFlourish", Role.GUITAR),
        ("Gitarre", Role.GUITAR),
        ("Str", Role.STRINGS),
        ("BRIDGE", Role.STRINGS),
        ("Cordes début", Role.STRINGS),
        ("Violin II", Role.STRINGS),
        ("Sweep Pad", Role.STRINGS),
        ("Pno", Role.PIANO),
        ("PIANO", Role.PIANO),
        ("Kbd", Role.PIANO),
        ("Klavier", Role.PIANO),
        ("E. Piano 2", Role.PIANO),
        ("Organ", Role.PIANO),
    ],
)
def test_a_name_tells_the_role_where_the_program_is_silent(name: str, role: Role) -> None:
    assert role_of_track(name, 80, False, line(48, 50, 52)) is role


@pytest.mark.parametrize(
    ("program", "pitch", "role"),
    [
        (33, 40, Role.BASS),
        (38, 72, None),  # a synth bass up there is a lead
        (0, 60, Role.PIANO),
        (0, 40, Role.BASS),  # a low line of no telling sound
        (19, 60, Role.PIANO),
        (11, 60, Role.PIANO),
        (30, 42, Role.GUITAR),
        (50, 60, Role.STRINGS),
        (89, 60, Role.STRINGS),
        (81, 72, None),
        (73, 72, None),
        (122, 60, None),
    ],
)
def test_a_program_tells_the_role_where_the_name_is_silent(
    program: int, pitch: int, role: Role | None
) -> None:
    assert role_of_track("Track 1", program, False, line(*[pitch] * 4)) is role


def test_words_that_only_look_like_a_role_do_not_tell() -> None:
    assert role_of_track("Basic #10", 30, False, line(45, 47)) is Role.GUITAR
    assert role_of_track("Brass Ensemble", 61, False, line(60)) is None
    assert role_of_track("Bass Clarinet", 71, False, line(45)) is None
    assert role_of_track("Piano", 0, False, line()) is None  # no notes


def test_drums_off_their_channel_are_known_by_their_name_and_keys() -> None:
    assert role_of_track("Drums", 0, False, line(36, 38, 42, 46)) is Role.DRUMS
    assert role_of_track("Taiko Drum", 116, False, line(40, 43)) is None
    assert role_of_track("anything", 40, True, line(36)) is Role.DRUMS


def test_cast_takes_the_part_that_plays_most_and_leaves_the_melody_out() -> None:
    song = score(
        ("Melody", 0, False, line(*[72, 74] * 16)),
        ("Echo of the melody", 0, False, line(*[60, 62] * 16)),
        ("Kick", 0, True, line(*[36] * 32)),
        ("Snare", 0, True, line(*[38] * 32)),
        ("Strings 1", 48, False, line(60, 62)),
        ("Strings 2", 48, False, line(*[62, 64, 65, 60] * 8)),
        ("Bass", 0, False, line(*[40, 43] * 16)),
        ("Piano", 0, False, line(*[65, 67] * 16)),
        ("Piano", 0, False, line(*[52, 55] * 16)),
        ("Piano", 0, False, line(*[77, 79] * 16)),  # doubles the first staff
    )
    assert cast(song, 0) == {
        Role.DRUMS: [2, 3],
        Role.BASS: [6],
        Role.PIANO: [7, 8],
        Role.STRINGS: [5],
    }


def test_coverage_counts_the_windows_in_which_notes_sound() -> None:
    assert coverage(np.array([[0, 4, 60, 80], [15, 17, 60, 80]]), 4, 32) == 3 / 8
    assert coverage(line(), 4, 32) == 0


def test_the_left_hand_is_the_lowest_note_sounding_and_the_rest_is_kept() -> None:
    piano = np.array(
        [
            [0, 16, 36, 80],
            [0, 16, 48, 80],  # the octave above is not the lowest
            [4, 8, 43, 80],  # the low C still sounds
            [15, 32, 38, 80],  # lower than what sounds
            [30, 40, 40, 80],  # overlaps a little: legato
            [48, 52, 55, 80],  # the lowest, but too high for a bass
        ]
    )
    bass, rest = split_left_hand(piano)
    assert bass[:, 2].tolist() == [36, 38, 40]
    assert rest[:, 2].tolist() == [48, 43, 55]
    both = np.concatenate([bass, rest])
    assert sorted(both.tolist()) == sorted(piano.tolist())


def test_a_note_of_no_length_gets_one_tick() -> None:
    track = score(("x", 0, False, np.array([[4, 4, 60, 80]]))).tracks[0]
    assert notes_of_track(track).tolist() == [[4, 5, 60, 80]]


def test_pop909_and_lieder_are_cast(shared_data: Path) -> None:
    song = symusic.Score(shared_data / "pop909" / "003" / "003.mid")
    assert cast(song, 0) == {Role.PIANO: [2], Role.STRINGS: [1]}
    bass, rest = split_left_hand(notes_of_track(song.tracks[2]))
    assert len(bass) + len(rest) == 1103
    assert len(bass) > 100
    lied = symusic.Score(shared_data / "lieder" / "lc28688206.mid")
    assert cast(lied, 0) == {Role.PIANO: [2, 3]}
