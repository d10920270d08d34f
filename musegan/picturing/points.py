"""Points that a generator draws from: latents, or the styles of a model that has them.

A style is StyleGAN's w, (width,), the same in all layers.
"""

import json
from pathlib import Path
from typing import Literal, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from musegan.errors import CheckpointError, UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import Tick, in_batches, silent
from musegan.files import write_whole
from musegan.picturing.latents import draw

Space = Literal["latent", "style"]


class Point(NamedTuple):
    """One of them, as `project` leaves it in a file."""

    space: Space
    values: Tensor  # (number,)
    label: int  # the class that belongs to it


def has_styles(model: ImageModelFile) -> bool:
    """Whether a model draws by styles."""
    return hasattr(model.networks["generator"], "mapping")


def styles_of(model: ImageModelFile, latents: Tensor, labels: Tensor) -> Tensor:
    """The styles (picture, width) of latents (picture, latent)."""
    mapping = model.networks["generator"].mapping
    assert callable(mapping)
    with torch.no_grad():
        styles: Tensor = mapping(latents, labels)[:, 0]
    return styles


def layers_of(model: ImageModelFile) -> int:
    """Layers that are given a style each."""
    layers = model.networks["generator"].synthesis.layers  # type: ignore[union-attr]
    assert isinstance(layers, int)
    return layers


def draw_styles(model: ImageModelFile, styles: Tensor, *, tick: Tick = silent) -> Tensor:
    """Images of styles, (picture, width) or (picture, layer, width)."""
    synthesis = model.networks["generator"].synthesis
    assert callable(synthesis)
    if styles.ndim == 2:
        styles = styles[:, None].expand(-1, layers_of(model), -1)
    return in_batches(lambda rows: synthesis(styles[rows]), len(styles), tick=tick)


def draw_points(
    model: ImageModelFile,
    space: Space,
    points: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    tick: Tick = silent,
) -> Tensor:
    """Images of points of either kind, (picture, number)."""
    if space == "style":
        return draw_styles(model, points, tick=tick)
    return draw(model, points, labels, seed=seed, tick=tick)


def save_point(path: Path, point: Point, facts: dict[str, str]) -> None:
    """Write a point, and what made it, as a safetensors file."""
    said = {"label": point.label, "facts": facts}
    tensors: dict[str, Tensor] = {point.space: point.values.contiguous()}
    write_whole(path, safetensors.torch.save(tensors, {"musegan-point": json.dumps(said)}))


def load_point(path: Path, model: ImageModelFile) -> Point:
    """Read what `save_point` wrote.

    Raises:
        UsageError: there is no such file, or it is of another model.
        CheckpointError: it is damaged or something else.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; `musegan image project` makes one of a picture")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            said = json.loads((file.metadata() or {})["musegan-point"])
            (space,) = file.keys()
            values = file.get_tensor(space)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path}: damaged, or no latent; `musegan image project` makes one"
        ) from error
    known: Space = "style" if space == "style" else "latent"
    if known == "style" and not has_styles(model):
        raise UsageError(f"{path}: holds a style, and this model has none; project onto this model")
    if known == "latent" and values.shape != (model.sizes.latent,):
        raise UsageError(
            f"{path}: a latent of {values.numel()} numbers, this model's have "
            f"{model.sizes.latent}; project onto this model"
        )
    return Point(known, values, int(said["label"]))
