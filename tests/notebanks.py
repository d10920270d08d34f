"""A small bank of notes for tests, two timbres of plain waves, and settings for a synth of moments."""

import json
from pathlib import Path

import numpy as np

from musegan.audio.waveform import write_flac
from musegan.data.notebank import EVERY, NoteBank, open_notes
from musegan.experiments import build
from musegan.experiments.synths import SynthModelFile, load_synth
from musegan.presets import SYNTHS
from musegan.settings import override

RATE, SAMPLES = 8_000, 2_048
KEYS = {"low": list(range(40, 71, EVERY)), "high": list(range(60, 91, EVERY))}
RELEASES = {"low": 0.02, "high": 0.1}
VELOCITIES = (60, 110)
SMALL = (
    f"data.samples={SAMPLES}", "data.notes=6", "model.width=8", "model.blocks=1",
    "model.hidden=8", "model.latent=2", "model.window=256", "model.hop=64",
    "model.critic_width=4", "model.alone=1",
)  # fmt: skip


def wave(key: float, loudness: float, samples: int = RATE) -> np.ndarray:
    """A sine of a key, a second of it."""
    hertz = 440 * 2 ** ((key - 69) / 12)
    return loudness * np.sin(2 * np.pi * hertz * np.arange(samples) / RATE)


def write_bank(folder: Path, every: int = EVERY) -> Path:
    """Write a bank as `prepare_notes` does: sines, as loud as their velocity's square."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {name: list(range(keys[0], keys[-1] + 1, every)) for name, keys in KEYS.items()}
    for name, keys in known.items():
        notes = [wave(key, 0.8 * (v / 127) ** 2) for key in keys for v in VELOCITIES]
        write_flac(folder / f"{name}.flac", np.concatenate(notes), RATE)
    timbres = {name: {"keys": known[name], "release": RELEASES[name]} for name in known}
    facts = {"rate": RATE, "samples": RATE, "velocities": VELOCITIES, "timbres": timbres}
    (folder / "bank.json").write_text(json.dumps(facts))
    return folder


def small_bank(folder: Path) -> NoteBank:
    return open_notes(write_bank(folder))


def small_synth(folder: Path, bank: Path) -> SynthModelFile:
    """A fresh synth of a bank's timbres, released into a folder and opened again."""
    settings = (
        *SMALL, f"data.folder={bank}", "train.batch_size=4", "train.rounds=4", "train.device=cpu",
        "health.watch=false",
    )  # fmt: skip
    path = folder / "synth.safetensors"
    build(override(SYNTHS["synth"], *settings)).release(path)
    return load_synth(path)
