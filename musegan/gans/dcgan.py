"""DCGAN: strided convolutions and batch norm. Radford et al. 2016 (arXiv:1511.06434)."""

from itertools import pairwise

from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.models.residual import halvings
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState


class Generator(nn.Module):
    """Latents (batch, latent) -> images (batch, channel, side, side); of what sides see `halvings`."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        least, doublings = halvings(sizes.side)
        widths = [sizes.width * 2**i for i in reversed(range(doublings))]
        layers: list[nn.Module] = [nn.ConvTranspose2d(sizes.latent, widths[0], least, bias=False)]
        for wide, narrow in pairwise(widths):
            layers += [nn.BatchNorm2d(wide), nn.ReLU()]
            layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-1], sizes.channels, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(begin)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        images: Tensor = self.layers(latent[:, :, None, None])
        return images


class Critic(nn.Module):
    """Images (batch, channel, side, side) -> logits (batch,)."""

    def __init__(self, sizes: Sizes, *, norm: bool = True) -> None:
        super().__init__()
        least, doublings = halvings(sizes.side)
        widths = [sizes.width * 2**i for i in range(doublings)]
        layers: list[nn.Module] = [nn.Conv2d(sizes.channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for narrow, wide in pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=not norm)]
            layers += [nn.BatchNorm2d(wide)] if norm else []
            layers += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, least), nn.Flatten(0))
        self.apply(begin)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits


def begin(layer: nn.Module) -> None:
    """Weights from N(0, .02), as in section 4; a norm's around 1."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Adam at 2e-4 with a first moment of .5 (section 4); the settings have it."""
    generator, critic = players["generator"], players["critic"]
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        n_critic=wanted.train.n_critic,
        state=state,
    )


DCGAN = System(networks, recipe)
