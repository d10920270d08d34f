"""Critic penalties, as functions of (critic, real, fake), for samples of any shape.

They are second derivatives in the making, so they run in float32 whatever the moves run in.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]  # (batch, ...) -> logits


def full_precision(x: Tensor) -> Tensor:
    """Half-precision tensors as float32; others as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def input_gradient(critic: Critic, x: Tensor) -> Tensor:
    """Gradient of each sample's logits with respect to that sample, (batch, feature).

    A leaf that already asks for its gradient is used as it is: `critic` may know its logits.
    """
    with torch.autocast(x.device.type, enabled=False):
        if not (x.is_leaf and x.requires_grad):
            x = full_precision(x.detach()).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gradient.flatten(1)


def r1(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared gradient norm at the real samples (Mescheder et al. 2018, eq. 9)."""
    return input_gradient(critic, real).square().sum(1).mean() / 2


def r2(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared gradient norm at the fakes (Mescheder et al. 2018, eq. 10)."""
    return input_gradient(critic, fake).square().sum(1).mean() / 2


def lipschitz(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Unit gradient norm at random points between each real and its fake (WGAN-GP, eq. 3).

    `real` and `fake` have the same shape. Source: Gulrajani et al. 2017 (arXiv:1704.00028).
    """
    real, fake = full_precision(real), full_precision(fake)
    mix = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device, dtype=real.dtype)
    between = torch.lerp(fake.detach(), real, mix)
    excess: Tensor = input_gradient(critic, between).norm(dim=1) - 1
    return excess.square().mean()
