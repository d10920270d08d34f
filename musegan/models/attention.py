"""Self-attention between the pixels of an image. Zhang et al. 2019 (arXiv:1805.08318)."""

import torch
from torch import Tensor, nn

from musegan.models.residual import convolution


class SelfAttention(nn.Module):
    """Maps (batch, channel, row, column) -> the same, each pixel having looked at all others.

    Written out, since a penalty differentiates it twice. It starts as the identity: its gate is 0
    (eq. 3). All four convolutions are under spectral norm.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 8, 8)  # C / 8 as in section 3, but no fewer than 8
        self.query = convolution(channels, inner, 1, spectral=True)
        self.key = convolution(channels, inner, 1, spectral=True)
        self.value = convolution(channels, inner, 1, spectral=True)
        self.back = convolution(inner, channels, 1, spectral=True)
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (part(x).flatten(2) for part in (self.query, self.key, self.value))
        weights = (query.transpose(1, 2) @ key).softmax(dim=2)  # (batch, pixel, pixel looked at)
        seen = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return torch.addcmul(x, self.gate, self.back(seen))
