"""Earlier fakes, so that a critic does not forget what the generator did before."""

import torch
from torch import Tensor, nn

from musegan.train import ranks
from musegan.train.noise import alike


class FakePool(nn.Module):
    """Holds fakes as buffers: put it into the module of a player, and checkpoints have it.

    Source: Shrivastava et al. 2017 (arXiv:1612.07828), section 2.3, as CycleGAN has it.
    """

    held: Tensor
    empty: Tensor

    def __init__(self, places: int, *shape: int) -> None:
        super().__init__()
        self.register_buffer("held", torch.zeros(places, *shape))
        self.register_buffer("empty", torch.ones(places, dtype=torch.bool))

    @torch.no_grad()
    def forward(self, fakes: Tensor) -> Tensor:
        """Fakes (batch, ...) for the critic: half as they are, half changed for one held before.

        What is changed is held instead of it; an empty place takes a fake, and gives none back.
        """
        own, fakes = ranks.rows(len(fakes)), ranks.gathered(fakes)  # all ranks hold the same
        count = min(len(fakes), len(self.held))
        places = alike(len(self.held), device=fakes.device).argsort()[:count]
        old, empty = self.held[places], self.empty[places]
        new = fakes[:count].to(old.dtype)
        change = alike(count, device=fakes.device) < 0.5
        self.held[places] = _choose(change | empty, new, old)
        self.empty[places] = False
        return torch.cat([_choose(change & ~empty, old, new), fakes[count:].to(old.dtype)])[own]


def _choose(where: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    return torch.where(where.view(-1, *[1] * (yes.ndim - 1)), yes, no)
