"""Cells that people have played, and which of them is nearest to a latent.

What a generator writes lies between the latents of real cells, where decoders are unsure: notes are
cut short, ties are lost, and sixteenths stray. A band with a codebook plays the entry that is nearest
instead, as codes are chosen in van den Oord et al. 2017 (arXiv:1711.00937, eq. 1 and 2); there they
are learned, here they are half bars of songs.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

HABIT = 1.1  # how dear it is to depart from a rhythm, a step; a latent's length is 8
FIRM_HABIT = 8.0  # the same where the harmony is forgotten, but not the rhythm
THICKEST = 4  # notes at once; more are of one kind


@dataclass(frozen=True, eq=False)
class Codebook:
    """The entries of one role.

    planes: (entry, plane, step, pitch), 0 and 1 as bytes;
    latents: (entry, latent), what its autoencoder makes of them, all of one length;
    styles: (entry, style), whether it is one of a style's;
    prices: (entry, style), by how much it must be nearer than others to be played in a style.
    """

    planes: Tensor
    latents: Tensor
    styles: Tensor
    prices: Tensor

    def nearest(
        self,
        latents: Tensor,
        style: Tensor,
        rhythm: Tensor | None = None,
        held: Tensor | None = None,
        firm: bool = False,
    ) -> Tensor:
        """The entries nearest to latents (cell, latent), of those of a style -> (cell,).

        `style` is one-hot, (style,) or (cell, style); where it is all zero any entry will do. As all
        latents are of one length, the nearest has the greatest inner product, of which an entry's price
        is taken. `rhythm`, (cell, step), says where notes began in the cell's place a bar ago: each
        step at which an entry differs from it costs `HABIT` of that product, `FIRM_HABIT` where habits
        are `firm`. Where none began it has no say. `held`, (pitch,) or (cell, pitch),
        says what sounds until the cell begins: an entry that begins no note, and holds on none of these,
        would be silent, and is not taken for one that sounds.
        """
        with torch.autocast(latents.device.type, enabled=False):
            likeness = latents.float() @ self.latents.T - style.float() @ self.prices.T
            foreign = style.float() @ (~self.styles).float().T > 0
            if rhythm is not None:
                heard = rhythm.float().any(1)[:, None]
                differs = torch.cdist(rhythm.float(), self.rhythms, p=1.0)
                likeness = likeness - (FIRM_HABIT if firm else HABIT) * differs * heard
            if held is not None:
                unheard = (held.float() @ self.ties.T == 0) & ~self.rhythms.any(1)
                foreign = foreign | (unheard & self.ties.any(1))
        return likeness.masked_fill(foreign, -torch.inf).argmax(1)

    @cached_property
    def ties(self) -> Tensor:
        """What is held on from before, (entry, pitch); of drums, which have no sustain, nothing."""
        if self.planes.shape[1] == 1:
            return torch.zeros_like(self.planes[:, 0, 0], dtype=torch.float32)
        return self.planes[:, 1, 0].float()

    @cached_property
    def rhythms(self) -> Tensor:
        """Whether notes begin, (entry, step)."""
        return self.planes[:, 0].any(2).float()


def kinds(planes: Tensor) -> Tensor:
    """Of what kind cells (cell, plane, step, pitch) are, (cell,): their rhythm, and how thick they are.

    Two cells are of one kind if notes begin at the same steps and as many sound at once, at most.
    """
    begun = (planes[:, 0] > 0).any(2)
    thick = (planes > 0).any(1).sum(2).amax(1).clamp(max=THICKEST)
    places = 2 ** torch.arange(begun.shape[1], device=planes.device)
    return (begun * places).sum(1) * (THICKEST + 1) + thick
