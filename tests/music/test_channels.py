"""Where the parts of a band sit in files that leave much, little and no room."""

import io

import mido
import numpy as np

from musegan.music.channels import Seat, channel_use, find_seats, program_at
from musegan.music.midi import AddedTrack, add_tracks, parse

MELODIC = [channel for channel in range(16) if channel != 9]


def file_with(playing=(), silent=(), programs=()):
    """A file with notes on some channels (more on lower ones), only a volume on others."""
    track = mido.MidiTrack()
    for time, channel, program in programs:
        track.append(mido.Message("program_change", channel=channel, program=program, time=time))
    for channel in silent:
        track.append(mido.Message("control_change", channel=channel, control=7, value=100))
    for channel in playing:
        for _ in range(20 - channel):
            track.append(mido.Message("note_on", channel=channel, note=60, velocity=90))
            track.append(mido.Message("note_off", channel=channel, note=60, time=10))
    file = mido.MidiFile(tracks=[track])
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def seats(count, **parts):
    return find_seats(parse(file_with(**parts)), count)


def test_a_file_says_which_channels_it_uses():
    assert channel_use(parse(file_with([2], [5], [(0, 2, 7)]))) == {2: 18 * 3 * 2 + 2, 5: 3}
    running = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\x0b\0\x97\x3c\x40\x60\x3c\0\0\xff\x2f\0"
    assert list(channel_use(parse(running))) == [7]


def test_unused_channels_come_first_and_then_those_without_notes():
    assert seats(3, playing=[0, 1]) == [Seat(2), Seat(3), Seat(4)]
    assert seats(3, playing=range(8)) == [Seat(8), Seat(10), Seat(11)]
    assert seats(3, playing=range(13), silent=[13, 14]) == [Seat(15), Seat(13), Seat(14)]
    assert seats(0) == []


def test_the_last_channel_is_shared_among_the_band():
    found = seats(4, playing=range(14))
    assert found == [Seat(14), Seat(15, ()), Seat(15, ()), Seat(15, ())]


def test_a_full_file_shares_the_channels_with_fewest_notes():
    found = seats(4, playing=range(16), programs=[(0, 15, 40), (30, 15, 50)])
    assert [seat.channel for seat in found] == [15, 14, 13, 12]
    assert found[0].others == [(0, 40), (30, 50)]
    assert found[1].others == ((0, 0),)
    assert [program_at(found[0].others, tick) for tick in (0, 29, 30, 99)] == [40, 40, 50, 50]
    assert len(seats(20, playing=range(16))) == 20


def messages(data, index):
    """(tick, type, number) of the channel messages of a track."""
    now, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data)).tracks[index]:
        now += message.time
        if message.type == "program_change":
            found.append((now, "program", message.program))
        elif message.type in ("note_on", "note_off"):
            found.append((now, message.type, message.note))
    return found


def test_a_part_alone_on_its_channel_asks_for_its_sound_once():
    notes = np.array([[0, 10, 60, 90], [20, 30, 62, 90]])
    data = add_tracks(file_with([0]), [AddedTrack("Bass", 33, 1, notes)])
    assert [what for _, what, _ in messages(data, 1)].count("program") == 1


def test_a_part_that_shares_asks_for_its_sound_each_time_and_gives_the_other_back():
    notes = np.array([[0, 10, 60, 90], [20, 30, 62, 90]])
    track = AddedTrack("Bass", 33, 1, notes, ((0, 5), (15, 6)))
    assert messages(add_tracks(file_with([0]), [track]), 1) == [
        (0, "program", 33),
        (0, "note_on", 60),
        (0, "program", 5),
        (10, "note_off", 60),
        (20, "program", 33),
        (20, "note_on", 62),
        (20, "program", 6),
        (30, "note_off", 62),
    ]


def test_a_part_without_a_sound_of_its_own_keeps_the_channels():
    notes = np.array([[0, 10, 36, 90]])
    data = add_tracks(file_with([9]), [AddedTrack("Drums", None, 9, notes)])
    assert messages(data, 1) == [(0, "note_on", 36), (10, "note_off", 36)]
