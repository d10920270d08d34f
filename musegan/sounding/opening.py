"""Trained models on sounds by name."""

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from musegan.errors import CheckpointError, ConfigError
from musegan.experiments.sounds import SoundModelFile, load_sounds
from musegan.experiments.synths import SynthModelFile, load_synth
from musegan.sounding.finding import SYNTH, find_sounds, find_synth

Opened = TypeVar("Opened")


def open_model(name: str) -> SoundModelFile:
    """The model in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it has nothing to do with sounds.
    """
    return _opened(find_sounds(name), load_sounds)


def open_synth(name: str = SYNTH) -> SynthModelFile:
    """The synth in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it is no synth.
    """
    return _opened(find_synth(name)[0], load_synth)


def _opened(path: Path, load: Callable[[Path], Opened]) -> Opened:
    """What is in a weights file."""
    try:
        return load(path)
    except (RuntimeError, KeyError, TypeError, AssertionError, ConfigError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise CheckpointError(
            f"{path}: damaged, or of another version ({reason}); train it anew"
        ) from error
