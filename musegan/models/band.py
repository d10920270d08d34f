"""The band's generator and critic: fill in the missing cells of a window.

A window is `cells` half bars. Generator and critic are transformers over its cells, one token a
cell, that hold all tracks at once; they work on the latents of `models.cells` and
differ in what goes in and what comes out. Attention is written out because the critic's penalties
differentiate it twice, which fused attention does not offer.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm

from musegan.models.cells import PITCHES
from musegan.models.codebook import STEPS

INDICES, COUNTS = 4, 6  # cells of a bar that are told apart; longer bars share the last
PLACE = 4 + INDICES + COUNTS  # features of a cell's place: see `Window.place`


@dataclass(frozen=True, eq=False)
class Window:
    """What is known of a batch of windows before the band is filled in.

    melody: (batch, cell, 2, step, pitch) planes in 0..1; not read by networks that hear none;
    latents: (batch, cell, role, latent), read only where `given`;
    given: (batch, cell, role), 1 where the cell is known;
    active: (batch, role), 1 for the roles that play;
    visible: (batch, cell), 1 where the melody may be seen;
    place: (batch, cell, PLACE): inside the song, steps of the cell, of its first step in the bar,
        downbeat; one-hot index in its bar and number of cells of the bar;
    style: (batch, style), one-hot; all zero for any style.
    """

    melody: Tensor
    latents: Tensor
    given: Tensor
    active: Tensor
    visible: Tensor
    place: Tensor
    style: Tensor


@dataclass(frozen=True)
class Sizes:
    """What generator and critic of one band have in common."""

    cells: int  # of a window
    roles: int
    latent: int  # numbers a cell of a role
    styles: int
    width: int  # of a token
    heads: int
    hears: bool = True  # a melody; one that writes the melody has none to hear


class Block(nn.Module):
    """A pre-norm transformer block (Vaswani et al. 2017; Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm1(x)).unflatten(2, (3, self.heads, -1)).unbind(2)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)  # batch, head, cell, d
        weights = (q @ k.transpose(2, 3) * q.shape[-1] ** -0.5).softmax(3)
        x = x + self.project((weights @ v).transpose(1, 2).flatten(2))
        out: Tensor = x + self.down(gelu(self.up(self.norm2(x))))
        return out


class Trunk(nn.Module):
    """Tokens from what is known of each cell, then transformer blocks."""

    def __init__(self, sizes: Sizes, depth: int, extra: int = 0) -> None:
        super().__init__()
        width, roles = sizes.width, sizes.roles
        self.hears = sizes.hears
        if self.hears:
            self.melody_steps = nn.Linear(2 * PITCHES, 32)
            self.melody = nn.Linear(STEPS * 32 + 2 * PITCHES, width)
        self.latents = nn.Linear(roles * sizes.latent, width)
        self.flags = nn.Linear(2 * roles + 1 + PLACE + sizes.styles + extra, width)
        self.position = nn.Parameter(torch.randn(sizes.cells, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, sizes.heads, 2 * width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)

    def forward(self, window: Window, latents: Tensor, extra: Tensor | None = None) -> Tensor:
        """Latents (batch, cell, role, latent), already masked -> (batch, cell, width)."""
        batch, cells = window.given.shape[:2]
        seen = window.visible[:, :, None]
        flags = [
            window.given,
            window.active[:, None].expand(batch, cells, -1),
            seen,
            window.place,
            window.style[:, None].expand(batch, cells, -1),
        ]
        if extra is not None:
            flags.append(extra)
        x = self.latents(latents.flatten(2))
        if self.hears:
            steps = window.melody.transpose(2, 3).flatten(3)  # batch, cell, step, plane * pitch
            heard = torch.cat([gelu(self.melody_steps(steps)).flatten(2), steps.mean(2)], 2)
            x = self.melody(heard * seen) + x
        out: Tensor = self.norm(self.blocks(x + self.flags(torch.cat(flags, 2)) + self.position))
        return out


class BandGenerator(nn.Module):
    """A window and noise -> the latents of all its cells, given ones passed through."""

    def __init__(
        self, sizes: Sizes, depth: int = 4, *, song_noise: int = 32, cell_noise: int = 16
    ) -> None:
        super().__init__()
        self.cells, self.roles, self.latent = sizes.cells, sizes.roles, sizes.latent
        self.song_noise, self.cell_noise = song_noise, cell_noise
        self.trunk = Trunk(sizes, depth, extra=song_noise + cell_noise)
        self.out = nn.Linear(sizes.width, sizes.roles * sizes.latent)

    def forward(self, window: Window, noise: Tensor) -> Tensor:
        """Noise (batch, cell, song_noise + cell_noise) -> latents (batch, cell, role, latent)."""
        known = window.given[..., None]
        features = self.trunk(window, window.latents * known, noise)
        made = layer_norm(
            self.out(features).unflatten(2, (self.roles, self.latent)), (self.latent,)
        )
        playing = window.active[:, None, :, None]
        return (known * window.latents + (1 - known) * made) * playing

    def draw_noise(self, batch: int) -> Tensor:
        """Gaussian noise: one part holds for a whole window, the other changes with the cell."""
        song = torch.randn(batch, 1, self.song_noise).expand(-1, self.cells, -1)
        return torch.cat([song, torch.randn(batch, self.cells, self.cell_noise)], 2)


class BandCritic(nn.Module):
    """A window with its band -> one logit: does this band belong to this melody?"""

    def __init__(self, sizes: Sizes, depth: int = 3) -> None:
        super().__init__()
        self.trunk = Trunk(sizes, depth)
        self.out = nn.Linear(sizes.width, 1)

    def forward(self, window: Window, latents: Tensor) -> Tensor:
        """Latents (batch, cell, role, latent) -> logits (batch,): the mean over unknown cells."""
        token = self.out(self.trunk(window, latents))[..., 0]  # batch, cell
        unknown = 1 - (window.given + 1 - window.active[:, None]).clamp(max=1).amin(2)
        logits: Tensor = (token * unknown).sum(1) / unknown.sum(1).clamp(min=1)
        return logits
