"""The synthesizer: a MIDI file and a SoundFont in, sound out; several files at once if wanted.

It is midirenderer's, which holds Python's lock while it plays, so what plays beside something else
plays in a process of its own. That process runs a few lines and imports nothing of ours.
"""

import io
import os
import subprocess
import sys
import wave
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from musegan.audio.waveform import Samples
from musegan.errors import FormatError, MissingExtra

SYNTH_RATE = 48_000  # Hz; it knows no other
CLIPPED = 0.999  # as loud as its 16 bits can say

_PLAY = """
import sys, midirenderer
with open(sys.argv[1], "rb") as file: soundfont = file.read()
sys.stdout.buffer.write(midirenderer.render_wave_from(soundfont, sys.stdin.buffer.read()))
"""


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def play(files: Iterable[bytes], soundfont: Path, processes: int) -> Iterator[Samples]:
    """Play MIDI files, `processes` of them at once: float32 (2, sample) each, in their order.

    A sound that reaches the clipping level is clipped. Raises FormatError for a damaged SoundFont,
    MissingExtra where midirenderer is not installed.
    """
    try:
        import midirenderer
    except ImportError as error:
        raise MissingExtra(
            "sound needs the package midirenderer, which has no wheel for this system; "
            "`pip install midirenderer` builds it with Rust, or ask for mid and png only"
        ) from error
    if processes < 2 or not sys.executable:
        bank = soundfont.read_bytes()
        for midi in files:
            try:
                wav = midirenderer.render_wave_from(bank, midi)
            except RuntimeError as error:
                raise _unplayable(soundfont, str(error)) from error
            yield _samples(wav)
        return
    with ThreadPoolExecutor(processes) as threads:
        yield from threads.map(partial(_play_in_process, soundfont=soundfont), files)


def _play_in_process(midi: bytes, soundfont: Path) -> Samples:
    done = subprocess.run(
        [sys.executable, "-c", _PLAY, str(soundfont)],
        input=midi,
        capture_output=True,
        env={**os.environ, "PYTHONSAFEPATH": "1"},  # the current folder holds no modules for us
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it died"]
        raise _unplayable(soundfont, said[-1])
    return _samples(done.stdout)


def _samples(wav: bytes) -> Samples:
    # Not by soundfile: it would read through a callback, in which Ctrl-C is lost, with a traceback.
    with wave.open(io.BytesIO(wav)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        channels = file.getnchannels()
    return np.ascontiguousarray(frames.reshape(-1, channels).T.astype(np.float32) / 32_768)


def _unplayable(soundfont: Path, reason: str) -> FormatError:
    reason = reason.removeprefix("RuntimeError: ")
    return FormatError(f"{soundfont}: cannot be played as a SoundFont (.sf2): {reason}")
