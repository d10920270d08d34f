"""Each way a MIDI file can be odd, one by one."""

import io
import struct
import time

import mido
import pytest

from musegan.errors import MidiError
from musegan.music.midi import read_midi, seconds_of_ticks, standard_bytes

END = b"\0\xff\x2f\0"
SCALE = b"\0\x90\x3c\x40\x60\x80\x3c\x40\0\x90\x3e\x40\x60\x80\x3e\x40"
SCALE_NOTES = [(0, 96, 60, 64), (96, 192, 62, 64)]


def chunk(body: bytes, length: int | None = None, kind: bytes = b"MTrk") -> bytes:
    return kind + struct.pack(">I", len(body) if length is None else length) + body


def song(*chunks: bytes, format: int = 1, count: int | None = None, division: int = 96) -> bytes:
    tracks = len(chunks) if count is None else count
    return struct.pack(">4sIHHh", b"MThd", 6, format, tracks, division) + b"".join(chunks)


def notes(data: bytes) -> list[tuple[int, int, int, int]]:
    score = read_midi(data)
    return sorted((n.start, n.end, n.pitch, n.velocity) for t in score.tracks for n in t.notes)


WHOLE = song(chunk(SCALE + END))


@pytest.mark.parametrize(
    "odd",
    [
        b"RIFF" + struct.pack("<I", len(WHOLE) + 12) + b"RMIDdata" + struct.pack("<I", len(WHOLE))
        + WHOLE + b"LIST\4\0\0\0abcd",
        bytes(128) + WHOLE,
        WHOLE + b"\r\n",
        WHOLE + bytes(500),
        WHOLE + b"\xde\xad\xbe\xef junk of many bytes",
        WHOLE + WHOLE,
        song(chunk(SCALE + END), count=7),
        song(chunk(SCALE + END), count=0),
        song(chunk(SCALE + END, length=4000)),
        song(chunk(SCALE + END, length=6)),
        song(chunk(SCALE)),
        song(chunk(SCALE + b"\0\xff\x2f")),
        song(chunk(SCALE + b"\0\xff\x2f\1x")),
        song(chunk(SCALE + END + b"more")),
        song(chunk(SCALE + END), format=9),
        song(chunk(SCALE + END), format=2),
        song(chunk(b"???", kind=b"What"), chunk(SCALE + END), count=1),
        song(b"junk between", chunk(SCALE + END), count=1),
        b"MThd\0\0\0\x0a\0\1\0\1\0\x60abcd" + chunk(SCALE + END),
        b"MThd\0\0\0\0\0\1\0\1\0\x60" + chunk(SCALE + END),
        b"MThd\xff\xff\xff\xff\0\1\0\1\0\x60" + chunk(SCALE + END),
        song(chunk(b"\0\xf8" + SCALE + b"\0\xf4\0\xf2\1\2" + END)),
        song(chunk(b"\0\x3c" + SCALE + END)),
        song(chunk(SCALE + b"\0\xff\1\x7fcut off")),
        song(chunk(SCALE + b"\0\xf0\x40\1\2\xf7" + END)),
        song(chunk(b"\x80\x80\x80\x80\x80\0\xb0\7\1" + SCALE + END)),
        song(chunk(b"\xff\xff\xff\xff\xff\x7f\xb0\7\1" + SCALE + END)),
        song(chunk(SCALE + b"\0\xb0\7\xff" + END)),
    ],
)  # fmt: skip
def test_an_odd_file_has_the_notes_of_the_whole_one_and_its_repaired_bytes_suit_mido(odd: bytes):
    assert notes(odd) == SCALE_NOTES
    repaired = standard_bytes(odd)
    assert standard_bytes(repaired) == repaired
    assert notes(repaired) == SCALE_NOTES
    if b"What" not in odd:  # mido does not pass over chunks of other kinds
        events = [e for t in mido.MidiFile(file=io.BytesIO(repaired)).tracks for e in t]
        assert [e.note for e in events if e.type == "note_on"] == [60, 62]


