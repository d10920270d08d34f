"""Reading, adding tracks, channels, and the tempo map."""

import io
import os
import random
from collections import defaultdict
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
import symusic

from musegan.errors import MidiError
from musegan.music.midi import (
    AddedTrack,
    add_tracks,
    read_midi,
    seconds_of_ticks,
    standard_bytes,
    ticks_of_seconds,
)

Note = tuple[int, int, int, int]


def rich_file(format: int = 1) -> bytes:
    """A song with a pick-up, three metres, three tempos, keys, lyrics, sysex and two parts."""
    file = mido.MidiFile(type=format, ticks_per_beat=480)
    conductor = mido.MidiTrack()
    conductor += [
        mido.MetaMessage("track_name", name="Lied"),
        mido.MetaMessage("time_signature", numerator=1, denominator=4),  # the pick-up
        mido.MetaMessage("key_signature", key="Ebm"),
        mido.MetaMessage("set_tempo", tempo=600_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8, time=480),
        mido.MetaMessage("set_tempo", tempo=451_237, time=1440),
        mido.MetaMessage("key_signature", key="G", time=10),
        mido.MetaMessage("time_signature", numerator=7, denominator=8, time=1430),
        mido.MetaMessage("marker", text="Coda", time=3),
        mido.MetaMessage("set_tempo", tempo=333_333, time=77),
    ]
    voice = mido.MidiTrack()
    voice += [
        mido.MetaMessage("track_name", name="Voice"),
        mido.Message("sysex", data=(0x7E, 0x7F, 9, 1)),
        mido.Message("program_change", program=52, channel=2),
        mido.MetaMessage("lyrics", text="O du"),
        mido.Message("note_on", note=67, velocity=81, channel=2),
        mido.Message("pitchwheel", pitch=-300, channel=2, time=100),
        mido.Message("note_off", note=67, channel=2, time=379),
    ]
    piano = mido.MidiTrack([mido.MetaMessage("track_name", name="Klavier")])
    for pitch in range(40, 76, 5):
        piano.append(mido.Message("note_on", note=pitch, velocity=pitch, channel=5, time=31))
        piano.append(mido.Message("note_on", note=pitch, velocity=0, channel=5, time=311))
    file.tracks += [conductor, voice, piano]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def notes_of(score: symusic.core.ScoreTick) -> list[Note]:
    return sorted((n.start, n.end, n.pitch, n.velocity) for t in score.tracks for n in t.notes)


def mido_notes(data: bytes) -> list[Note]:
    """Notes by mido's events, the oldest open note of a key and channel ends first."""
    notes = []
    for track in mido.MidiFile(file=io.BytesIO(data), clip=True).tracks:
        now, sounding = 0, defaultdict(list)
        for event in track:
            now += event.time
            if event.type == "note_on" and event.velocity:
                sounding[event.channel, event.note].append((now, event.velocity))
            elif event.type in ("note_on", "note_off") and sounding[event.channel, event.note]:
                start, velocity = sounding[event.channel, event.note].pop(0)
                notes.append((start, now, event.note, velocity))
    return sorted(notes)


def band(*channels: int) -> list[AddedTrack]:
    notes = np.array([[0, 480, 60, 90], [480, 960, 60, 70], [200, 3000, 43, 1]], np.int64)
    return [AddedTrack(f"Bänd {c}", 30 + c, c, notes) for c in channels]


def track_chunks(data: bytes) -> list[bytes]:
    """The track chunks, cut by their own lengths."""
    chunks, position = [], 14
    while position < len(data):
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "big")
        chunks.append(data[position:end])
        position = end
    return chunks


def test_a_score_has_the_notes_metres_keys_tempos_and_words_of_the_file():
    score = read_midi(rich_file())
    assert notes_of(score) == mido_notes(rich_file())
    metres = [(m.time, m.numerator, m.denominator) for m in score.time_signatures]
    assert metres == [(0, 1, 4), (480, 6, 8), (3360, 7, 8)]
    assert [(t.time, t.mspq) for t in score.tempos] == [
        (0, 600_000), (1920, 451_237), (3440, 333_333),
    ]  # fmt: skip
    assert [(k.time, k.key, k.tonality) for k in score.key_signatures] == [(0, -6, 1), (1930, 1, 0)]
    assert [track.name for track in score.tracks if track.notes] == ["Voice", "Klavier"]
    assert [w.text for track in score.tracks for w in track.lyrics] == ["O du"]
    assert [(m.time, m.text) for m in score.markers] == [(3363, "Coda")]


def test_adding_tracks_keeps_every_chunk_byte_for_byte_and_the_music_to_the_tick():
    source = rich_file()
    result = add_tracks(source, band(0, 1))
    assert track_chunks(result)[:3] == track_chunks(source)
    before, after = read_midi(source), read_midi(result)
    assert after.ticks_per_quarter == 480
    for name in ("time_signatures", "tempos", "key_signatures", "markers"):
        assert getattr(after, name) == getattr(before, name)
    old = [track for track in after.tracks if not track.name.startswith("Bänd")]
    assert [t.notes for t in old] == [t.notes for t in before.tracks]
    assert [t.lyrics for t in old] == [t.lyrics for t in before.tracks]
    assert [t.pitch_bends for t in old] == [t.pitch_bends for t in before.tracks]
    new = [track for track in after.tracks if track.name.startswith("Bänd")]
    assert [(t.name, t.program, t.notes) for t in new] == [
        (b.name, b.program, new[0].notes) for b in band(0, 1)
    ]
    assert notes_of(read_midi(add_tracks(b"MThd\0\0\0\6\0\1\0\0\1\xe0", band(3)))) == sorted(
        map(tuple, band(3)[0].notes.tolist())
    )
    parsed = mido.MidiFile(file=io.BytesIO(result))  # another reader agrees
    assert (parsed.type, len(parsed.tracks), parsed.tracks[3].name) == (1, 5, "B\xc3\xa4nd 0")


