"""LAPGAN: a small image, then what each doubling of its size lacks. Denton et al. 2015
(arXiv:1506.05751).

A pyramid is a coarse image and the details of each octave: what an image has that its half, made
twice as wide again, has not. Each octave is a game of its own; the players hold all of them.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans.system import Players, Sizes, System
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial, together
from musegan.train.state import GameState

OCTAVES = 2  # above the coarsest image


def halved(images: Tensor) -> Tensor:
    """Each pixel the mean of four: d(.) of section 2.2."""
    return avg_pool2d(images, 2)


def doubled(images: Tensor) -> Tensor:
    """Smooth, twice as wide: u(.) of section 2.2."""
    return interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


def pyramid(images: Tensor, octaves: int = OCTAVES) -> list[Tensor]:
    """The coarse image, then details from coarse to fine (eq. 3)."""
    details = []
    for _ in range(octaves):
        coarse = halved(images)
        details.append(images - doubled(coarse))
        images = coarse
    return [images, *reversed(details)]


def rebuilt(octaves: list[Tensor]) -> Tensor:
    """The images of a pyramid (eq. 4)."""
    images, *details = octaves
    for detail in details:
        images = doubled(images) + detail
    return images


class Coarse(nn.Module):
    """Latents (batch, latent) -> the coarsest images: a dense network."""

    def __init__(self, sizes: Sizes, side: int, latent: int) -> None:
        super().__init__()
        self.shape = (sizes.channels, side, side)
        self.label = nn.Embedding(sizes.classes, latent) if sizes.classes else None
        hidden = 32 * sizes.width
        self.layers = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, sizes.channels * side**2),
            nn.Tanh(),
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        if self.label is not None:
            latent = latent + self.label(labels)
        images: Tensor = self.layers(latent).view(-1, *self.shape)
        return images


class Detail(nn.Module):
    """Coarse images made wider, latents -> their details, with a plane of noise, one of the class."""

    def __init__(self, sizes: Sizes, side: int, latent: int) -> None:
        super().__init__()
        self.noise = nn.Linear(latent, side**2)
        self.label = nn.Embedding(sizes.classes, side**2) if sizes.classes else None
        planes = sizes.channels + (1 if self.label is None else 2)
        width = sizes.width
        self.layers = nn.Sequential(
            nn.Conv2d(planes, width, 5, 1, 2),
            nn.ReLU(),
            nn.Conv2d(width, width, 5, 1, 2),
            nn.ReLU(),
            nn.Conv2d(width, sizes.channels, 5, 1, 2),
        )

    def forward(self, wide: Tensor, latent: Tensor, labels: Tensor) -> Tensor:
        planes = [wide, self.noise(latent).view(-1, 1, *wide.shape[2:])]
        if self.label is not None:
            planes.append(self.label(labels).view(-1, 1, *wide.shape[2:]))
        details: Tensor = self.layers(torch.cat(planes, dim=1))
        return details


class Generator(nn.Module):
    """Latents (batch, latent) -> images (batch, channel, side, side); a part of them an octave."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        sides = [sizes.side // 2**octave for octave in reversed(range(OCTAVES + 1))]
        parts = [len(part) for part in torch.arange(sizes.latent).tensor_split(OCTAVES + 1)]
        self.parts = parts  # numbers of the latent, by octave
        self.coarse = Coarse(sizes, sides[0], parts[0])
        self.details = nn.ModuleList(
            Detail(sizes, side, part) for side, part in zip(sides[1:], parts[1:], strict=True)
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        first, *others = latent.tensor_split(OCTAVES + 1, dim=1)
        images: Tensor = self.coarse(first, labels)
        for detail, part in zip(self.details, others, strict=True):
            wide = doubled(images)
            images = wide + detail(wide, part, labels)
        return images.clamp(-1, 1)


class CoarseCritic(nn.Module):
    """The coarsest images -> logits (batch,): a dense network."""

    def __init__(self, sizes: Sizes, side: int) -> None:
        super().__init__()
        hidden = 32 * sizes.width
        pixels = sizes.channels * side**2
        self.label = nn.Embedding(sizes.classes, pixels) if sizes.classes else None
        self.layers = nn.Sequential(
            nn.Linear(pixels if self.label is None else 2 * pixels, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
            nn.Flatten(0),
        )

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        seen = images.flatten(1)
        if self.label is not None:
            seen = torch.cat([seen, self.label(labels)], dim=1)
        logits: Tensor = self.layers(seen)
        return logits


class DetailCritic(nn.Module):
    """Details, and coarse images made wider -> logits (batch,). It sees both, and their sum."""

    def __init__(self, sizes: Sizes, side: int) -> None:
        super().__init__()
        self.label = nn.Embedding(sizes.classes, side**2) if sizes.classes else None
        planes = 2 * sizes.channels + (0 if self.label is None else 1)
        width = sizes.width
        self.layers = nn.Sequential(
            nn.Conv2d(planes, width, 5, 2, 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 5, 2, 2),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * (side // 4) ** 2, 1),
            nn.Flatten(0),
        )

    def forward(self, details: Tensor, wide: Tensor, labels: Tensor) -> Tensor:
        planes = [wide + details, details]
        if self.label is not None:
            planes.append(self.label(labels).view(-1, 1, *wide.shape[2:]))
        logits: Tensor = self.layers(torch.cat(planes, dim=1))
        return logits


class Critic(nn.Module):
    """A critic for each octave."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        sides = [sizes.side // 2**octave for octave in reversed(range(OCTAVES + 1))]
        self.coarse = CoarseCritic(sizes, sides[0])
        self.details = nn.ModuleList(DetailCritic(sizes, side) for side in sides[1:])


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    """Section 3.2: dense at the bottom, convolutions above."""
    if sizes.side % 2**OCTAVES or sizes.side < 4 * 2**OCTAVES:
        raise ConfigError(
            f"lapgan halves images {OCTAVES} times, down to 4 pixels at least; "
            f"set data.side, now {sizes.side}, to 16, 20, 24, 28, 32 or more"
        )
    if sizes.latent <= OCTAVES:
        raise ConfigError(f"lapgan needs model.latent above {OCTAVES}; it is {sizes.latent}")
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Equations 1 and 2: the coarsest images from noise, and each octave's details given what is
    coarser, by independent games. One Adam over weights that share nothing is one for each.

    With `train.gamma` each critic has R1 (Mescheder et al. 2018, arXiv:1801.04406), for the paper's
    dropout."""
    generator, critic = players["generator"].module, players["critic"].module
    assert isinstance(generator, Generator)
    assert isinstance(critic, Critic)
    drawers = [generator.coarse, *generator.details]
    judges = [critic.coarse, *critic.details]

    def octave(number: int) -> list[Move]:
        def real(batch: Pictures, round: int) -> Tensor:
            return pyramid(batch.images)[number]

        def wide(batch: Pictures) -> Tensor:
            return doubled(rebuilt(pyramid(batch.images)[:number]))

        def fake(batch: Pictures, round: int) -> Tensor:
            part = generator.parts[number]
            latent = normal(len(batch.images), part, device=batch.images.device)
            given = (wide(batch),) if number else ()
            images: Tensor = drawers[number](*given, latent, batch.labels)
            return images

        def score(images: Tensor, batch: Pictures, round: int) -> Tensor:
            given = (wide(batch),) if number else ()
            logits: Tensor = judges[number](images, *given, batch.labels)
            return logits

        # In proportion to the pixels, as ADA's authors set it (Karras et al. 2020, arXiv:2006.06676).
        gamma = wanted.train.gamma / 4 ** (OCTAVES - number)
        return adversarial(
            players["generator"],
            players["critic"],
            LOSSES[wanted.train.loss],
            real=real,
            fake=fake,
            score=score,
            penalties=[Penalty("r1", r1, gamma, wanted.train.penalty_every)],
            n_critic=wanted.train.n_critic,
            state=state,
        )

    return together({f"octave{number}": octave(number) for number in range(OCTAVES + 1)})


LAPGAN = System(networks, recipe)
