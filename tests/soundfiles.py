"""Sound files and models of sounds for tests: tones of two classes, untrained releases."""

from pathlib import Path

import numpy as np
import torch

from musegan.audio.waveform import write_wav
from musegan.config import SoundData, SoundExperiment, SoundModel
from musegan.experiments.built import as_json
from musegan.gans import SOUND_SYSTEMS
from musegan.gans.sounds import SoundSizes
from musegan.train.checkpoint import save_release

RATE, SAMPLES = 8_000, 1_024
PITCHES = {"high": 2_000.0, "low": 300.0}  # Hz, by class
SMALL = SoundSizes(samples=SAMPLES, rate=RATE, classes=0, latent=6, width=8, window=64, hop=32)


def tone(hertz: float, samples: int = SAMPLES, rate: int = RATE, loudness: float = 0.5):
    """A sine (sample,) that is there from its first sample."""
    return loudness * np.cos(2 * np.pi * hertz * np.arange(samples) / rate).astype(np.float32)


def tones_folder(folder: Path, count: int = 12, rate: int = RATE, samples: int = SAMPLES) -> Path:
    """A folder of WAV files, a class folder for each pitch; no two tones are alike."""
    dice = np.random.default_rng(0)
    for name, hertz in PITCHES.items():
        for number in range(count):
            path = folder / name / f"{number:02}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            sound = tone(hertz * dice.uniform(0.9, 1.1), samples, rate, dice.uniform(0.2, 0.9))
            write_wav(path, sound + 0.01 * dice.standard_normal(samples), rate)
    return folder


def release(
    path: Path,
    system: str,
    sizes: SoundSizes = SMALL,
    source: str = "spoken-digits",
    classes: tuple[str, ...] = ("high", "low"),
) -> Path:
    """Write the weights of fresh networks as training would; returns the path."""
    torch.manual_seed(0)
    experiment = SoundExperiment(
        name=system,
        data=SoundData(rate=sizes.rate, samples=sizes.samples, source=source),
        model=SoundModel(
            system=system,
            latent=sizes.latent,
            width=sizes.width,
            conditional=sizes.classes > 0,
            window=sizes.window,
            hop=sizes.hop,
        ),
    )
    networks = SOUND_SYSTEMS[system].networks(sizes)
    tensors = {f"generator.{k}": v for k, v in networks["generator"].state_dict().items()}
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(classes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_release(path, tensors, config)
    return path
