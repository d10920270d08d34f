"""The first GAN: two dense networks. Goodfellow et al. 2014 (arXiv:1406.2661).

Takes samples of any shape; points of the plane are images of two channels and one pixel.
"""

from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState


class Generator(nn.Module):
    """Latents (batch, latent) -> images (batch, channel, row, column)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.shape = (sizes.channels, sizes.side, sizes.side)
        self.layers = nn.Sequential(
            nn.Linear(sizes.latent, sizes.width),
            nn.ReLU(),
            nn.Linear(sizes.width, sizes.width),
            nn.ReLU(),
            nn.Linear(sizes.width, sizes.channels * sizes.side**2),
        )
        self.bounded = sizes.side > 1  # pixels are; points of the plane are not

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        values: Tensor = self.layers(latent)
        return (values.tanh() if self.bounded else values).view(-1, *self.shape)


class Critic(nn.Module):
    """Images (batch, channel, row, column) -> logits (batch,)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(sizes.channels * sizes.side**2, sizes.width),
            nn.LeakyReLU(0.2),
            nn.Linear(sizes.width, sizes.width),
            nn.LeakyReLU(0.2),
            nn.Linear(sizes.width, 1),
        )

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        logits: Tensor = self.layers(images).squeeze(1)
        return logits


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Algorithm 1, with the loss that does not saturate (section 3).

    With `train.gamma` also R1 (Mescheder et al. 2018, arXiv:1801.04406), for the paper's dropout.
    """
    generator, critic = players["generator"], players["critic"]
    penalty = Penalty("r1", r1, wanted.train.gamma, wanted.train.penalty_every)
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        penalties=[penalty],
        n_critic=wanted.train.n_critic,
        state=state,
    )


GAN = System(networks, recipe)
