"""WGAN: the critic estimates a distance. Arjovsky et al. 2017 (arXiv:1701.07875).

DCGAN's networks, the critic without batch norm: a sample's logit shall not depend on others.
"""

import torch
from torch import nn

from musegan.config import ImageExperiment
from musegan.gans.dcgan import Critic, Generator
from musegan.gans.system import Players, Sizes, System, drawn, judged, pictured
from musegan.train.game import Move, Player
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes, norm=False)}


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Algorithm 1: RMSprop at 5e-5, 5 updates of the critic a round; the settings have both."""
    generator, critic = players["generator"], players["critic"]
    clip_weights(critic, wanted.model.clip)
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


def clip_weights(player: Player, bound: float) -> None:
    """Bring a player's weights within `bound` of 0 now, and after each update (line 7)."""

    @torch.no_grad()
    def clip(*_: object) -> None:
        for weight in player.parameters:
            weight.clamp_(-bound, bound)

    clip()
    player.optimizer.register_step_post_hook(clip)


WGAN = System(networks, recipe)
