"""Images from sentences: GAN-CLS, whose critic also judges whether they match. Reed et al. 2016
(arXiv:1605.05396).

The text encoder is learned with the game, each player its own; the paper's was trained before.
"""

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans import dcgan
from musegan.gans.system import Players, Sizes, System, pictured
from musegan.models.residual import halvings
from musegan.models.text import WordMean
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

SENTENCE = 128  # numbers of a caption, as in section 4.1


class Generator(nn.Module):
    """Latents (batch, latent), tokens (batch, word) -> images (batch, channel, side, side)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.text = WordMean(sizes.words, SENTENCE)
        self.images = dcgan.Generator(sizes._replace(latent=sizes.latent + SENTENCE))

    def forward(self, latent: Tensor, tokens: Tensor) -> Tensor:
        images: Tensor = self.images(torch.cat([latent, self.text(tokens)], 1), tokens)
        return images


class Critic(nn.Module):
    """Images (batch, channel, side, side), tokens (batch, word) -> logits (batch,).

    Where the paper joins caption and maps (figure 2), what is seen is projected on what is said:
    Miyato and Koyama 2018 (arXiv:1802.05637).
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        smallest, count = halvings(sizes.side)
        self.text = WordMean(sizes.words, SENTENCE)
        self.images = nn.Sequential(
            *list(dcgan.Critic(sizes, norm=False).layers)[:-2],
            nn.Conv2d(sizes.width * 2 ** (count - 1), SENTENCE, smallest),
            nn.LeakyReLU(0.2),
            nn.Flatten(1),
        )
        self.real = nn.Linear(SENTENCE, 1)
        self.said = nn.Linear(SENTENCE, SENTENCE)

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        seen = self.images(images)  # (batch, SENTENCE)
        matches = (self.said(self.text(tokens)) * seen).sum(1)
        logits: Tensor = self.real(seen).squeeze(1) + matches
        return logits


def tokens_of(batch: Pictures) -> Tensor:
    """The captions of a batch that has them."""
    assert batch.tokens is not None
    return batch.tokens


def others(batch: Pictures, round: int) -> Pictures:
    """The batch's images under each other's captions."""
    return batch._replace(tokens=tokens_of(batch).roll(1, 0))


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    if not sizes.words:
        raise ConfigError("captions draws what a sentence says; set data.captions=true")
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Algorithm 1: real images with their captions, with others', and fakes for the captions."""
    generator, critic, training = players["generator"], players["critic"], wanted.train

    def fake(batch: Pictures, round: int) -> Tensor:
        latent = normal(len(batch.images), wanted.model.latent, device=batch.images.device)
        images: Tensor = generator.module(latent, tokens_of(batch))
        return images

    def score(images: Tensor, batch: Pictures, round: int) -> Tensor:
        logits: Tensor = critic.module(images, tokens_of(batch))
        return logits

    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=pictured,
        fake=fake,
        score=score,
        penalties=[Penalty("r1", r1, training.gamma, training.penalty_every)],
        mismatched=others,
        mismatch_weight=training.mismatch,
        n_critic=training.n_critic,
        state=state,
    )


CAPTIONS = System(networks, recipe)
