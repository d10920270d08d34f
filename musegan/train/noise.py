"""Random numbers for a batch: one row a sample, whichever process has the sample."""

import torch
from torch import Tensor


def normal(count: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal numbers, (count, *shape)."""
    return torch.randn(count, *shape, device=device)


def uniform(count: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Numbers in [0, 1), (count, *shape)."""
    return torch.rand(count, *shape, device=device)
