"""Recordings: what was played, as a MIDI file."""

import io

import mido
import numpy as np
import pytest

from musegan.live.recording import DIVISION, Recording
from musegan.music.band import notes_of_track
from musegan.music.metre import Metre
from musegan.music.midi import read_midi, seconds_of_ticks, standard_bytes

TITLES = {0: ("Keyboard", 0), 9: ("Drums", 0), 1: ("Bass", 33)}


def recording(*events, metre=None, qpm=120.0, titles=TITLES):
    """A recording of (position, message) events."""
    made = Recording(metre or Metre(), titles)
    made.set_tempo(-(metre or Metre()).quarters, qpm)
    for quarter, message in events:
        made.add(quarter, message)
    return made


def note(start, end, pitch, velocity=80, channel=0):
    return [
        (start, bytes([0x90 | channel, pitch, velocity])),
        (end, bytes([0x90 | channel, pitch, 0])),
    ]


def tracks_of(made):
    """Notes in quarters by track name, as read_midi reads them; mido must read it too."""
    data = made.midi()
    assert standard_bytes(data) == data  # nothing to repair
    score = read_midi(data)
    assert score.ticks_per_quarter == DIVISION
    tracks = {}
    for track in score.tracks:
        rows = notes_of_track(track).tolist()
        tracks[track.name] = [[s / DIVISION, e / DIVISION, p, v] for s, e, p, v in rows]
    return tracks


def mido_of(made):
    return mido.MidiFile(file=io.BytesIO(made.midi()), clip=False)


def test_what_was_played_is_read_again_as_it_was():
    made = recording(
        *note(0.0, 1.0, 60, 90),
        *note(0.5, 2.25, 64, 70),
        *note(0.0, 2.0, 36, 100, channel=1),
        *note(1.0, 1.25, 38, 110, channel=9),
    )
    assert tracks_of(made) == {
        "Keyboard": [[0.0, 1.0, 60, 90], [0.5, 2.25, 64, 70]],
        "Drums": [[1.0, 1.25, 38, 110]],
        "Bass": [[0.0, 2.0, 36, 100]],
    }


def test_mido_reads_names_programs_and_a_track_for_time():
    file = mido_of(
        recording(*note(0, 1, 60), *note(0, 1, 36, channel=1), *note(0, 1, 38, channel=9))
    )
    assert (file.type, file.ticks_per_beat) == (1, 480)
    assert [track.name for track in file.tracks] == ["", "Keyboard", "Drums", "Bass"]
    programs = {m.channel: m.program for track in file.tracks for m in track if m.type == "program_change"}  # fmt: skip
    assert programs == {0: 0, 1: 33}
    assert [m.type for m in file.tracks[0]] == ["time_signature", "set_tempo", "end_of_track"]


def test_a_channel_that_was_not_played_has_no_track():
    assert list(tracks_of(recording(*note(0, 1, 60)))) == ["Keyboard"]


def test_channels_that_have_no_title_and_system_messages_are_not_kept():
    made = recording(*note(0, 1, 60), *note(0, 1, 77, channel=15), (0.0, b"\xf8"), (0.0, b"\xfa"))
    assert list(tracks_of(made)) == ["Keyboard"]
    assert len(made) == 2


def test_nothing_played_is_a_file_too():
    made = Recording(Metre(), TITLES)
    assert len(mido_of(made).tracks) == 1
    assert read_midi(made.midi()).note_num() == 0


def test_notes_before_the_first_downbeat_move_it_by_a_bar():
    made = recording(*note(-1.0, 0.0, 60), *note(0.0, 1.0, 62))
    assert tracks_of(made)["Keyboard"] == [[3.0, 4.0, 60, 80], [4.0, 5.0, 62, 80]]


@pytest.mark.parametrize(
    ("first", "expected"), [(-0.02, 3.98), (-4.0, 0.0), (-5.0, 3.0), (3.0, 3.0)]
)
def test_bars_begin_with_the_bar_of_what_was_played_first(first, expected):
    notes = tracks_of(recording(*note(first, 8.0, 60)))["Keyboard"]
    assert notes[0][0] == pytest.approx(expected, abs=1 / DIVISION)


def test_in_six_eight_a_bar_has_three_quarters():
    made = recording(*note(-0.5, 0.0, 60), *note(0.0, 1.5, 62), metre=Metre(6, 8))
    assert tracks_of(made)["Keyboard"] == [[2.5, 3.0, 60, 80], [3.0, 4.5, 62, 80]]
    (metre,) = read_midi(made.midi()).time_signatures
    assert (metre.time, metre.numerator, metre.denominator) == (0, 6, 8)


@pytest.mark.parametrize("metre", [Metre(3, 4), Metre(7, 8), Metre(2, 2), Metre(7, 16)], ids=str)
def test_the_metre_is_written(metre):
    (written,) = read_midi(recording(*note(0, 1, 60), metre=metre).midi()).time_signatures
    assert (written.numerator, written.denominator) == (metre.numerator, metre.denominator)


def test_tempo_changes_lie_where_they_were_and_seconds_are_right():
    made = recording(*note(0.0, 1.0, 60), *note(4.0, 5.0, 62), *note(8.0, 9.0, 64), qpm=60)
    made.set_tempo(4.0, 120)
    made.set_tempo(6.0, 120.1)  # too small to be one
    score = read_midi(made.midi())
    assert [(tempo.time, round(tempo.qpm, 3)) for tempo in score.tempos] == [(0, 60), (1920, 120)]
    starts = notes_of_track(score.tracks[-1])[:, 0]
    assert seconds_of_ticks(score, starts).tolist() == pytest.approx([0.0, 4.0, 6.0])


