"""The bundled models: weights as safetensors, and a card for each."""

import json
import os
from pathlib import Path
from typing import Any

from musegan.errors import CheckpointError

FOLDER = Path(__file__).parent
WEIGHTS = "model.safetensors"  # in a run folder
MOST_HEADER = 1 << 24  # bytes of a safetensors header that is believed


def find_model(name: str | os.PathLike[str]) -> Path:
    """The weights file of a bundled model by name, or of a user's own: a path to it or to its run folder.

    Raises:
        CheckpointError: there is neither.
    """
    path = Path(name)
    bundled = FOLDER / f"{path.name}.safetensors"
    if path.suffix != ".safetensors" and bundled.is_file() and str(path) == path.name:
        return bundled
    if path.is_file():
        return path
    if (path / WEIGHTS).is_file():
        return path / WEIGHTS
    names = ", ".join(sorted(model.stem for model in FOLDER.glob("*.safetensors"))) or "none"
    raise CheckpointError(
        f"no model {os.fspath(name)!r}; bundled: {names}; or give the path of a .safetensors file, or of a run that was trained to its end"
    )


def find_weights(name: str) -> Path:
    """The weights file that a run folder, a file's path or a bundled name stands for.

    Raises:
        CheckpointError: there is none.
    """
    folder = Path(name)
    if folder.is_dir():
        path = folder / WEIGHTS
        if not path.is_file():
            raise CheckpointError(
                f"{name}: no {WEIGHTS} in this folder; name a run that was trained to its end"
            )
        return path
    return find_model(name)


def read_config(path: Path) -> dict[str, Any]:
    """What a weights file says of itself, without loading any weights, or torch.

    Raises:
        CheckpointError: the file is damaged, or no release of this program.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, MOST_HEADER)))
        config: dict[str, Any] = json.loads(header["__metadata__"]["musegan"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} is damaged, or no weights file of musegan; fetch it again"
        ) from error
    return config
