"""Performances for tests, from what tracks play at which tick."""

import io

import mido

from musegan.audio.performance import read_performance


def performance(*tracks, tempi=()):
    """Of tracks of (tick, message), 480 ticks a quarter note of half a second."""
    file = mido.MidiFile(ticks_per_beat=480)
    for timed in ([(tick, mido.MetaMessage("set_tempo", tempo=t)) for tick, t in tempi], *tracks):
        track, now = mido.MidiTrack(), 0
        for tick, message in sorted(timed, key=lambda pair: pair[0]):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return read_performance(buffer.getvalue())


def named(name):
    return 0, mido.MetaMessage("track_name", name=name)


def program(number, channel=0, tick=0):
    return tick, mido.Message("program_change", program=number, channel=channel)


def control(tick, number, value, channel=0):
    return tick, mido.Message("control_change", control=number, value=value, channel=channel)


def note(tick, length, pitch=60, velocity=90, channel=0):
    return [
        (tick, mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)),
        (tick + length, mido.Message("note_off", note=pitch, channel=channel)),
    ]
