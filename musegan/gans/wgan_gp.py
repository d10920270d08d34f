"""WGAN-GP: the critic's slope is kept at 1. Gulrajani et al. 2017 (arXiv:1704.00028)."""

from torch import nn

from musegan.config import ImageExperiment
from musegan.gans import gan
from musegan.gans.dcgan import Critic, Generator
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.penalties import lipschitz
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    """DCGAN's, the critic without batch norm: its penalty is of each sample alone (section 4).

    With `dense` the first GAN's, which a processor trains in a fifth of the time.
    """
    if sizes.dense:
        return {"generator": gan.Generator(sizes), "critic": gan.Critic(sizes)}
    return {"generator": Generator(sizes), "critic": Critic(sizes, norm=False)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Algorithm 1: lambda 10, 5 updates of the critic a round, Adam at 1e-4 with (0, .9)."""
    generator, critic = players["generator"], players["critic"]
    training = wanted.train
    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        penalties=[Penalty("lipschitz", lipschitz, training.gamma, training.penalty_every)],
        n_critic=training.n_critic,
        state=state,
    )


WGAN_GP = System(networks, recipe)
