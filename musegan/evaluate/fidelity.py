"""torch-fidelity on our generators, for those who have Inception's weights.

FID, KID, the Inception score, precision and recall as torch-fidelity computes them, bit by bit as
the reference programs do; its optional package is asked for only here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from musegan.errors import CheckpointError, MissingExtra

Bytes = npt.NDArray[np.uint8]
Draw = Callable[[Tensor, int], Tensor]  # (latents, number of the first) -> images in [-1, 1]


def fidelity_metrics(
    draw: Draw,
    latent: int,
    real: Bytes,
    *,
    weights: Path | None = None,
    seed: int = 0,
    metrics: tuple[str, ...] = ("fid", "kid", "isc"),
    options: dict[str, Any] | None = None,
) -> dict[str, float]:
    """As many generated images as real ones, against them.

    Args:
        draw: (latents (batch, latent), number of the first) -> images (batch, channel, row,
            column) in [-1, 1]. What classes they are of is its own affair: conditional models of
            torch-fidelity 0.4.0 ask numpy for a type that it no longer has.
        real: (image, channel, row, column).
        weights: of the feature extractor; None: torch-fidelity fetches Inception's.
        metrics: "fid", "kid", "isc" or "prc".
        options: more arguments of `calculate_metrics`, such as `feature_extractor`.

    Returns:
        torch-fidelity's figures by its names, such as `frechet_inception_distance`.

    Raises:
        MissingExtra: torch-fidelity is not installed.
        CheckpointError: the weights are not there.
    """
    try:
        import torch_fidelity
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision of another torch
        raise MissingExtra(
            f"torch-fidelity cannot be imported ({error}); pip install 'musegan[fidelity]'"
        ) from error
    if weights is not None and not weights.is_file():
        raise CheckpointError(f"no such weights of a feature extractor: {weights}")
    size = min(1000, len(real))
    asked: dict[str, Any] = {
        "input1": torch_fidelity.GenerativeModelModuleWrapper(
            RoundedColours(draw), latent, "normal", num_classes=0
        ),
        "input1_model_num_samples": len(real),
        "input2": RealColours(real),
        "cuda": torch.cuda.is_available(),
        "rng_seed": seed,
        "kid_subset_size": size,
        "save_cpu_ram": True,
        "cache": False,
        "verbose": False,
        **dict.fromkeys(metrics, True),
    }
    if weights is not None:
        asked["feature_extractor_weights_path"] = str(weights)
    found = torch_fidelity.calculate_metrics(**asked | (options or {}))
    return {name: float(value) for name, value in found.items()}


class RoundedColours(nn.Module):
    """A generator as torch-fidelity wants it: latents -> bytes (batch, 3, row, column)."""

    def __init__(self, draw: Draw) -> None:
        super().__init__()
        self.draw, self.drawn = draw, 0

    def forward(self, latents: Tensor) -> Tensor:
        images = self.draw(latents, self.drawn)
        self.drawn += len(latents)
        return coloured(((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8))


class RealColours(torch.utils.data.Dataset[Tensor]):
    """Images as torch-fidelity reads them: bytes (3, row, column) each."""

    def __init__(self, images: Bytes) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return coloured(torch.from_numpy(self.images[index : index + 1].copy()))[0]


def coloured(images: Tensor) -> Tensor:
    """Images (batch, channel, row, column) with three channels; grey ones have three alike."""
    return images if images.shape[1] == 3 else images[:, :1].expand(-1, 3, -1, -1)
