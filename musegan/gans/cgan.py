"""The conditional GAN: both players are told the class. Mirza and Osindero 2014 (arXiv:1411.1784).

The generator is given the class beside its latent (section 3.2); the critic makes a hidden layer of
the image and one of the class, and joins them (section 4.1). The networks are DCGAN's; the paper's own are dense, and learn clothes slowly.
"""

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.gans import dcgan
from musegan.gans.system import (
    Players,
    Sizes,
    System,
    drawn,
    judged,
    known_classes,
    other_classes,
    pictured,
)
from musegan.models.residual import halvings, one_of
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState

MET = 128  # numbers of what is seen, and of what was told, where the critic joins them


class Generator(nn.Module):
    """Latents (batch, latent), classes (batch,) -> images (batch, channel, row, column)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.classes = known_classes(sizes, "cgan")
        self.joint = dcgan.Generator(sizes._replace(latent=sizes.latent + self.classes))

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        told = torch.cat([latent, one_of(labels, self.classes)], 1)
        images: Tensor = self.joint(told, labels)
        return images


class Critic(nn.Module):
    """Images (batch, channel, row, column), classes (batch,) -> logits (batch,).

    What is seen and what was told become as many numbers each, and meet in a hidden layer.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        classes = known_classes(sizes, "cgan")
        least, count = halvings(sizes.side)
        widest = sizes.width * 2 ** (count - 1)
        self.seen = nn.Sequential(
            *list(dcgan.Critic(sizes).layers)[:-2], nn.Conv2d(widest, MET, least), nn.Flatten(1)
        )
        self.told = nn.Embedding(classes, MET)
        self.met = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Linear(2 * MET, MET), nn.LeakyReLU(0.2), nn.Linear(MET, 1)
        )

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        both = torch.cat([self.seen(images), self.told(labels)], 1)
        logits: Tensor = self.met(both).squeeze(1)
        return logits


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Eq. 2: fakes are made for the classes of the batch, and judged beside reals of these.

    With `train.mismatch` the critic also tells reals from reals under another class, which sharpens
    what lies between two classes (Reed et al. 2016).
    """
    generator, critic = players["generator"], players["critic"]
    assert isinstance(generator.module, Generator)
    classes = generator.module.classes

    def others(batch: Pictures, round: int) -> Pictures:
        return batch._replace(labels=other_classes(batch.labels, classes))

    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        n_critic=wanted.train.n_critic,
        mismatched=others if wanted.train.mismatch and classes > 1 else None,
        mismatch_weight=wanted.train.mismatch,
        state=state,
    )


CGAN = System(networks, recipe)
