"""Touch: notes in, how hard and how early or late each is struck out.

The task is Gillick et al.'s of 2019 (arXiv:1905.06118), humanisation, for all parts of a band; theirs is
a variational autoencoder, ours R3GAN's game (Huang et al. 2024, arXiv:2501.05441). The generator's
convolutions reach back only (van den Oord et al. 2016, arXiv:1609.03499), so that it plays live.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad

from musegan.config import TouchExperiment
from musegan.data.touches import TouchBatch
from musegan.gans.r3gan import calmed_penalties
from musegan.gans.system import Players
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.recipes import adversarial
from musegan.train.state import GameState

DILATIONS = (1, 2, 4, 8)
REACH = 2 * sum(DILATIONS)  # steps before one that its touch depends on
HALVINGS = 3  # of a window's steps, by the critic


class TouchSizes(NamedTuple):
    """What the networks depend on."""

    told: int  # numbers of a step that the players are told, the first of them whether voices are struck
    voices: int
    drums: int  # which of the told numbers says that it is a part of drums
    width: int
    hand: int
    noise: int
    critic_width: int


class Causal(nn.Module):
    """x + what a step and two before it, so far apart, are made into: (batch, channel, step)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.back = 2 * dilation
        self.mix = nn.Conv1d(width, width, 3, dilation=dilation)
        self.narrow = nn.Conv1d(width, width, 1)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        grown: Tensor = x + self.narrow(gelu(self.mix(pad(gelu(x), (self.back, 0)))))
        return grown


class Generator(nn.Module):
    """What is told (batch, told, step), a hand (batch, hand), noise (batch, noise, step) -> touch
    (batch, 2 * voices, step), 0 where nothing is struck."""

    def __init__(self, sizes: TouchSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.enter = nn.Conv1d(sizes.told + sizes.hand + sizes.noise, sizes.width, 1)
        self.blocks = nn.Sequential(*(Causal(sizes.width, wide) for wide in DILATIONS))
        self.head = nn.Conv1d(sizes.width, 2 * sizes.voices, 1)

    def forward(self, told: Tensor, hand: Tensor, noise: Tensor) -> Tensor:
        held = hand[:, :, None].expand(-1, -1, told.shape[2])
        made: Tensor = self.head(gelu(self.blocks(self.enter(torch.cat([told, held, noise], 1)))))
        return made.float() * struck(told, self.sizes)


class Critic(nn.Module):
    """Touch (batch, 2 * voices, step) and what is told -> logits (batch,)."""

    def __init__(self, sizes: TouchSizes) -> None:
        super().__init__()
        width = sizes.critic_width
        self.enter = nn.Conv1d(2 * sizes.voices + sizes.told, width, 5, padding=2)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, 5, padding=2) for _ in range(HALVINGS + 1)
        )
        self.last = nn.Linear(width, 1)

    def forward(self, touch: Tensor, told: Tensor) -> Tensor:
        x = self.enter(torch.cat([touch, told], 1))
        for index, layer in enumerate(self.layers):
            x = (x + layer(gelu(x))) / math.sqrt(2)
            if index < HALVINGS:
                x = nn.functional.avg_pool1d(x, 2)
        logits: Tensor = self.last(gelu(x).mean(2))[:, 0]
        return logits


def struck(told: Tensor, sizes: TouchSizes) -> Tensor:
    """Where something is struck, and where it may be late, (batch, 2 * voices, step): 1 or 0.

    Drums alone may: nothing is known of the timing of others.
    """
    on = (told[:, : sizes.voices] > 0).float()
    return torch.cat([on, on * told[:, sizes.drums, None]], 1)


def networks(sizes: TouchSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: TouchExperiment, state: GameState) -> list[Move]:
    """The relativistic loss with R1 and R2 in every round, calmed in a burn-in."""
    generator, critic = players["generator"], players["critic"]
    sizes = wanted.model

    def played(batch: TouchBatch, round: int) -> Tensor:
        count, _, steps = batch.told.shape
        hand = normal(count, sizes.hand, device=batch.told.device)
        noise = normal(count, sizes.noise, steps, device=batch.told.device)
        touch: Tensor = generator.module(batch.told, hand, noise)
        return touch

    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=lambda batch, round: batch.touch,
        fake=played,
        score=lambda touch, batch, round: critic.module(touch, batch.told),
        penalties=calmed_penalties((generator, critic), wanted.train),
        n_critic=wanted.train.n_critic,
        state=state,
    )