@pytest.mark.parametrize(
    "fine",
    [
        WHOLE,
        song(chunk(SCALE + END), format=0),
        song(chunk(b"\0\x90\x3c\x40\x60\x3c\0\0\xff\1\1x\0\x3e\x40\x60\x3e\0" + END)),
        song(chunk(b"hm", kind=b"Some"), chunk(SCALE + END), count=1),
        song(),
    ],
    ids=["format 1", "format 0", "running status over a text", "a foreign chunk", "no track"],
)
def test_a_file_in_good_form_stays_byte_for_byte(fine: bytes):
    assert standard_bytes(fine) == fine


def test_a_long_track_without_metas_stays_byte_for_byte():
    data = song(chunk(SCALE * 5000 + END))
    assert standard_bytes(data) == data
    assert read_midi(data).note_num() == 10_000


def test_a_track_length_that_covers_the_next_track_hides_nothing():
    second = chunk(b"\0\x91\x40\x40\x60\x81\x40\x40" + END)
    data = song(chunk(SCALE + END + second), second, count=3)
    assert [n[2] for n in notes(data)] == [60, 64, 64, 62]


def test_running_status_goes_on_after_a_system_exclusive_message():
    body = b"\0\x90\x3c\x40\x60\x3c\0\0\xf0\2\1\xf7\0\x3e\x40\x60\x3e\0" + END
    assert notes(song(chunk(body))) == SCALE_NOTES


def test_a_data_byte_over_127_counts_as_127():
    assert notes(song(chunk(b"\0\x90\x3c\xc8\x60\x80\x3c\0" + END))) == [(0, 96, 60, 127)]


def test_tracks_of_format_2_play_one_after_the_other_each_in_its_own_tempo():
    slow = b"\0\xff\x51\3\x0f\x42\x40" + SCALE + END  # a second a quarter note
    score = read_midi(song(chunk(slow), chunk(SCALE + END), format=2))
    starts = [n.start for t in score.tracks for n in t.notes]
    assert starts == [0, 96, 192, 288]
    assert seconds_of_ticks(score, [*starts, 384]).tolist() == [0, 1, 2, 2.5, 3]


@pytest.mark.parametrize(
    ("frames", "ticks", "a_second"),
    [(24, 4, 96), (25, 40, 1000), (29, 10, 300 / 1.001), (30, 80, 2400)],
)
def test_smpte_time_keeps_every_tick_and_second(frames: int, ticks: int, a_second: float):
    tempo = b"\0\xff\x51\3\1\2\3"  # means nothing in SMPTE time
    data = song(chunk(tempo + SCALE + END), division=-(frames << 8) + ticks)
    score = read_midi(data)
    assert notes(data) == SCALE_NOTES
    assert seconds_of_ticks(score, 96) == pytest.approx(96 / a_second, abs=1e-12)


def test_impossible_smpte_time_is_refused_and_a_division_of_0_is_read_as_480():
    with pytest.raises(MidiError, match="frames a second"):
        read_midi(song(chunk(SCALE + END), division=-1))
    score = read_midi(song(chunk(SCALE + END), division=0))
    assert (score.ticks_per_quarter, score.note_num()) == (480, 2)


def test_notes_pair_first_in_first_out_and_a_note_of_no_length_is_kept():
    body = b"\0\x90\x3c\1\x0a\x90\x3c\2\x0a\x80\x3c\0\x0a\x80\x3c\0\0\x90\x40\3\0\x80\x40\0" + END
    assert notes(song(chunk(body))) == [(0, 20, 60, 1), (10, 30, 60, 2), (30, 30, 64, 3)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\0\x90\x3c\1\x60\xff\1\0", [(0, 96, 60, 1)]),  # until the track ends
        (b"\0\x90\x3c\1\x20\xb0\x7b\0\x60\xb0\7\1", [(0, 32, 60, 1)]),  # all notes off
        (b"\0\x90\x3c\1\x20\x3c\2\x20\x3c\0", [(0, 32, 60, 1), (32, 64, 60, 2)]),  # struck again
        (b"\0\x90\x3c\1\0\x3c\2\x20\x3c\0", [(0, 32, 60, 1), (0, 32, 60, 2)]),  # a unison
        (b"\0\x80\x3c\1\0\x90\x3c\2\x20\x3c\0", [(0, 32, 60, 2)]),  # an end without a note
    ],
)
def test_a_note_that_nothing_ends_gets_the_end_a_player_would_give_it(body, expected):
    data = song(chunk(body + END))
    assert notes(data) == expected
    assert standard_bytes(data) == data


