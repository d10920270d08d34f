"""The cell autoencoder: half a bar of one track as one vector.

Each role has an encoder and a decoder of its own, so that what a generator writes in their latents
decodes to a texture that somebody has played. A cell is (plane, step, pitch): onset and sustain,
8 steps, 84 pitches from C1; drums have the onset plane alone, nine drums for pitches.
Latents have zero mean and unit variance across their features (a layer norm without weights),
so that noise and distances mean the same everywhere.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm

from musegan.models.codebook import STEPS, Codebook

LOWEST, PITCHES = 24, 84
DRUMS = 9


class CellAutoencoder(nn.Module):
    """One role's cells <-> latents. Pitches share their first and last layer across the steps."""

    def __init__(self, planes: int, pitches: int, *, latent: int, width: int, hidden: int) -> None:
        super().__init__()
        self.planes, self.pitches, self.width = planes, pitches, width
        self.latent = latent
        self.step_in = nn.Linear(planes * pitches, width)
        self.encoder = nn.Sequential(
            nn.GELU(), nn.Flatten(), nn.Linear(STEPS * width, hidden), _Residual(hidden)
        )
        self.to_latent = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), _Residual(hidden), nn.Linear(hidden, STEPS * width)
        )
        self.step_out = nn.Linear(width, planes * pitches)
        nn.init.constant_(self.step_out.bias, -4.0)  # nearly every cell of a roll is silent

    def keep_encoder(self) -> None:
        """Let only the decoder learn."""
        for layer in (self.step_in, self.encoder, self.to_latent):
            layer.requires_grad_(False)

    def encode(self, cells: Tensor) -> Tensor:
        """(batch, plane, step, pitch) in 0..1 -> (batch, latent)."""
        steps = cells.transpose(1, 2).flatten(2)  # batch, step, plane * pitch
        code = self.to_latent(self.encoder(self.step_in(steps)))
        return layer_norm(code, (self.latent,))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) -> logits, (batch, plane, step, pitch)."""
        batch = len(latents)
        steps = gelu(self.decoder(latents)).view(batch, STEPS, self.width)
        logits: Tensor = self.step_out(steps)
        return logits.view(batch, STEPS, self.planes, self.pitches).transpose(1, 2)


class BandCells(nn.Module):
    """The cell autoencoders of all roles, by name, and the codebooks of those that have one."""

    def __init__(
        self, roles: tuple[str, ...], *, latent: int = 64, width: int = 96, hidden: int = 384
    ) -> None:
        super().__init__()
        self.roles = roles
        self.latent = latent
        self.codebooks: dict[str, Codebook] = {}
        self.of = nn.ModuleDict(
            {
                role: CellAutoencoder(
                    1 if role == "drums" else 2,
                    DRUMS if role == "drums" else PITCHES,
                    latent=latent,
                    width=width,
                    hidden=hidden,
                )
                for role in roles
            }
        )

    def shape_of(self, role: str) -> tuple[int, int, int]:
        """(plane, step, pitch) of a role's cells."""
        model = self.of[role]
        assert isinstance(model, CellAutoencoder)
        return model.planes, STEPS, model.pitches

    def encode(self, role: str, cells: Tensor) -> Tensor:
        """See `CellAutoencoder.encode`."""
        latents: Tensor = self.of[role].encode(cells)  # type: ignore[operator]
        return latents

    def decode(self, role: str, latents: Tensor) -> Tensor:
        """See `CellAutoencoder.decode`."""
        logits: Tensor = self.of[role].decode(latents)  # type: ignore[operator]
        return logits

    def play(
        self,
        role: str,
        latents: Tensor,
        style: Tensor,
        rhythm: Tensor | None = None,
        held: Tensor | None = None,
        firm: bool = False,
        lift: int = 0,
        left: Tensor | None = None,
        near: Tensor | None = None,
        chord: Tensor | None = None,
    ) -> Tensor:
        """What is struck where latents (cell, latent) are played -> (cell, plane, step, pitch), bool.

        An entry of the role's codebook, see `Codebook.nearest`; without one, what the decoder holds for
        likelier than not.
        """
        if role in self.codebooks:
            codebook = self.codebooks[role]
            entries = codebook.nearest(latents, style, rhythm, held, firm, lift, left, near, chord)
            return codebook.planes[entries] > 0
        return self.decode(role, latents) > 0

    def encode_window(self, cells: Mapping[str, Tensor], shape: tuple[int, int]) -> Tensor:
        """Cells of the roles that play, each (batch * cell, plane, step, pitch) -> latents.

        Returns (batch, cell, role, latent), zeros for a role that is not in `cells`.
        """
        device = next(self.parameters()).device
        latents = torch.zeros(*shape, len(self.roles), self.latent, device=device)
        for index, role in enumerate(self.roles):
            if role in cells:
                latents[:, :, index] = self.encode(role, cells[role]).view(*shape, -1)
        return latents


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.layer = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + gelu(self.layer(self.norm(x)))