def test_a_format_0_file_becomes_format_1_with_its_chunk_untouched():
    chunk = b"MTrk\0\0\0\x0c\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0"
    source = b"MThd\0\0\0\6\0\0\0\1\0\x60" + chunk
    result = add_tracks(source, band(1, 2))
    assert result[:14] == b"MThd\0\0\0\6\0\1\0\3\0\x60"
    assert result[14 : 14 + len(chunk)] == chunk


def test_chunks_of_other_kinds_stay_where_they_are():
    source = rich_file() + b"XFIH\0\0\0\4abcd"
    assert add_tracks(source, band(1)).endswith(b"XFIH\0\0\0\4abcd")
    assert read_midi(add_tracks(source, band(1))).note_num() == read_midi(source).note_num() + 3


def test_silence_longer_than_a_delta_can_say_is_written():
    late = np.array([[600_000_000, 600_000_480, 60, 90]], np.int64)
    score = read_midi(add_tracks(rich_file(), [AddedTrack("late", 0, 0, late)]))
    assert (600_000_000, 600_000_480, 60, 90) in notes_of(score)


@pytest.mark.parametrize(
    "note", [(5, 5, 60, 90), (-1, 5, 60, 90), (0, 5, 128, 90), (0, 5, 60, 0)], ids=str
)
def test_an_impossible_note_is_refused(note: Note):
    with pytest.raises(ValueError, match="impossible"):
        AddedTrack("x", 0, 0, np.array([note], np.int64))


def test_every_kind_of_source_is_read_the_same(tmp_path: Path):
    path = tmp_path / "un café à minuit.mid"
    path.write_bytes(rich_file())
    notes = notes_of(read_midi(rich_file()))
    score = read_midi(path)
    for source in (str(path), bytearray(rich_file()), score, score.to("quarter")):
        assert notes_of(read_midi(source)) == notes
    pretty = pretty_midi.PrettyMIDI(str(path))
    assert notes_of(read_midi(pretty)) == notes
    assert standard_bytes(path) == rich_file()
    assert mido_notes(standard_bytes(pretty)) == notes


def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path):
    empty, text, line = tmp_path / "empty.mid", tmp_path / "a.mid", tmp_path / "two\nlines.mid"
    empty.touch()
    text.write_text("once upon")
    line.write_text("a time")
    for path, reason in (
        (tmp_path / "none.mid", "there is no such file"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (text, "is not a MIDI file: it begins with b'once upo'"),
        (line, r"two\nlines.mid: is not a MIDI file"),
        ("zero\0byte.mid", "cannot be read"),
    ):
        with pytest.raises(MidiError) as caught:
            read_midi(path)
        assert reason in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(MidiError, match=r"^song\.mid: .*ZIP"):
        read_midi(b"PK\3\4" + bytes(40), "song.mid")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX file permissions")
def test_a_file_without_permission_is_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "locked.mid"
    path.write_bytes(rich_file())
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # nobody: root reads all
    try:
        with pytest.raises(MidiError, match="Permission denied"):
            read_midi(path)
    finally:
        os.seteuid(user)


def test_ticks_and_seconds_follow_the_tempo_map():
    data = rich_file()
    score = read_midi(data)
    pretty = pretty_midi.PrettyMIDI(io.BytesIO(data))
    ticks = np.array([[0, 479, 480], [1920, 3440, 3500]])
    expected = np.array([[pretty.tick_to_time(tick) for tick in row] for row in ticks.tolist()])
    np.testing.assert_allclose(seconds_of_ticks(score, ticks), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ticks_of_seconds(score, expected), ticks, rtol=0, atol=1e-6)
    beyond = np.random.default_rng(0).uniform(0, 60_000, 1000)
    back = ticks_of_seconds(score, seconds_of_ticks(score, beyond))
    np.testing.assert_allclose(back, beyond, rtol=1e-12)


def test_without_a_tempo_a_quarter_note_lasts_half_a_second():
    score = symusic.Score(96)
    assert seconds_of_ticks(score, [0, 96, 960]).tolist() == [0, 0.5, 5]
    score.tempos.append(symusic.Tempo(192, mspq=1_000_000))
    assert seconds_of_ticks(score, [192, 288]).tolist() == [1, 2]
    assert ticks_of_seconds(score, 2.0) == 288


def test_damaged_bytes_give_a_score_or_one_line():
    chance = random.Random(7)
    whole = add_tracks(rich_file(), band(0, 9))
    outcomes = []
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 20))):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    data = data[: place + 1]
                case 2:
                    del data[place : place + chance.choice((1, 3))]
                case _:
                    data[place:place] = chance.randbytes(chance.choice((1, 4)))
            data = data or bytearray(1)
        try:
            score = read_midi(bytes(data))
        except MidiError as error:
            assert len(str(error).splitlines()) == 1
            outcomes.append(False)
            continue
        outcomes.append(True)
        notes = notes_of(score)
        assert all(0 <= start <= end < 2**31 for start, end, _, _ in notes)
        standard = standard_bytes(bytes(data))
        assert standard_bytes(standard) == standard
        assert read_midi(add_tracks(bytes(data), band(3))).note_num() == len(notes) + 3
    assert sum(outcomes) > 400
