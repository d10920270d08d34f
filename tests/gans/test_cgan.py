"""The conditional GAN: what it is told, it does."""

import pytest
import torch
from torch.nn.functional import one_hot

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.experiments.built import make_player
from musegan.experiments.images import build_images
from musegan.gans.cgan import CGAN, Critic, Generator
from musegan.gans.system import Sizes, other_classes
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.game import Trainer
from musegan.train.state import GameState

SIZES = Sizes(side=8, channels=1, classes=3, latent=5, width=4)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class Quarters:
    """Pictures of 8 x 8, of whose quarters that of the class's number is bright."""

    index = 0

    def __next__(self):
        labels = torch.randint(4, (32,))
        quarters = one_hot(labels, 4).view(-1, 1, 2, 2).float() * 2 - 1
        images = quarters.repeat_interleave(4, 2).repeat_interleave(4, 3)
        return Pictures(0.6 * images + 0.2 * torch.randn(32, 1, 8, 8), labels)


def brightest(images):
    return images.unflatten(2, (2, 4)).unflatten(4, (2, 4)).mean((1, 3, 5)).flatten(1).argmax(1)


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (32, 3)])
def test_the_class_changes_the_image_and_the_logit(side, channels):
    sizes = SIZES._replace(side=side, channels=channels)
    generator, critic = Generator(sizes).eval(), Critic(sizes).eval()
    images = generator(torch.randn(1, 5).expand(3, 5), torch.arange(3))
    assert images.shape == (3, channels, side, side)
    assert (images[0] - images[1]).abs().max() > 0
    logits = critic(images[:1].expand(3, -1, -1, -1), torch.arange(3))
    assert logits.shape == (3,)
    assert logits.unique().numel() == 3


def test_the_critic_is_told_the_class_in_a_hidden_layer():
    critic = Critic(SIZES).eval()
    images = torch.randn(2, 1, 8, 8)
    seen = critic.seen(images)
    assert seen.shape == critic.told(torch.arange(2)).shape == (2, 128)
    by_hand = critic.met(torch.cat([seen, critic.told.weight[[2, 0]]], 1))[:, 0]
    torch.testing.assert_close(critic(images, torch.tensor([2, 0])), by_hand)


def test_without_classes_it_says_what_to_set():
    with pytest.raises(ConfigError, match=r"cgan draws by class; set model.conditional=true"):
        Generator(SIZES._replace(classes=0))
    data = ("data.source=digits", "data.side=8", "train.device=cpu", "model.conditional=false")
    with pytest.raises(ConfigError, match=r"set model.conditional=true"):
        build_images(override(IMAGES["cgan"], *data))


def test_it_learns_to_draw_what_it_is_told():
    sizes = SIZES._replace(classes=4, width=16)
    wanted = override(
        IMAGES["cgan"], "model.latent=5", "train.learning_rate=2e-3", "train.bfloat16=false",
        "train.average=.9", "train.rounds=150",
    )  # fmt: skip
    players = {k: make_player(k, v, wanted.train) for k, v in CGAN.networks(sizes).items()}
    trainer = Trainer(CGAN.recipe(players, wanted, GameState()), Quarters(), 0)
    for _ in range(150):
        trainer.play_round()
    labels = torch.arange(200) % 4
    images = players["generator"].average(torch.randn(200, 5), labels)
    assert (brightest(images) == labels).float().mean() > 0.9


def test_other_classes_are_all_the_others_alike_and_never_the_own():
    labels = torch.arange(4).repeat(3_000)
    others = other_classes(labels, 4)
    assert not (others == labels).any()
    counts = torch.stack([torch.bincount(others[labels == own], minlength=4) for own in range(4)])
    assert torch.equal(counts.diagonal(), torch.zeros(4, dtype=torch.int64))
    assert counts[~torch.eye(4, dtype=torch.bool)].min() > 850
