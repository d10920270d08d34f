"""Trained models on sounds by name."""

from textwrap import shorten

from musegan.errors import CheckpointError, ConfigError
from musegan.experiments.naming import find_weights
from musegan.experiments.sounds import SoundModelFile, load_sounds
from musegan.pretrained import read_config

USERS = {"images": "musegan image", "judge": "musegan evaluate", "sound-judge": "musegan evaluate"}


def open_model(name: str) -> SoundModelFile:
    """The model in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it has nothing to do with sounds.
    """
    path = find_weights(name)
    task = str(read_config(path).get("task"))
    if task != "sounds":
        user = USERS.get(task, "musegan compose")
        raise CheckpointError(f"{name}: holds no GAN on sounds; `{user}` uses it")
    try:
        return load_sounds(path)
    except (RuntimeError, KeyError, TypeError, AssertionError, ConfigError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise CheckpointError(
            f"{path}: damaged, or of another version ({reason}); train it anew"
        ) from error