def test_small_changes_of_tempo_add_up():
    made = recording(*note(0.0, 400.0, 60), qpm=100)
    for beat in range(400):
        made.set_tempo(float(beat), 100 + beat / 20)
    tempi = [tempo.qpm for tempo in read_midi(made.midi()).tempos]
    assert 60 < len(tempi) < 150
    assert tempi[-1] == pytest.approx(120, rel=0.003)


def test_a_tempo_after_the_last_note_is_kept_and_one_before_the_first_counts_from_there():
    made = recording(*note(-2.0, 0.0, 60), qpm=90)
    made.set_tempo(-1.0, 100)
    made.set_tempo(50.0, 110)
    score = read_midi(made.midi())
    assert [tempo.time / DIVISION for tempo in score.tempos] == [0, 3.0, 54.0]


def test_positions_that_go_back_as_when_a_clock_starts_anew_are_still_a_file():
    made = recording(*note(0.0, 1.0, 60), *note(8.0, 9.0, 62))
    made.set_tempo(8.0, 150)
    made.set_tempo(0.5, 90)
    made.add(0.5, bytes([0x90, 65, 80]))
    made.add(1.5, bytes([0x90, 65, 0]))
    assert [pitch for _, _, pitch, _ in tracks_of(made)["Keyboard"]] == [60, 65, 62]
    assert [tempo.time / DIVISION for tempo in read_midi(made.midi()).tempos] == [0, 0.5, 8.0]


def test_notes_that_still_sound_end_with_the_recording():
    made = recording((0.0, bytes([0x90, 60, 80])), *note(1.0, 6.0, 36, channel=1))
    assert tracks_of(made)["Keyboard"] == [[0.0, 6.0, 60, 80]]
    made.add(7.0, bytes([0x90, 60, 0]))  # it goes on after it was written
    assert tracks_of(made)["Keyboard"] == [[0.0, 7.0, 60, 80]]


def test_a_note_that_begins_last_of_all_has_a_tick():
    made = recording((2.0, bytes([0x90, 60, 80])))
    assert tracks_of(made)["Keyboard"] == [[2.0, 2.0 + 1 / DIVISION, 60, 80]]


def test_a_note_struck_and_ended_at_one_moment_has_a_tick():
    assert tracks_of(recording(*note(1.0, 1.0, 60)))["Keyboard"] == [[1.0, 1.0 + 1 / 480, 60, 80]]


def test_a_note_struck_again_ends_there():
    made = recording((0.0, bytes([0x90, 60, 80])), *note(1.0, 2.0, 60, 50))
    assert tracks_of(made)["Keyboard"] == [[0.0, 1.0, 60, 80], [1.0, 2.0, 60, 50]]


def test_an_end_without_a_note_is_left_out():
    made = recording((0.0, bytes([0x80, 60, 0])), *note(1.0, 2.0, 60), (3.0, bytes([0x80, 60, 0])))
    kinds = [m.type for m in mido_of(made).tracks[1] if not m.is_meta]
    assert kinds == ["program_change", "note_on", "note_off"]


@pytest.mark.parametrize("number", [120, 123, 127])
def test_all_notes_off_ends_the_notes_of_its_channel_where_it_came(number):
    made = recording(
        (0.0, bytes([0x90, 60, 80])),
        (0.0, bytes([0x91, 36, 80])),
        (2.0, bytes([0xB0, number, 0])),
        *note(4.0, 5.0, 64),
        (8.0, bytes([0x81, 36, 0])),
    )
    assert tracks_of(made)["Keyboard"] == [[0.0, 2.0, 60, 80], [4.0, 5.0, 64, 80]]
    assert tracks_of(made)["Bass"] == [[0.0, 8.0, 36, 80]]


def test_pedal_bend_and_pressure_are_kept():
    sent = [b"\xb0\x40\x7f", b"\xe0\x00\x50", b"\xd0\x33", b"\xa0\x3c\x11", b"\xb0\x40\x00"]
    made = recording(*note(0, 8, 60), *((float(i), message) for i, message in enumerate(sent)))
    track = mido_of(made).tracks[1]
    others = [
        bytes(m.bytes()) for m in track if not m.is_meta and m.type[:4] not in ("note", "prog")
    ]
    assert others == sent


@pytest.mark.parametrize("seed", range(8))
def test_whatever_was_played_every_note_ends_and_ends_once(seed):
    rng = np.random.default_rng(seed)
    made = Recording(Metre(7, 8), TITLES)
    for quarter in rng.uniform(-3, 40, 500).round(int(rng.integers(1, 5))):
        channel = int(rng.choice([0, 1, 9]))
        made.add(float(quarter), bytes([0x90 | channel, int(rng.integers(60, 64)), int(rng.choice([0, 80]))]))  # fmt: skip
        if rng.random() < 0.02:
            made.add(float(quarter), bytes([0xB0 | channel, 123, 0]))
        if rng.random() < 0.1:
            made.set_tempo(float(quarter), float(rng.uniform(20, 400)))
    struck = 0
    for track in mido_of(made).tracks[1:]:
        sounding = {}
        for message in track:
            if message.type == "note_on":
                assert message.velocity > 0
                struck += 1
                sounding[message.note] = sounding.get(message.note, 0) + 1
            elif message.type == "note_off":
                sounding[message.note] -= 1
                assert sounding[message.note] >= 0
        assert not any(sounding.values())
    assert struck > 100
    assert sum(map(len, tracks_of(made).values())) == struck


def test_an_hour_takes_little_room_and_is_written_in_a_moment():
    made = recording()
    for step in range(30_000):
        for quarter, message in note(step / 4, step / 4 + 0.2, 60 + step % 12):
            made.add(quarter, message)
    assert made._quarters.itemsize + made._messages.itemsize == 16
    assert read_midi(made.midi()).note_num() == 30_000
