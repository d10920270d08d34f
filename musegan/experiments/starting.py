"""Weights to begin with: those of another run's players, or of a release."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import shorten

import torch
from torch import Tensor, nn

from musegan.errors import CheckpointError, ConfigError
from musegan.gans.system import Weights
from musegan.pretrained import find_model
from musegan.train.checkpoint import latest_checkpoint, load_release


def begin_with(
    start: str,
    begin: Callable[[Mapping[str, nn.Module], Weights], None],
    networks: Mapping[str, nn.Module],
) -> None:
    """Give fresh networks the weights that `start` names, as `begin`, their system's, wants it.

    Raises:
        CheckpointError: there is no such run or release, or it is damaged.
        ConfigError: its networks are others, or have other sizes.
    """
    weights = weights_of(start)
    try:
        begin(networks, weights)
    except (KeyError, RuntimeError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise ConfigError(
            f"start={start}: holds other networks, or of other sizes ({reason}); set data.side, "
            f"data.channels, model.latent and model.width as they are there"
        ) from error


def weights_of(start: str) -> Weights:
    """Weights by player: of a run's last checkpoint, averages where there are, or of a release.

    Raises CheckpointError if there are none.
    """
    folder = Path(start)
    if not folder.is_dir():
        return _by_player(load_release(find_model(start))[0])
    path = latest_checkpoint(folder)
    if path is None:
        release = folder / "model.safetensors"
        if release.is_file():
            return _by_player(load_release(release)[0])
        raise CheckpointError(f"start={start}: no checkpoint in this folder; train there first")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {
            name: player["average"] or player["module"] for name, player in state["players"].items()
        }
    except (OSError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: damaged, or of another version ({error})") from error


def _by_player(tensors: Mapping[str, Tensor]) -> Weights:
    weights: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        name, _, rest = key.partition(".")
        weights.setdefault(name, {})[rest] = value
    return weights
