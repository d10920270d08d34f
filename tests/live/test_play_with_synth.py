"""`musegan play --synth gan` as a whole, on a sound device of JACK's: what is heard is the synth, in time.

Every session is a process of its own, with the bundled synth in another.
"""

import os
import signal

import mido
import numpy as np
import pytest
from jackrig import eventually
from sessions import Session, children_of, tune

from musegan.audio.waveform import read_sound
from musegan.live.lineup import CHANNELS
from musegan.live.recording import DIVISION
from musegan.music.band import Role

pytest.importorskip("rtmidi", reason="needs python-rtmidi: pip install 'musegan[live]'")
pytest.importorskip("tinysoundfont", reason="needs: pip install --no-deps tinysoundfont")

pytestmark = pytest.mark.realtime

RATE = 48_000
READY = 60.0  # seconds that a busy machine may take to load a synth
NEAR = 400  # frames, 8 ms: so near to where the last one was a note must be
AROUND = 2_500  # frames around where it is looked for: two cycles that were slept through
LONGEST = RATE // 3  # frames of a note that are compared
SOFT = 0.05  # seconds that a note may be silent: it begins softly


@pytest.fixture
def jack(studio):
    """A rig whose cycles last 21 ms: one that is slept through cuts the note that is compared here."""
    studio.period = 1024
    studio.serve()
    return studio


def bass_of(session):
    """The recorded notes of the bass: (first tick, last tick, pitch, velocity); seconds of a tick."""
    midi = mido.MidiFile(session.record)
    tempo = next(m.tempo for t in midi.tracks for m in t if m.type == "set_tempo")
    (track,) = [t for t in midi.tracks if t.name == "Bass"]
    tick, sounding, notes = 0, {}, []
    for message in track:
        tick += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in sounding:
            first, velocity = sounding.pop(message.note)
            notes.append((first, tick, message.note, velocity))
        if message.type == "note_on" and message.velocity:
            sounding[message.note] = (tick, message.velocity)
    return sorted(notes), tempo / 1e6 / DIVISION


def as_the_synth_plays(notes, second, up=0):
    """The bundled synth's own bass, all notes known beforehand, (frame,) at 48 kHz."""
    from musegan.sounding.opening import open_synth
    from musegan.sounding.phrase import Phrase
    from musegan.sounding.player import resampled

    model = open_synth()
    times = np.array([[first, last] for first, last, _, _ in notes]) * second
    onsets, ends = np.rint(times * model.sizes.rate).astype(np.int64).T
    phrase = Phrase(
        pitches=np.array([pitch + up for _, _, pitch, _ in notes]),
        velocities=np.array([velocity for *_, velocity in notes]),
        onsets=onsets,
        lengths=ends - onsets,
        latents=np.zeros((len(notes), model.sizes.latent), np.float32),
        timbre=model.timbres.index("electric-bass"),
        seed=(0, CHANNELS[Role.BASS]),
    )
    return resampled(model, phrase, 0, 2 * round((times[-1, 1] + 0.5) * RATE / 2))


def place_of(heard, wanted):
    """Where one sound lies best in another, in frames."""
    size = 1 << int(np.ceil(np.log2(len(heard) + len(wanted))))
    both = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    return int(np.argmax(np.fft.irfft(both, size)[: len(heard)]))


def alike(heard, wanted, notes, second, place):
    """Of each long note: where it is heard, how well it correlates, how much louder it is, frames beside.

    A busy server skips, so the next note is looked for beside where the last one was.
    """
    found = []
    for first, last, *_ in notes:
        begin, count = round(first * second * RATE), round((last - first) * second * RATE)
        part = wanted[begin : begin + min(count, LONGEST)]
        around = heard[begin + place - AROUND : begin + place + len(part) + AROUND]
        if len(around) < len(part) + 2 * AROUND or len(part) < 4000:
            continue
        power = np.convolve(around**2, np.ones(len(part)), "valid").clip(1e-9)
        fits = np.correlate(around, part, "valid") / np.sqrt(power * (part**2).sum())
        at = int(np.argmax(fits))
        gain = (around[at : at + len(part)] @ part) / (part @ part)
        found.append((begin + place + at - AROUND, fits[at], gain, at - AROUND))
        if fits[at] > 0.9:
            place += at - AROUND
    return np.array(found)


