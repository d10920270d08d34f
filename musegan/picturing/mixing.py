"""Styles mixed: what is coarse of one picture with what is fine of another.

Section 3.1 of Karras et al. 2019 (arXiv:1812.04948): the first layers steer shape and pose, the
last ones surface and shade.
"""

import torch
from torch import Tensor

from musegan.errors import UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import Tick, latents_of, silent
from musegan.picturing.points import draw_styles, has_styles, layers_of, styles_of


def check_mixes(model: ImageModelFile) -> None:
    """Refuse a model without styles. Raises UsageError."""
    if not has_styles(model):
        raise UsageError(
            f"{model.experiment.model.system} has no styles to mix; use a model of stylegan2"
        )


def default_cut(model: ImageModelFile) -> int:
    """The layer from which on styles are fine: half of them."""
    return layers_of(model) // 2


def mix(
    model: ImageModelFile,
    coarse: list[int],
    fine: list[int],
    *,
    cut: int,
    labels: Tensor | None = None,
    seed: int = 0,
    tick: Tick = silent,
) -> Tensor:
    """A sheet of (1 + coarse) x (1 + fine) images, row by row.

    The first column has the pictures that give what is coarse, by number, the first row those
    that give the layers from `cut` on; where they meet is their mixture. The corner is white.

    Args:
        labels: classes of the coarse and then of the fine ones, (picture,).
    """
    count, layers = len(coarse) + len(fine), layers_of(model)
    if labels is None:
        labels = torch.zeros(count, dtype=torch.int64)
    styles = styles_of(model, latents_of(seed, [*coarse, *fine], model.sizes.latent), labels)
    styles = styles[:, None].repeat(1, layers, 1)  # (picture, layer, width)
    rows, columns = styles[: len(coarse)], styles[len(coarse) :]
    late = (torch.arange(layers) >= cut)[:, None]
    mixed = torch.where(late, columns[None], rows[:, None]).flatten(0, 1)
    images = draw_styles(model, torch.cat([rows, columns, mixed]), tick=tick)
    top, inner = images[len(rows) : count], images[count:]
    sheet = [torch.ones_like(images[:1]), top]
    for row, image in enumerate(images[: len(rows)]):
        sheet += [image[None], inner[row * len(fine) : (row + 1) * len(fine)]]
    return torch.cat(sheet)