GRACE = b"\x60\x80\x43\0\0\x90\x43\x40\0\xff\x05\2la\0\x90\x40\x40\x60\x80\x40\0"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (GRACE, [(96, 97, 67, 64), (96, 192, 64, 64)]),
        (GRACE + b"\0\x90\x43\x40\x60\x80\x43\0",
         [(96, 97, 67, 64), (96, 192, 64, 64), (192, 288, 67, 64)]),
        (b"\0\x90\x43\x40" + GRACE[:2] + b"\x43\0\0" + GRACE[1:],
         [(0, 96, 67, 64), (96, 97, 67, 64), (96, 192, 64, 64)]),
        (b"\0\x80\x43\0\0\x90\x43\x40", [(0, 1, 67, 64)]),
        (b"\0\x80\x43\0\0\x90\x43\x40\x60\x80\x43\0\0\xff\x58\1\0", [(0, 96, 67, 64)]),
    ],
)  # fmt: skip
def test_a_note_let_go_before_it_is_struck_in_one_tick_has_no_length(body, expected):
    assert notes(song(chunk(body + END))) == expected


def test_a_cut_off_track_keeps_its_notes():
    score = read_midi(song(chunk(SCALE + END), chunk(SCALE + b"\x10\x90\x40\x40\x10\xb0", 4000)))
    assert sorted((n.start, n.end) for n in score.tracks[1].notes) == [
        (0, 96),
        (96, 192),
        (208, 224),
    ]


def test_impossible_tempos_metres_and_keys_are_passed_over():
    body = (
        b"\0\xff\x51\3\0\0\0\0\xff\x51\1\5\0\xff\x58\4\4\xff\x18\x08\0\xff\x58\4\0\2\x18\x08"
        b"\0\xff\x59\2\x64\7\0\xff\x58\2\3\2"
    )
    score = read_midi(song(chunk(body + SCALE + END)))
    assert (len(score.tempos), len(score.key_signatures), score.note_num()) == (0, 0, 2)
    assert [(m.numerator, m.denominator) for m in score.time_signatures] == [(3, 4)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_names_in_either_encoding_are_read(encoding: str):
    name = "Flöte".encode(encoding)
    body = b"\0\xff\3" + bytes([len(name)]) + name + SCALE + END
    assert read_midi(song(chunk(body))).tracks[0].name == "Flöte"


def test_ticks_past_counting_are_refused():
    far = b"\xff\xff\xff\x7f\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40" * 5
    with pytest.raises(MidiError, match="cannot be counted"):
        read_midi(song(chunk(far + END)))
    assert len(notes(song(chunk(far[:42] + END)))) == 3


@pytest.mark.parametrize("size", range(14))
def test_a_header_that_is_cut_off_is_refused(size: int):
    with pytest.raises(MidiError):
        read_midi(WHOLE[:size])


def test_a_header_without_its_tracks_is_refused():
    with pytest.raises(MidiError, match="has none of the tracks"):
        read_midi(WHOLE[:14])


def test_more_tracks_than_a_header_can_say_are_refused():
    with pytest.raises(MidiError, match="70001 tracks"):
        read_midi(WHOLE + chunk(b"") * 70_000)


@pytest.mark.parametrize(
    "piece", [b"\0", b"\x80", b"\xff", b"\0\x90\x3c\x40", b"\0\xb0\1\1", b"MTrk"]
)
def test_monotonous_bytes_are_read_in_no_time(piece: bytes):
    started = time.process_time()
    read_midi(song(chunk(piece * 50_000)))
    assert time.process_time() - started < 3
