"""The first GAN: what its paper says, and R1 where it is asked for."""

import pytest
import torch

from musegan.experiments.images import build_images
from musegan.gans.gan import Critic, Generator
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override

SMALL = ("data.source=digits", "data.side=8", "model.width=8", "train.batch_size=16",
         "train.device=cpu")  # fmt: skip


def game(*settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES["gan"], *SMALL, *settings)).trainer


@pytest.mark.parametrize(("side", "channels"), [(1, 2), (8, 1), (5, 3)])
def test_samples_of_any_shape_are_made_and_judged(side, channels):
    sizes = Sizes(side=side, channels=channels, classes=0, latent=3, width=8)
    images = Generator(sizes)(100 * torch.randn(4, 3), torch.zeros(4))
    assert images.shape == (4, channels, side, side)
    assert Critic(sizes)(images, torch.zeros(4)).shape == (4,)
    assert bool((images.abs().max() > 1) if side == 1 else (images.abs().max() <= 1))


def test_the_game_is_the_papers_where_gamma_is_0_and_r1_is_added_in_the_preset():
    paper = game("train.gamma=0")
    assert set(paper.play_round()) == {"critic/adversarial", "generator/adversarial"}
    trainer = game()
    assert set(trainer.play_round()) == {
        "critic/adversarial", "critic/r1", "generator/adversarial",
    }  # fmt: skip
    assert trainer.state.penalised
