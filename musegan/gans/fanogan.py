"""f-AnoGAN: what a GAN of the usual cannot draw is unusual. Schlegl et al. 2019
(doi:10.1016/j.media.2019.01.010).

A WGAN-GP has learned images of one kind (`start` names its run). An encoder then learns the way
back from an image to its latent, while generator and critic stay as they are.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans import dcgan, gan, wgan_gp
from musegan.gans.system import Players, Sizes, System, Weights
from musegan.models.residual import halvings
from musegan.models.standing import stand
from musegan.train.game import Move, Terms
from musegan.train.recipes import reconstruction
from musegan.train.state import GameState

STANDING = 64  # batches that the generator's batch norms get their statistics from
KAPPA = 0.1  # weight of the features beside the pixels; 1 in section 2.3, of smaller features


class Features(nn.Module):
    """Images (batch, channel, side, side) -> maps of the critic's last layer but one."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        critic = wgan_gp.networks(sizes)["critic"]
        assert isinstance(critic.layers, nn.Sequential)
        self.layers = critic.layers
        self.kept = len(self.layers) - (1 if sizes.dense else 2)

    def forward(self, images: Tensor) -> Tensor:
        for layer in list(self.layers)[: self.kept]:
            images = layer(images)
        return images


class Encoder(nn.Module):
    """Images (batch, channel, side, side) -> latents (batch, latent), and what is unlike.

    It holds the generator and the critic that it is trained for, frozen.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.generator = wgan_gp.networks(sizes)["generator"].requires_grad_(False).eval()
        self.critic = Features(sizes).requires_grad_(False).eval()
        self.latent = sizes.latent
        if sizes.dense:
            body, features = list(gan.Critic(sizes).layers)[:-1], sizes.width
        else:
            smallest, count = halvings(sizes.side)
            body = list(dcgan.Critic(sizes).layers)[:-2]
            features = sizes.width * 2 ** (count - 1) * smallest**2
        self.layers = nn.Sequential(*body, nn.Flatten(), nn.Linear(features, sizes.latent))

    def train(self, mode: bool = True) -> "Encoder":
        """The frozen parts stay in evaluation mode."""
        super().train(mode)
        self.generator.eval()
        self.critic.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        latents: Tensor = self.layers(images)
        return latents

    def back(self, images: Tensor) -> Tensor:
        """Images through the latents and back: the usual that is nearest."""
        made: Tensor = self.generator(self(images), images)
        return made

    def unlike(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """How far images are from what comes back, (batch,): in pixels, in features (eq. 3)."""
        made = self.back(images)
        features = self.critic(made) - self.critic(images)
        return (
            (made - images).square().flatten(1).mean(1),
            features.square().flatten(1).mean(1),
        )

    def score(self, images: Tensor) -> Tensor:
        """How unusual images are, (batch,): eq. 5."""
        pixels, features = self.unlike(images)
        return pixels + KAPPA * features


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"encoder": Encoder(sizes)}


def take_frozen(networks: Mapping[str, nn.Module], weights: Weights) -> None:
    """Generator and critic from a run of wgan-gp; all from an earlier run of this system."""
    encoder = networks["encoder"]
    assert isinstance(encoder, Encoder)
    if "encoder" in weights:
        encoder.load_state_dict(weights["encoder"])
        return
    if "critic" not in weights:
        raise KeyError("no critic; name the run folder of a wgan-gp, not its release")
    encoder.generator.load_state_dict(weights["generator"])
    encoder.critic.load_state_dict(weights["critic"])
    dice = torch.Generator().manual_seed(0)
    latents = torch.randn(STANDING, 64, encoder.latent, generator=dice)
    stand(encoder.generator, ((batch, batch) for batch in latents))


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Training by izi and the critic's features (eq. 3): the encoder alone moves."""
    if not wanted.start:
        raise ConfigError(
            "fanogan learns the way back into a trained GAN; set start=RUN to the run folder of "
            "a wgan-gp of the same data"
        )
    encoder = players["encoder"]

    def terms(batch: Pictures, round: int) -> Terms:
        assert isinstance(encoder.module, Encoder)
        pixels, features = encoder.module.unlike(batch.images)
        return {"pixels": pixels.mean(), "features": KAPPA * features.mean()}

    return reconstruction(encoder, terms)


FANOGAN = System(networks, recipe, released=("encoder",), draws=False, begin=take_frozen)
