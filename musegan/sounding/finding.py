"""Trained models on sounds by name, before any is loaded: this loads no torch."""

from pathlib import Path
from typing import Any

from musegan.errors import CheckpointError
from musegan.pretrained import find_weights, read_config

SYNTH = "synth"  # the bundled one's name
USERS = {
    "images": "musegan image",
    "judge": "musegan evaluate",
    "sound-judge": "musegan evaluate",
    "sounds": "musegan audio",
    "synth": "musegan render --synth gan",
}


def find_sounds(name: str) -> Path:
    """The weights file of a GAN on sounds: a path, a run folder, or a bundled name.

    Raises CheckpointError where there is none, or where it holds another model.
    """
    path = find_weights(name)
    _held(name, path, "sounds", "no GAN on sounds")
    return path


def find_synth(name: str = SYNTH) -> tuple[Path, dict[str, Any]]:
    """The weights file of a synth, and what it says of itself: a path, a run folder, or a bundled name.

    Raises CheckpointError where there is none, or where it holds another model.
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
    return path, _held(name, path, "synth", "no synth")


def _held(name: str, path: Path, task: str, lacking: str) -> dict[str, Any]:
    """What a weights file says of itself, if it is of this task."""
    config = read_config(path)
    found = str(config.get("task"))
    if found != task:
        user = USERS.get(found, "musegan compose")
        raise CheckpointError(f"{name}: holds {lacking}; `{user}` uses it")
    return config
