"""Music as sound, through a SoundFont: all that a file sets is heard, from volumes to bends.

The synthesizer is midirenderer's: velocities, envelopes and filters of the SoundFont, controllers,
pedal, bends, reverb. (symusic's own plays every note equally loud and cuts it off at its end.)
"""

import importlib.util
import math
import os
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import signal

from musegan.audio.kit import Kit, lay_down, strikes_of, without_drums
from musegan.audio.performance import TAIL_SECONDS, Performance, pieces, read_performance
from musegan.audio.synthesizer import CLIPPED, SYNTH_RATE, play, usable_processors
from musegan.audio.waveform import BLOCK, Samples
from musegan.errors import ConfigError
from musegan.music.midi import Source

SYNTH_VOLUME = 0.5  # its master volume, which leaves more room than most songs need
PIECE_SECONDS = 30.0  # rendered at a time
MOST_PROCESSES = 4
CEILING = 10 ** (-1 / 20)  # -1 dBFS
SILENCE = 10 ** (-66 / 20)  # of the loudest sample: what follows is cut off
FADE_SECONDS = 0.1
LOWEST_HZ = 20.0  # below lies what no one hears: offset and rumble of the samples
VARIABLE = "MUSEGAN_SOUNDFONT"


class Player(Protocol):
    """Who plays some of a performance's notes instead of the SoundFont."""

    def lay_down(
        self, whole: Samples, performance: Performance, soundfont: Path
    ) -> npt.NDArray[np.bool_]:
        """Add what it plays to a sound (2, sample) at 48 kHz, in place, as loud as the SoundFont
        would play it; returns which notes these were, (note,)."""
        ...


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
    processes: int | None = None,
    kit: Kit | None = None,
    player: Player | None = None,
) -> Samples:
    """Play a MIDI file: float32 (2, sample), at most -1 dBFS, with the last notes' decay.

    `source` is a path, bytes, `symusic.Score` or `pretty_midi.PrettyMIDI`. A file without notes
    gives (2, 0). Long songs are played by as many `processes` as there are processors, up to
    four, unless told otherwise; the samples are the same. With a `kit` the drums that it
    has are its one-shots; a `player` plays what it can, and the SoundFont the rest.

    Raises:
        MidiError: not a MIDI file, or longer than three hours.
        ConfigError, FormatError: no SoundFont, or a damaged one.
        MissingExtra: this system has no synthesizer.
    """
    performance = read_performance(source, name)
    path = find_soundfont(soundfont)
    if processes is None:
        processes = min(MOST_PROCESSES, usable_processors())
    if performance.onsets.max(initial=0) < 2 * PIECE_SECONDS:
        processes = 1  # not worth starting any
    seconds = performance.releases.max(initial=-TAIL_SECONDS) + TAIL_SECONDS
    whole = np.zeros((2, math.ceil(seconds * SYNTH_RATE)), np.float32)
    left = performance
    if player is not None:
        left = left.without(player.lay_down(whole, performance, path))
    if kit is not None:
        left = without_drums(left, kit)
        lay_down(whole, strikes_of(performance), kit)
    _play(whole, left, path, processes)
    samples = _trim(_without_offset(whole))
    if sample_rate != SYNTH_RATE and samples.size:
        common = int(np.gcd(sample_rate, SYNTH_RATE))
        up, down = sample_rate // common, SYNTH_RATE // common
        samples = signal.resample_poly(samples, up, down, axis=1).astype(np.float32)
    peak = _peak(samples)
    if peak > CEILING:
        samples *= np.float32(CEILING / peak)
    return samples


def _play(whole: Samples, performance: Performance, path: Path, processes: int) -> None:
    """Add the pieces to a sound (2, sample), each where it begins, in place."""
    parts = list(pieces(performance, PIECE_SECONDS))
    for piece, sound in zip(parts, play((p.midi() for p in parts), path, processes), strict=True):
        volume = 1.0
        while np.abs(sound).max(initial=0) > CLIPPED and volume > 1e-3:
            volume /= 4  # the synthesizer's 16 bits are full: play it softer and turn it up
            (sound,) = play([piece.midi(volume)], path, 1)
        first = round(piece.start_seconds * SYNTH_RATE)
        sound = sound[:, : whole.shape[1] - first]
        sound /= np.float32(SYNTH_VOLUME * volume)
        whole[:, first : first + sound.shape[1]] += sound


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
