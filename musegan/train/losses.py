"""Adversarial losses, as pairs of functions of logits.

Each takes (real logits, fake logits), of any shape, and returns a scalar to be minimised.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus

PairLoss = Callable[[Tensor, Tensor], Tensor]  # (real logits, fake logits) -> scalar


class AdversarialLoss(NamedTuple):
    critic: PairLoss
    generator: PairLoss
    paired: bool = False  # the generator's loss also reads the real logits
    middle: float | None = 0.0  # logits of reals lie above, of fakes below; None: nowhere so

    def margins(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """How far logits lie above what the critic tells reals from fakes by: its middle, or the
        other sample of the pair."""
        if self.paired:
            return real - fake, fake - real
        return real - (self.middle or 0.0), fake - (self.middle or 0.0)


LOSSES: dict[str, AdversarialLoss] = {
    # Goodfellow et al. 2014 (arXiv:1406.2661), the non-saturating form
    "vanilla": AdversarialLoss(
        critic=lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        generator=lambda _, fake: softplus(-fake).mean(),
    ),
    # Mao et al. 2017 (arXiv:1611.04076), eq. 9
    "least_squares": AdversarialLoss(
        critic=lambda real, fake: ((real - 1).square().mean() + fake.square().mean()) / 2,
        generator=lambda _, fake: (fake - 1).square().mean() / 2,
        middle=0.5,
    ),
    # Lim and Ye 2017 (arXiv:1705.02894)
    "hinge": AdversarialLoss(
        critic=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        generator=lambda _, fake: -fake.mean(),
    ),
    # Arjovsky et al. 2017 (arXiv:1701.07875)
    "wasserstein": AdversarialLoss(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda _, fake: -fake.mean(),
        middle=None,
    ),
    # Jolicoeur-Martineau 2018 (arXiv:1807.00734); with r1 and r2, Huang et al. 2024 (R3GAN)
    "relativistic": AdversarialLoss(
        critic=lambda real, fake: softplus(fake - real).mean(),
        generator=lambda real, fake: softplus(real - fake).mean(),
        paired=True,
    ),
}
