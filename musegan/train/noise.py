"""Random numbers for a batch: one row a sample, whichever process has the sample.

Every rank draws the rows of all and takes its own, so that N ranks see what one process would
with N times the batch. What is drawn otherwise, such as dropout, is the same on all ranks.
"""

import torch
from torch import Tensor

from musegan.train import ranks


def normal(count: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal numbers, (count, *shape)."""
    return torch.randn(count * ranks.world(), *shape, device=device)[ranks.rows(count)]


def truncated(numbers: torch.Tensor, bound: float) -> torch.Tensor:
    """Standard normal numbers brought within `bound` of 0, of the same shape.

    They are spread as if others had been drawn again until they were within, and keep their order:
    the less the bound, the nearer each comes to 0, by a way without a jump.

    Source: the truncation trick of Brock et al. 2019 (arXiv:1809.11096), section 3.1.
    """
    reach = torch.special.erf(torch.tensor(bound / 2**0.5, dtype=torch.float64))
    shares = torch.special.erf(numbers.double() / 2**0.5)
    near: torch.Tensor = torch.special.erfinv(shares * reach) * 2**0.5
    return near.to(numbers.dtype)


def alike(count: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Numbers in [0, 1), (count, *shape), the same in all ranks."""
    return torch.rand(count, *shape, device=device)


def uniform(count: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Numbers in [0, 1), (count, *shape)."""
    return torch.rand(count * ranks.world(), *shape, device=device)[ranks.rows(count)]
