"""Trained models on sounds by name."""

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from musegan.errors import CheckpointError, ConfigError
from musegan.experiments.naming import find_weights
from musegan.experiments.sounds import SoundModelFile, load_sounds
from musegan.experiments.synths import SynthModelFile, load_synth
from musegan.pretrained import read_config

SYNTH = "synth"  # the bundled one's name
USERS = {
    "images": "musegan image",
    "judge": "musegan evaluate",
    "sound-judge": "musegan evaluate",
    "sounds": "musegan audio",
    "synth": "musegan render --synth gan",
}
Opened = TypeVar("Opened")


def open_model(name: str) -> SoundModelFile:
    """The model in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it has nothing to do with sounds.
    """
    return _opened(name, find_weights(name), "sounds", "no GAN on sounds", load_sounds)


def open_synth(name: str = SYNTH) -> SynthModelFile:
    """The synth in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it is no synth.
    """
    try:
        path = find_weights(name)
    except CheckpointError as error:
        if name != SYNTH:
            raise
        raise CheckpointError(
            "no synth is bundled; give one with --synth-model RUN, or train one: "
            "musegan prepare notes, then musegan train synth -o RUN"
        ) from error
    return _opened(name, path, "synth", "no synth", load_synth)


def _opened(
    name: str, path: Path, task: str, lacking: str, load: Callable[[Path], Opened]
) -> Opened:
    """What is in a weights file, if it is of this task."""
    found = str(read_config(path).get("task"))
    if found != task:
        user = USERS.get(found, "musegan compose")
        raise CheckpointError(f"{name}: holds {lacking}; `{user}` uses it")
    try:
        return load(path)
    except (RuntimeError, KeyError, TypeError, AssertionError, ConfigError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise CheckpointError(
            f"{path}: damaged, or of another version ({reason}); train it anew"
        ) from error
