"""Pix2Pix: a picture for what is shown of it. Isola et al. 2017 (arXiv:1611.07004).

A generator that is a U-Net, and a critic of patches of the pair. There is no noise: the paper's is
dropout, and its section 3.2 says how little of it is seen.
"""

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans.system import Players, Sizes, System, pictured, shown_in
from musegan.models.translation import PatchCritic, UNet
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1, r2
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    if sizes.shown_side != sizes.side:
        raise ConfigError(
            "pix2pix makes an image of what is shown of it, at the same size; "
            "set data.view=edges, grey or hole"
        )
    shown, channels, width = sizes.shown_channels, sizes.channels, sizes.width
    return {
        "generator": UNet(shown, channels, sizes.side, width, masked=sizes.masked),
        "critic": PatchCritic(channels, width, shown=shown),
    }


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Equation 4: a conditional GAN, and the distance in pixels, times lambda.

    With a gamma, the critic also has R1 and R2 (Huang et al. 2024), which the paper has not. They are
    of the sum of a patch's logits, and so ask for a far smaller gamma than of one logit.
    """
    generator, critic = players["generator"], players["critic"]

    def made(batch: Pictures, round: int) -> Tensor:
        images: Tensor = generator.module(shown_in(batch))
        return images

    def judged(images: Tensor, batch: Pictures, round: int) -> Tensor:
        logits: Tensor = critic.module(images, shown_in(batch))
        return logits

    gamma, every = wanted.train.gamma, wanted.train.penalty_every
    penalties = [Penalty("r1", r1, gamma, every), Penalty("r2", r2, gamma, every)]
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=made,
        score=judged,
        extra=lambda y, batch: {"pixels": wanted.model.content * l1_loss(y, batch.images)},
        penalties=penalties,
        n_critic=wanted.train.n_critic,
        adversarial_weight=wanted.model.adversarial,
        state=state,
    )


PIX2PIX = System(networks, recipe, draws=False)
