"""Music as sound, through a SoundFont: all that a file sets is heard, from volumes to bends.

The synthesizer is midirenderer's: velocities, envelopes and filters of the SoundFont, controllers,
pedal, bends, reverb. (symusic's own plays every note equally loud and cuts it off at its end.)
"""

import importlib.util
import io
import math
import os
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from musegan.audio.performance import TAIL_SECONDS, Performance, pieces, read_performance
from musegan.audio.waveform import BLOCK, Samples
from musegan.errors import ConfigError, FormatError, MissingExtra
from musegan.music.midi import Source

SYNTH_RATE = 48_000  # Hz; the synthesizer knows no other
PIECE_SECONDS = 120.0  # rendered at a time
CEILING = 10 ** (-1 / 20)  # -1 dBFS
CLIPPED = 0.999  # as loud as 16 bits can say
SILENCE = 10 ** (-66 / 20)  # of the loudest sample: what follows is cut off
FADE_SECONDS = 0.1
LOWEST_HZ = 20.0  # below lies what no one hears: offset and rumble of the samples
VARIABLE = "MUSEGAN_SOUNDFONT"


def find_soundfont(soundfont: Path | None = None) -> Path:
    """The SoundFont to play with: the given one, $MUSEGAN_SOUNDFONT, or pretty_midi's.

    Raises ConfigError if the chosen one is not a file.
    """
    chosen = soundfont or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if chosen is not None:
        if not chosen.is_file():
            raise ConfigError(f"no SoundFont {str(chosen)!r}; name an .sf2 file, or none for ours")
        return chosen
    found = importlib.util.find_spec("pretty_midi")
    bundled = Path(found.origin).parent / "TimGM6mb.sf2" if found and found.origin else None
    if bundled is None or not bundled.is_file():
        raise ConfigError(f"pretty_midi's SoundFont is missing; name another with ${VARIABLE}")
    return bundled


def render(
    source: Source,
    soundfont: Path | None = None,
    sample_rate: int = SYNTH_RATE,
    name: str | None = None,
) -> Samples:
    """Play a MIDI file: float32 (2, sample), at most -1 dBFS, with the last notes' decay.

    `source` is a path, bytes, `symusic.Score` or `pretty_midi.PrettyMIDI`. A file without notes
    gives (2, 0).

    Raises:
        MidiError: not a MIDI file, or longer than three hours.
        ConfigError, FormatError: no SoundFont, or a damaged one.
        MissingExtra: this system has no synthesizer.
    """
    performance = read_performance(source, name)
    path = find_soundfont(soundfont)
    samples = _trim(_without_offset(_play(performance, path)))
    if sample_rate != SYNTH_RATE and samples.size:
        common = int(np.gcd(sample_rate, SYNTH_RATE))
        up, down = sample_rate // common, SYNTH_RATE // common
        samples = signal.resample_poly(samples, up, down, axis=1).astype(np.float32)
    peak = _peak(samples)
    if peak > CEILING:
        samples *= np.float32(CEILING / peak)
    return samples


def _play(performance: Performance, path: Path) -> Samples:
    """Lay down the pieces, each where it begins, (2, sample)."""
    soundfont = path.read_bytes()
    seconds = performance.releases.max(initial=-TAIL_SECONDS) + TAIL_SECONDS
    whole = np.zeros((2, math.ceil(seconds * SYNTH_RATE)), np.float32)
    for piece in pieces(performance, PIECE_SECONDS):
        volume = 1.0
        part = _synthesize(piece.midi(volume), soundfont, path)
        while np.abs(part).max(initial=0) > CLIPPED and volume > 1e-3:
            volume /= 4  # the synthesizer's 16 bits are full: play it softer and turn it up
            part = _synthesize(piece.midi(volume), soundfont, path)
        first = round(piece.start_seconds * SYNTH_RATE)
        part = part[:, : whole.shape[1] - first]
        whole[:, first : first + part.shape[1]] += (
            part if volume == 1 else part / np.float32(volume)
        )
    return whole


def _synthesize(midi: bytes, soundfont: bytes, path: Path) -> Samples:
    """A MIDI file as the synthesizer's sound, (2, sample), in [-1, 1]."""
    try:
        import midirenderer
    except ImportError as error:
        raise MissingExtra(
            "sound needs the package midirenderer, which has no wheel for this system; "
            "`pip install midirenderer` builds it with Rust, or ask for mid and png only"
        ) from error
    try:
        wav = midirenderer.render_wave_from(soundfont, midi)
    except RuntimeError as error:
        raise FormatError(f"{path}: cannot be played as a SoundFont (.sf2): {error}") from error
    frames, _ = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    return np.ascontiguousarray(frames.T)


def _without_offset(samples: Samples) -> Samples:
    """Take out what lies below hearing, in place, a block at a time."""
    high_pass = signal.butter(2, LOWEST_HZ, "highpass", fs=SYNTH_RATE, output="sos")
    for channel in samples:
        state = np.zeros((len(high_pass), 2))
        for first in range(0, len(channel), BLOCK):
            block = channel[first : first + BLOCK]
            block[:], state = signal.sosfilt(high_pass, block, zi=state)
    return samples


def _trim(samples: Samples) -> Samples:
    """Cut the silence at the end off and fade the last moment."""
    floor = SILENCE * _peak(samples)
    end = samples.shape[1]
    while end:  # backwards, a block at a time
        first = max(0, end - BLOCK)
        loud = np.flatnonzero(np.abs(samples[:, first:end]).max(axis=0) > floor)
        if len(loud):
            end = first + int(loud[-1]) + 1
            break
        end = first
    fade = min(end, round(FADE_SECONDS * SYNTH_RATE))
    kept = samples[:, :end]
    kept[:, end - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return kept


def _peak(samples: Samples) -> float:
    return max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
