"""The bundled models: weights as safetensors, and a card for each."""

import os
from pathlib import Path

from musegan.errors import CheckpointError

FOLDER = Path(__file__).parent


def find_model(name: str | os.PathLike[str]) -> Path:
    """The weights file of a bundled model by name, or a path to one of the user's own.

    Raises:
        CheckpointError: there is neither.
    """
    path = Path(name)
    bundled = FOLDER / f"{path.name}.safetensors"
    if path.suffix != ".safetensors" and bundled.is_file() and str(path) == path.name:
        return bundled
    if path.is_file():
        return path
    names = ", ".join(sorted(model.stem for model in FOLDER.glob("*.safetensors"))) or "none"
    raise CheckpointError(
        f"no model {os.fspath(name)!r}; bundled: {names}; or give the path of a .safetensors file"
    )
