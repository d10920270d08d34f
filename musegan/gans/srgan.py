"""SRGAN: images four times as wide. Ledig et al. 2017 (arXiv:1609.04802).

With model.adversarial=0 it is the paper's SRResNet, which has the least squared error and looks
smooth; a GAN begins with its weights. The paper's content loss is on features of a network that
was trained on photographs; here they are the critic's own (Larsen et al. 2016, arXiv:1512.09300).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans.system import Players, Sizes, System, pictured, shown_in
from musegan.train.game import Move, Terms
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

BLOCKS = 6  # residual ones; the paper has 16


class Block(nn.Module):
    """Two convolutions, added to what came in; no batch norm (Lim et al. 2017, arXiv:1707.02921)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        self.layers = nn.Sequential(first, nn.PReLU(), second)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.layers(x)
        return x + changed


class Upscaler(nn.Module):
    """Small images (batch, channel, row, column), of any size -> images four times as wide."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(channels, width, 9, 1, 4), nn.PReLU())
        blocks = [Block(width) for _ in range(BLOCKS)]
        self.blocks = nn.Sequential(*blocks, nn.Conv2d(width, width, 3, 1, 1))
        doublings: list[nn.Module] = []
        for _ in range(2):
            doublings += [nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2), nn.PReLU()]
        self.last = nn.Sequential(*doublings, nn.Conv2d(width, channels, 9, 1, 4))

    def forward(self, shown: Tensor) -> Tensor:
        begun = self.first(shown)
        images: Tensor = self.last(begun + self.blocks(begun))
        return images


class Critic(nn.Module):
    """Images (batch, channel, side, side) -> logits (batch,). The side is a multiple of 4."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width, layers = sizes.width, list[nn.Module]()
        coming = sizes.channels
        for level in (1, 2, 4):
            wide = width * level
            layers.append(nn.Sequential(nn.Conv2d(coming, wide, 3, 1, 1), nn.LeakyReLU(0.2)))
            layers.append(nn.Sequential(nn.Conv2d(wide, wide, 4, 2, 1), nn.LeakyReLU(0.2)))
            coming = wide
        self.layers = nn.ModuleList(layers)
        side = sizes.side // 8
        self.last = nn.Sequential(
            nn.Flatten(),
            nn.Linear(coming * side**2, 8 * width),
            nn.LeakyReLU(0.2),
            nn.Linear(8 * width, 1),
            nn.Flatten(0),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.last(self.features(images)[-1])
        return logits

    def features(self, images: Tensor) -> list[Tensor]:
        """What each layer makes of images."""
        seen = []
        for layer in self.layers:
            images = layer(images)
            seen.append(images)
        return seen


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    if sizes.shown_side * 4 != sizes.side or sizes.side < 8:
        raise ConfigError(
            f"srgan makes small images four times as wide; set data.view=small and data.side, "
            f"now {sizes.side}, to 8 or more"
        )
    return {"generator": Upscaler(sizes.channels, sizes.width), "critic": Critic(sizes)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Equation 3: the content, and the critic at a small weight; R1 is not the paper's."""
    generator, critic = players["generator"], players["critic"]
    model = wanted.model

    def made(batch: Pictures, round: int) -> Tensor:
        images: Tensor = generator.module(shown_in(batch))
        return images

    def content(y: Tensor, batch: Pictures) -> Terms:
        terms = {"pixels": model.content * mse_loss(y, batch.images)}
        if model.adversarial and model.features:
            assert isinstance(critic.module, Critic)
            with torch.no_grad():
                wanted_features = critic.module.features(batch.images)
            seen = critic.module.features(y)
            far = [l1_loss(a, b) for a, b in zip(seen, wanted_features, strict=True)]
            terms["features"] = model.features * torch.stack(far).mean()
        return terms

    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=made,
        score=lambda images, batch, round: critic.module(images),
        extra=content,
        penalties=[Penalty("r1", r1, wanted.train.gamma, wanted.train.penalty_every)],
        n_critic=wanted.train.n_critic,
        adversarial_weight=model.adversarial,
        state=state,
    )


SRGAN = System(networks, recipe, draws=False)
