"""Checkpoints, to go on training, and release files, to use what was trained.

A run folder holds `config.json` and `checkpoints/round-00000500.pt`; `healthy-...` and `best-...`
beside it are the same files under further names, which outlast the first. A release is one
safetensors file with its configuration inside. All are whole or absent: a run that is killed
while it saves leaves the checkpoint before.
"""

import json
import os
import pickle
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from musegan.errors import CheckpointError
from musegan.files import write_whole, written_aside
from musegan.train import ranks
from musegan.train.game import Trainer

Config = Mapping[str, Any]  # whatever JSON can say
BYTES, SCALES = ".bytes", ".scales"


class Companion(Protocol):
    """What is saved with a trainer because its future depends on it, too."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


def save_checkpoint(
    folder: Path,
    trainer: Trainer,
    config: Config,
    *,
    keep: int = 2,
    companion: Companion | None = None,
) -> Path:
    """Save all of `trainer` in the run folder and drop all but the last `keep` checkpoints.

    Raises CheckpointError if it cannot be written; those before it are then still there.
    """
    path = checkpoint_of(folder, trainer.round)
    state = trainer.state_dict()
    if companion is not None:
        state["companion"] = companion.state_dict()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(".*.pt"):  # of a run that was killed while it saved
            leftover.unlink(missing_ok=True)
        save_config(folder, config)
        with written_aside(path) as aside, aside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError on a full disk
        raise CheckpointError(
            f"cannot save {path} ({_line(error)}); make room or choose another folder"
        ) from error
    for old in checkpoints_of(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return path


def save_config(folder: Path, config: Config) -> None:
    """Write a run's configuration where `check_config` looks for it."""
    write_whole(folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def checkpoint_of(folder: Path, round: int, kind: str = "round") -> Path:
    """Where a run folder has the checkpoint of a round."""
    return folder / "checkpoints" / f"{kind}-{round:08d}.pt"


def checkpoints_of(folder: Path, kind: str = "round") -> list[Path]:
    """The checkpoints of a run folder by ascending round: "round", "healthy" or "best"."""
    return sorted((folder / "checkpoints").glob(f"{kind}-*.pt"))


def name_checkpoints(
    folder: Path, kind: str, rounds: Collection[int], *, of: str = "round"
) -> None:
    """Give the checkpoints of these rounds a further name, and take it from all others.

    Those that no longer have the name they are known by (`of`) keep what they have. A name costs
    no room, but where the file system cannot link.
    """
    for round in rounds:
        known, named = checkpoint_of(folder, round, of), checkpoint_of(folder, round, kind)
        if not known.exists() or (named.exists() and known.samefile(named)):
            continue
        try:
            with written_aside(named) as aside:
                aside.unlink()
                try:
                    os.link(known, aside)
                except OSError:
                    shutil.copyfile(known, aside)
        except OSError as error:
            raise CheckpointError(
                f"cannot save {named} ({_line(error)}); make room or choose another folder"
            ) from error
    wanted = {checkpoint_of(folder, round, kind) for round in rounds}
    for path in checkpoints_of(folder, kind):
        if path not in wanted:
            path.unlink(missing_ok=True)


def latest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint of the highest round in a run folder; None if there is none."""
    return next(reversed(checkpoints_of(folder)), None)


def load_checkpoint(
    folder: Path, trainer: Trainer, companion: Companion | None = None, *, path: Path | None = None
) -> int:
    """Load a checkpoint into `trainer` and its companion; returns its round.

    It is the latest of the run folder, or the one at `path`. A companion that it was saved
    without stays as it is. Raises CheckpointError if there is none, it is damaged, or it belongs
    to another model.
    """
    state = ranks.from_first(lambda: _read(path or latest_checkpoint(folder), folder))
    try:
        trainer.load_state_dict(state)
        if companion is not None and "companion" in state:
            companion.load_state_dict(state["companion"])
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path or latest_checkpoint(folder)} belongs to another model ({_line(error)}); "
            f"train it with the settings it was started with, or use another folder"
        ) from error
    return trainer.round


def _read(path: Path | None, folder: Path) -> Any:
    if path is None:
        raise CheckpointError(f"no checkpoint in {folder}; train there first")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{path} is damaged ({_line(error)}); delete it to go on from the one before"
        ) from error


def load_weights(folder: Path, trainer: Trainer) -> None:
    """Begin a new game with the players' weights and averages of another run's last checkpoint.

    Optimizers, rounds and random states start anew. Raises CheckpointError as `load_checkpoint`.
    """
    path = latest_checkpoint(folder)
    if path is None:
        raise CheckpointError(f"no checkpoint in {folder}; train there first")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name, player in trainer.players.items():
            saved = state["players"][name]
            player.module.load_state_dict(saved["module"])
            if player.average is not None:
                player.average.load_state_dict(saved["average"] or saved["module"])
    except (OSError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: damaged, or of another model ({error})") from error


def check_config(folder: Path, config: Config, *, may_change: Collection[str] = ()) -> None:
    """Refuse to go on in a folder that was started with other settings.

    `may_change` names dotted paths, such as "rounds", that do not matter. Raises CheckpointError
    with every difference; a folder without a config.json agrees with any.
    """
    path = folder / "config.json"
    if not path.exists():
        return
    try:
        theirs = _flat(json.loads(path.read_text()))
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged ({_line(error)}); use another folder") from error
    ours = _flat(json.loads(json.dumps(config)))
    differing = [
        f"{key} {theirs.get(key, 'absent')} there, {ours.get(key, 'absent')} here"
        for key in [*theirs, *(key for key in ours if key not in theirs)]
        if theirs.get(key, ...) != ours.get(key, ...) and key not in may_change
    ]
    if differing:
        raise CheckpointError(
            f"{folder} was started with other settings: {'; '.join(differing)}; "
            f"use the same or another folder"
        )


def save_release(
    path: Path,
    tensors: Mapping[str, Tensor],
    config: Config,
    *,
    half: bool = True,
    bytewise: str | None = None,
) -> None:
    """Write a module's state dict and its configuration as one safetensors file.

    With `half`, float32 tensors are stored as float16, but for those that would overflow. Matrices
    whose name begins with `bytewise` are stored in one byte a weight, with a scale a row.
    """
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if bytewise is not None and name.startswith(bytewise) and tensor.ndim == 2:
            stored |= _rows_of_bytes(name, tensor.detach().cpu())
        else:
            stored[name] = _stored(tensor.detach().cpu(), half)
    # One metadata key, since safetensors writes several in no fixed order.
    metadata = {"musegan": json.dumps(config, sort_keys=True)}
    write_whole(path, safetensors.torch.save(stored, metadata))


def load_release(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_release` wrote: (state dict, config), halves and bytes as float32.

    Raises CheckpointError if the file is missing, damaged or of another program.
    """
    if not path.is_file():
        raise CheckpointError(f"no such weights file: {path}")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} is damaged or no safetensors file ({_line(error)}); fetch it again"
        ) from error
    try:
        config = json.loads(metadata["musegan"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"{path} holds no musegan configuration; expected a release of this program"
        ) from error
    return _joined(tensors), config


def _rows_of_bytes(name: str, matrix: Tensor) -> dict[str, Tensor]:
    """A matrix (row, column) as int8, and its rows' scales; off by 1/254 of a row's largest."""
    scale = matrix.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    return {name + BYTES: (matrix / scale).round().to(torch.int8), name + SCALES: scale}


def _joined(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo `_rows_of_bytes` where it was done."""
    tensors = {}
    for name, tensor in stored.items():
        if name.endswith(BYTES):
            whole = name[: -len(BYTES)]
            tensors[whole] = tensor.float() * stored[whole + SCALES].float()
        elif not name.endswith(SCALES):
            tensors[name] = _loaded(tensor)
    return tensors


def _stored(tensor: Tensor, half: bool) -> Tensor:
    if half and tensor.dtype == torch.float32:
        small = tensor.half()
        if bool(small.isfinite().eq(tensor.isfinite()).all()):
            tensor = small
    return tensor.clone(memory_format=torch.contiguous_format)  # tied weights: safetensors says no


def _loaded(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def _flat(config: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(config, dict):
        return {prefix: config}
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}.{key}" if prefix else str(key))
    return flat


def _line(error: Exception) -> str:
    """The gist of another library's message, in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
