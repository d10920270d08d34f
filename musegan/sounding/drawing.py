"""Sounds from latents, ready to be heard."""

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal
from torch import Tensor

from musegan.experiments.latents import Tick, in_batches, silent
from musegan.experiments.sounds import SoundModelFile, draw_sounds
from musegan.models.spectra import LogMel

LOWEST_HZ = 20.0  # what lies below is offset and rumble
FADE_SECONDS = 0.002, 0.010  # in, and out
LOUDEST = 0.98
SILENCE = 10 ** (-60 / 20)  # of the loudest: what follows at the end is cut off
PAUSE_SECONDS = 0.15  # between sounds in a row
BANDS = 64

Floats = npt.NDArray[np.float32]


def draw(
    model: SoundModelFile, latents: Tensor, labels: Tensor, *, seed: int = 0, tick: Tick = silent
) -> list[Floats]:
    """Sounds (sample,) of latents (sound, latent), each finished; see `finished`."""
    made = in_batches(
        lambda rows: draw_sounds(model, latents[rows], labels[rows]), len(latents), seed, tick
    )
    return [finished(sound, model.sizes.rate) for sound in made.numpy()]


def finished(sound: Floats, rate: int) -> Floats:
    """A sound without offset, without silence at its end, that begins and ends at 0 and never clips.

    One that is too loud is made softer as a whole. Of what is all silence a moment is kept.
    """
    high_pass = signal.butter(2, LOWEST_HZ, "highpass", fs=rate, output="sos")
    clean = sound - np.median(sound).astype(np.float64)  # the filter would make it a thump
    clean = signal.sosfilt(high_pass, clean)
    loudest = float(np.abs(clean).max(initial=0))
    loud = np.flatnonzero(np.abs(clean) > max(SILENCE * loudest, 1e-9))
    fade_in, fade_out = (max(2, round(seconds * rate)) for seconds in FADE_SECONDS)
    end = int(loud[-1]) + 1 if len(loud) else 0
    clean = clean[: min(len(clean), max(end + fade_out, fade_in + fade_out))]
    clean[:fade_in] *= np.linspace(0, 1, fade_in)
    clean[len(clean) - fade_out :] *= np.linspace(1, 0, fade_out)
    clean *= min(1.0, LOUDEST / max(float(np.abs(clean).max()), 1e-9))
    result: Floats = clean.astype(np.float32)
    return result


def in_a_row(sounds: list[Floats], rate: int) -> Floats:
    """Sounds one after the other, with a pause between them, (sample,)."""
    pause = np.zeros(round(PAUSE_SECONDS * rate), np.float32)
    return np.concatenate([part for sound in sounds for part in (sound, pause)])


def levels_of(sounds: list[Floats], rate: int, samples: int) -> npt.NDArray[np.float32]:
    """Mel bands of sounds of at most so many samples, (sound, band, frame), -1 silence to 1."""
    window = 2 ** int(np.log2(0.048 * rate))
    mel = LogMel(rate, window=window, hop=max(1, samples // BANDS), bands=BANDS)
    padded = np.stack([np.pad(sound, (0, samples - len(sound))) for sound in sounds])
    levels: npt.NDArray[np.float32] = mel(torch.from_numpy(padded))[:, 0].numpy()
    return levels
