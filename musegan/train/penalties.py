"""Critic penalties, as functions of (critic, real, fake), for samples of any shape.

They are second derivatives in the making, so they run in float32 whatever the moves run in.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from musegan.train.noise import uniform

Critic = Callable[[Tensor], Tensor]  # (batch, ...) -> logits


def full_precision(x: Tensor) -> Tensor:
    """Half-precision tensors as float32; others as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


class Judged:
    """A critic that is asked but once about a sample: then it knows its logits and the slope there.

    So r1 and r2 cost no forward of their own.
    """

    def __init__(self, critic: Critic) -> None:
        self.critic = critic
        self.known: list[tuple[Tensor, Tensor, Tensor | None]] = []  # sample, logits, gradient

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The sample, detached, as penalties are to be given it, and its logits."""
        x, slope = x.detach(), None
        if torch.compiler.is_compiling():
            slope, logits = torch.func.grad(self._summed, has_aux=True)(x)
        else:
            logits = self.critic(x.requires_grad_())
        self.known.append((x, logits, slope))
        return x, logits

    def __call__(self, x: Tensor) -> Tensor:
        for sample, logits, _ in self.known:
            if sample is x:
                return logits
        return self.critic(x)

    def slope(self, x: Tensor) -> Tensor | None:
        """The gradient at a sample where it is known, of its shape."""
        for sample, _, slope in self.known:
            if sample is x:
                return slope
        return None

    def _summed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.critic(x)
        return logits.sum(), logits


def gradient_at(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Gradient of a scalar function at `x`, of the shape of x, to be differentiated again.

    torch compiles no `autograd.grad` that is differentiated again, but it does `func.grad`.
    """
    if torch.compiler.is_compiling():
        gradient: Tensor = torch.func.grad(function)(x)
    else:
        (gradient,) = torch.autograd.grad(function(x), x, create_graph=True)
    return gradient


def input_gradient(critic: Critic, x: Tensor) -> Tensor:
    """Gradient of each sample's logits with respect to that sample, (batch, feature)."""
    with torch.autocast(x.device.type, enabled=False):
        gradient = critic.slope(x) if isinstance(critic, Judged) else None
        if gradient is None:
            if not (x.is_leaf and x.requires_grad):  # a leaf is one whose logits are known
                x = full_precision(x.detach()).requires_grad_(not torch.compiler.is_compiling())
            gradient = gradient_at(lambda z: critic(z).sum(), x)
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
    mix = uniform(len(real), *[1] * (real.ndim - 1), device=real.device).to(real.dtype)
    between = torch.lerp(fake.detach(), real, mix)
    excess: Tensor = input_gradient(critic, between).norm(dim=1) - 1
    return excess.square().mean()
