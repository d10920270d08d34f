"""Codebooks of a band: drawn from its corpora, and in the file that holds its weights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from musegan.data.entries import draw_entries
from musegan.data.pianorolls import TRACK_NAMES, Rolls
from musegan.models.cells import BandCells
from musegan.models.codebook import Codebook

PREFIX = "codebook."
AT_ONCE = 1024  # entries that are encoded at once


def draw_codebooks(
    cells: BandCells,
    corpora: Sequence[Rolls],
    shares: Sequence[float],
    styles: Sequence[str],
    count: int,
    seed: int,
) -> dict[str, Codebook]:
    """A codebook of each role that somebody plays, of `count` cells a style; see `draw_entries`."""
    rng = np.random.default_rng([seed, 0])
    found = {}
    for role in cells.roles:
        column = TRACK_NAMES.index(role)
        if any(rolls.planes[:, column].any() for rolls in corpora):
            planes, belongs = draw_entries(corpora, shares, styles, role, count, rng)
            found[role] = codebook_of(cells, role, planes, belongs)
    return found


@torch.no_grad()
def codebook_of(cells: BandCells, role: str, planes: Tensor, styles: Tensor) -> Codebook:
    """A codebook of cells (entry, plane, step, pitch), as bytes, of styles (entry, style)."""
    device = next(cells.parameters()).device
    planes = planes.to(device)
    parts = torch.split(planes, AT_ONCE)
    latents = [cells.encode(role, part.float()) for part in parts]
    free = torch.zeros(styles.shape, device=device)
    return Codebook(planes, torch.cat(latents), styles.to(device), free)


def tensors_of(codebooks: Mapping[str, Codebook]) -> dict[str, Tensor]:
    """What a file holds of codebooks: cells, eight notes a byte, whose they are, and their prices."""
    tensors = {}
    for role, codebook in codebooks.items():
        bits = codebook.planes.flatten(1).cpu().numpy()
        tensors[f"{PREFIX}{role}.cells"] = torch.from_numpy(np.packbits(bits, axis=1))
        tensors[f"{PREFIX}{role}.styles"] = codebook.styles.to(torch.uint8).cpu()
        tensors[f"{PREFIX}{role}.prices"] = codebook.prices.cpu()
    return tensors


def read_codebooks(cells: BandCells, tensors: Mapping[str, Tensor]) -> dict[str, Codebook]:
    """The codebooks of a file's tensors, for autoencoders whose weights are there; none if it has none."""
    found = {}
    for role in cells.roles:
        if f"{PREFIX}{role}.cells" in tensors:
            shape = cells.shape_of(role)
            packed = tensors[f"{PREFIX}{role}.cells"].to(torch.uint8).numpy()
            bits = np.unpackbits(packed, axis=1, count=math.prod(shape))
            planes = torch.from_numpy(bits.reshape(-1, *shape))
            belongs = tensors[f"{PREFIX}{role}.styles"] > 0
            book = codebook_of(cells, role, planes, belongs)
            prices = tensors.get(f"{PREFIX}{role}.prices")  # earlier files have none
            found[role] = book if prices is None else replace(book, prices=prices.float())
    return found
