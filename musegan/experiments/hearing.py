"""What the critic of a band hears: latents as they sound, the band's own past, another melody."""

from dataclasses import replace

import torch
from torch import Tensor

from musegan.data.windows import WindowBatch
from musegan.models.band import BandGenerator, Window
from musegan.models.cells import BandCells

SHARPNESS = 2.0  # of chances of notes, as a factor on their logits


def encode_window(cells: BandCells, batch: WindowBatch) -> Window:
    """Planes -> latents; roles a song lacks have none."""
    shape = (batch.given.shape[0], batch.given.shape[1])
    with torch.no_grad():
        flat = {role: planes.flatten(0, 1).float() for role, planes in batch.band.items()}
        latents = cells.encode_window(flat, shape) * batch.active[:, None, :, None]
    return Window(
        batch.melody.float(),
        latents,
        batch.given,
        batch.active,
        batch.visible,
        batch.place,
        batch.style,
    )


def as_heard(cells: BandCells, window: Window, latents: Tensor, *, struck: bool) -> Tensor:
    """The latents of what latents sound like: decoded to chances of notes, and encoded again.

    Real and generated latents alike go this way to the critic, so that it judges music and not
    how far a generator's latents lie from those of real cells; where a decoder is unsure, it
    hears so. The chances are sharpened, or, where `struck`, rounded to notes, with gradients
    straight through (Bengio et al. 2013, arXiv:1308.3432). Given cells are not changed.
    """
    made = (window.given == 0) & (window.active[:, None] > 0)
    heard = torch.where(window.given[..., None] > 0, window.latents, latents)
    heard = heard * window.active[:, None, :, None]

    def through(role: str, latents: Tensor) -> Tensor:
        chances = (SHARPNESS * cells.decode(role, latents)).sigmoid()
        if struck:
            chances = (chances > 0.5).float() + chances - chances.detach()
        return cells.encode(role, chances).to(heard.dtype)

    for index, role in enumerate(cells.roles):
        where, wanted = made[:, :, index], latents[:, :, index]
        if latents.is_cuda or torch.compiler.is_compiling():  # all: to ask which is to wait
            played = through(role, wanted.flatten(0, 1)).view(wanted.shape)
            heard[:, :, index] = torch.where(where[..., None], played, heard[:, :, index])
        elif where.any():
            heard[:, :, index][where] = through(role, wanted[where])
    return heard


def as_played(cells: BandCells, window: Window, latents: Tensor) -> tuple[Tensor, Tensor]:
    """The entries that are played for latents, and how far these lie from them.

    Real and generated latents alike go this way to the critic. Gradients go straight through, from an
    entry to the latents that it was chosen for, and the distance, a mean square, draws latents to their
    entries (van den Oord et al. 2017, arXiv:1711.00937, eq. 3). Given cells are not changed.
    """
    made = (window.given == 0) & (window.active[:, None] > 0)
    heard = torch.where(window.given[..., None] > 0, window.latents, latents)
    heard = heard * window.active[:, None, :, None]
    style = window.style[:, None].expand(-1, latents.shape[1], -1).flatten(0, 1)
    played = []
    for index, role in enumerate(cells.roles):
        own = heard[:, :, index].detach()
        if role in cells.codebooks:
            codebook = cells.codebooks[role]
            entries = codebook.nearest(own.flatten(0, 1), style)
            own = codebook.latents[entries].view(own.shape).to(own.dtype)
        played.append(own)
    entries = torch.stack(played, 2)
    where = made[..., None].to(heard.dtype)
    distance = ((heard - entries).square() * where).sum() / (where.sum() * heard.shape[3]).clamp(
        min=1
    )
    return heard + where * (entries - heard.detach()), distance


@torch.no_grad()
def with_own_past(
    window: Window, asked: Window, cells: BandCells, generator: BandGenerator, noise: Tensor
) -> Window:
    """The window, with what is given in it but not in `asked` as the generator writes it.

    So that it learns to go on from what it plays itself, and not from people's music alone (Ross et
    al. 2011, arXiv:1011.0686). It is heard as it is played.
    """
    written = generator(replace(asked, latents=window.latents), noise)
    played = as_heard(cells, asked, written, struck=True)
    own = ((window.given > 0) & (asked.given == 0))[..., None]
    return replace(window, latents=torch.where(own, played, window.latents))


def with_other_melody(window: Window) -> Window:
    """The same bands, each beside the melody of the window before it in the batch."""
    return Window(
        window.melody.roll(1, 0),
        window.latents,
        window.given,
        window.active,
        window.visible,
        window.place,
        window.style,
    )