def rests_of(notes, second):
    """The seconds of the times that no note sounds, between the first and the last, longest first."""
    ends = np.maximum.accumulate([last for _, last, *_ in notes])
    return np.sort([max(0, n[0] - end) * second for n, end in zip(notes[1:], ends, strict=False)])[
        ::-1
    ]


def silences_of(heard, rate):
    """The seconds of the silences between the first sound and the last, longest first."""
    hundredths = heard[: len(heard) // (rate // 100) * (rate // 100)].reshape(-1, rate // 100)
    sounding = np.flatnonzero(np.square(hundredths).mean(axis=1) > 1e-7)
    return np.sort(np.diff(sounding) - 1)[::-1] / 100


def synth_session(jack, folder, *options):
    """A session of bass alone, after a keyboard; the synth plays it."""
    tune(jack)
    wav = folder / "kept.wav"
    session = Session(
        jack, folder, "--input", "kbd", "--output", "sound", "--tracks", "bass", "--synth", "gan",
        "--wav", str(wav), *options,
    )  # fmt: skip
    return session, wav


def test_the_bass_that_is_heard_is_the_synths_in_time_and_without_clicks(jack, tmp_path):
    session, wav = synth_session(jack, tmp_path, "--bars", "14")
    assert session.end() == 0, session.said
    counts = session.stats["synth"]
    ours = counts["notes"] - counts["late_notes"]
    assert ours >= 8, session.said  # the others it was late with, or it was not there yet
    assert counts["ahead_ms"]["count"] >= ours and counts["restarts"] == 0
    assert session.stats["notes_left_on"] == 0

    samples, rate = read_sound(wav)
    heard = samples.mean(axis=0)
    notes, second = bass_of(session)
    wanted = as_the_synth_plays(notes, second)
    assert rate == RATE
    place = place_of(heard, wanted)
    places, fits, gains, beside = alike(heard, wanted, notes, second, place).T
    is_synth = (fits > 0.95) & (np.abs(beside) <= NEAR)
    theirs = len(notes) - ours  # the SoundFont's, while the synth was not there or late
    assert is_synth.sum() >= 0.8 * max(8, len(fits) - theirs)
    assert np.median(np.abs(beside[is_synth])) <= 48  # frames: a millisecond
    # Not even the same notes a semitone higher would do.
    others = alike(heard, as_the_synth_plays(notes, second, up=1), notes, second, place)
    assert np.median(others[:, 1]) < 0.6

    steepest = 1.5 * np.median(gains[is_synth]) * np.abs(np.diff(wanted)).max()
    pairs = [n for n in range(len(fits) - 1) if is_synth[n] and is_synth[n + 1]]
    for first, last in zip(places[pairs], places[1:][pairs], strict=True):
        assert np.abs(np.diff(heard[int(first) : int(last)])).max() < steepest


def test_a_synth_that_is_killed_is_replaced_and_the_soundfont_plays_meanwhile(jack, tmp_path):
    session, wav = synth_session(jack, tmp_path, "--count-in", "0")  # no clicks: bass alone
    eventually(lambda: "bar 3" in session.said, READY)
    (synth,) = children_of(session.process.pid)[1:]
    os.kill(synth, signal.SIGKILL)
    eventually(lambda: "the synth is back" in session.said, READY)
    late = "the band is still being loaded" in session.said
    eventually(lambda: ("bar 20" if late else "bar 12") in session.said, READY)
    there = "the synth died; the SoundFont plays while it starts again"
    loading = "the synth's process died while it loaded the model"  # on a busy machine
    assert there in session.said or ("not there yet" in session.said and loading in session.said)
    assert session.stop(signal.SIGTERM) == 130, session.said
    assert "Traceback" not in session.said
    stats = session.stats
    assert stats["synth"]["restarts"] == 1 and stats["notes_left_on"] == 0
    samples, rate = read_sound(wav)
    notes, second = bass_of(session)
    assert len(notes) > 4
    # Every note is heard, by whom it may be, and nobody waits for the synth: the longest silence is no
    # longer than the longest rest, the next one no longer than the next, and so on. A note that is
    # missing makes one of two rests; cycles that the server lost make silences shorter.
    silences = silences_of(samples.mean(axis=0), rate)
    silences = silences[silences > SOFT]
    rests = rests_of(notes, second)
    assert len(silences) <= len(rests) and (silences <= rests[: len(silences)]).all()
