"""WaveGAN: waveforms by convolutions of length 25, four times as long from layer to layer.

Donahue et al. 2019 (arXiv:1802.04208): DCGAN made flat, without batch norm. The critic's maps are
moved by a few samples at random, so that it cannot tell fakes by the phase of what their upsampling
leaves behind. The paper's game is WGAN-GP's; R3GAN's is on offer, which is five times as quick.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, one_hot, relu

from musegan.config import SoundExperiment
from musegan.gans.r3gan import calmed_penalties
from musegan.gans.sounds import SoundSizes, SoundSystem, divided, drawn, heard, judged
from musegan.gans.system import Players
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import uniform
from musegan.train.penalties import lipschitz
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

KERNEL, STRIDE, PADDING = 25, 4, 11


class Generator(nn.Module):
    """Latents (batch, latent), labels (batch,) -> sounds (batch, sample) in [-1, 1]."""

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        self.begun, count = divided(sizes.samples, STRIDE, "data.samples")
        self.classes = sizes.classes
        widths = [*(sizes.width * 2**i for i in reversed(range(count))), 1]
        self.dense = nn.Linear(sizes.latent + sizes.classes, widths[0] * self.begun)
        self.layers = nn.ModuleList(
            nn.ConvTranspose1d(wide, narrow, KERNEL, STRIDE, PADDING, output_padding=1)
            for wide, narrow in pairwise(widths)
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        if self.classes:
            latent = torch.cat([latent, one_hot(labels, self.classes).to(latent.dtype)], 1)
        x = self.dense(latent).unflatten(1, (-1, self.begun))
        for layer in self.layers:
            x = layer(relu(x))
        sounds: Tensor = x[:, 0].tanh()
        return sounds


class Critic(nn.Module):
    """Sounds (batch, sample), labels (batch,) -> logits (batch,)."""

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        begun, count = divided(sizes.samples, STRIDE, "data.samples")
        widths = [1, *(sizes.width * 2**i for i in range(count))]
        self.layers = nn.ModuleList(
            nn.Conv1d(narrow, wide, KERNEL, STRIDE, PADDING) for narrow, wide in pairwise(widths)
        )
        self.last = nn.Linear(widths[-1] * begun, max(1, sizes.classes))
        self.classes, self.most = sizes.classes, sizes.shuffle

    def forward(self, sounds: Tensor, labels: Tensor) -> Tensor:
        x = sounds[:, None]
        for index, layer in enumerate(self.layers):
            x = leaky_relu(layer(x), 0.2)
            if self.most and index < len(self.layers) - 1:
                x = shuffled(x, self.most)
        logits = self.last(x.flatten(1))
        chosen: Tensor = logits.gather(1, labels[:, None]) if self.classes else logits
        return chosen[:, 0]


def shuffled(x: Tensor, most: int) -> Tensor:
    """Phase shuffle: maps (batch, channel, place) moved by -most to most places, mirrored at the ends.

    One draw for each sample of the batch (section 3.3).
    """
    length = x.shape[2]
    moved = (uniform(len(x), 1, device=x.device) * (2 * most + 1)).long() - most
    places = (torch.arange(length, device=x.device) + moved).abs()  # mirrored at the beginning
    places = length - 1 - (length - 1 - places).abs()  # and at the end
    return x.gather(2, places[:, None].expand(-1, x.shape[1], -1))


def networks(sizes: SoundSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: SoundExperiment, state: GameState) -> list[Move]:
    """Section 3 and appendix D: WGAN-GP, five updates of the critic a round, Adam at 1e-4 (.5, .9).

    With another loss than Wasserstein's the penalties are R1 and R2, calmed in a burn-in: with the
    relativistic one it is R3GAN's game (Huang et al. 2024, arXiv:2501.05441).
    """
    generator, critic = players["generator"], players["critic"]
    training = wanted.train
    wasserstein = training.loss == "wasserstein"
    if wasserstein:
        penalties = [Penalty("lipschitz", lipschitz, training.gamma, training.penalty_every)]
    else:
        penalties = calmed_penalties((generator, critic), training)
    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=heard,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic),
        penalties=penalties,
        own_logits=not wasserstein,
        n_critic=training.n_critic,
        state=state,
    )


WAVEGAN = SoundSystem(networks, recipe)
