"""DeepComposer's GAN: a U-Net from a melody's roll to a band's. AWS DeepComposer's notebook, 2019.

Two bars of a melody, 32 steps of 128 pitches, are an image; so are the tracks written to it, one a
channel. The convolutions go down to noise and up again, with skips, as in U-Net (Ronneberger et al. 2015,
arXiv:1505.04597). Trained as WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028).
"""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from musegan.config import PeerExperiment
from musegan.data.barrolls import BAR_STEPS, BarRolls
from musegan.gans.bars import BarSizes, BarSystem, Players, scaled, silenced
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import normal, truncated
from musegan.train.penalties import lipschitz
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

BARS, PITCHES, LOW = 2, 128, -1.0
LEVELS = (1, 2, 4, 8)  # channels of each level down, in widths
BOUND = 2.0  # of the noise


def _down(before: int, after: int, norm: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(after, momentum=0.2)] if norm else []))


def _up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(before, after, 4, 2, 1), nn.ReLU(), nn.BatchNorm2d(after, momentum=0.2)
    )


class Generator(nn.Module):
    """Noise (batch, number), a melody (batch, bar, step, pitch) -> rolls (batch, track, bar, step, pitch).

    All values lie in -1 to 1. The noise is brought within 2 of 0.
    """

    def __init__(self, sizes: BarSizes) -> None:
        super().__init__()
        channels = [sizes.width * level for level in LEVELS]
        self.deepest = deepest(sizes, sizes.width)
        self.down = nn.ModuleList(
            _down(before, after, norm=before > 1) for before, after in pairwise([1, *channels])
        )
        self.up = nn.ModuleList(
            _up(2 * before, after)
            for before, after in zip(channels[:0:-1], channels[-2::-1], strict=True)
        )
        self.out = nn.ConvTranspose2d(2 * channels[0], sizes.tracks, 4, 2, 1)

    def forward(self, noise: Tensor, melody: Tensor) -> Tensor:
        found = [melody.flatten(1, 2)[:, None]]
        for layer in self.down:
            found.append(layer(found[-1]))
        x = truncated(noise, BOUND).view(-1, *self.deepest)
        for layer, skip in zip(self.up, found[:1:-1], strict=True):
            x = layer(torch.cat([x, skip], 1))
        rolls: Tensor = self.out(torch.cat([x, found[1]], 1)).tanh()
        return rolls.view(*rolls.shape[:2], *melody.shape[1:])


class Critic(nn.Module):
    """Rolls of two bars, the melody among them, (batch, track, bar, step, pitch) -> logits (batch,)."""

    def __init__(self, sizes: BarSizes) -> None:
        super().__init__()
        channels = [sizes.tracks + 1, *(sizes.critic_width * level for level in LEVELS)]
        layers = [
            layer
            for before, after in pairwise(channels)
            for layer in (nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2))
        ]
        features = prod(deepest(sizes, sizes.critic_width))
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 1))

    def forward(self, rolls: Tensor) -> Tensor:
        logits: Tensor = self.layers(rolls.flatten(2, 3)).squeeze(1)
        return logits


def deepest(sizes: BarSizes, width: int) -> tuple[int, int, int]:
    """What convolutions of so many channels make of two bars at last: channels, steps, pitches."""
    shrink = 2 ** len(LEVELS)
    return width * LEVELS[-1], sizes.bars * BAR_STEPS // shrink, sizes.pitches // shrink


def noise(sizes: BarSizes) -> int:
    """As many numbers as the deepest layer has, which they lie beside."""
    return prod(deepest(sizes, sizes.width))


def networks(sizes: BarSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(
    players: Players, sizes: BarSizes, wanted: PeerExperiment, state: GameState
) -> list[Move]:
    """The notebook's: lambda 10, 5 updates of the critic a round, Adam at 1e-3 with (.5, .9)."""
    generator, critic, training = players["generator"], players["critic"], wanted.train

    def real(batch: BarRolls, round: int) -> Tensor:
        return beside(scaled(batch.band, LOW), batch)

    def fake(batch: BarRolls, round: int) -> Tensor:
        drawn = normal(len(batch.melody), noise(sizes), device=batch.melody.device)
        band = generator.module(drawn, scaled(batch.melody, LOW))
        return beside(silenced(band, batch.active, LOW), batch)

    def beside(band: Tensor, batch: BarRolls) -> Tensor:
        melody = scaled(batch.melody, LOW)[:, None]
        return torch.cat([band, melody.to(band.dtype)], 1)

    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=real,
        fake=fake,
        penalties=[Penalty("lipschitz", lipschitz, training.gamma, training.penalty_every)],
        n_critic=training.n_critic,
        state=state,
    )


DEEPCOMPOSER = BarSystem(networks, recipe, noise, BARS, 0, PITCHES, low=LOW)
