"""R3GAN: blocks that begin as nothing, penalties of every round, schedules by the round."""

import pytest
import torch

from musegan.experiments.images import build_images
from musegan.gans.r3gan import Block, Critic, Generator
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.penalties import r1

SMALL = Sizes(side=16, channels=2, classes=0, latent=8, width=8)
DIGITS = ("data.source=digits", "data.side=16", "model.latent=8", "model.width=8",
          "train.batch_size=8", "train.device=cpu")  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def none(count):
    return torch.zeros(count, dtype=torch.long)


def game(*settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES["r3gan"], *DIGITS, *settings)).trainer


def test_a_block_begins_as_nothing_and_can_learn():
    block, x = Block(8, 6), torch.randn(2, 8, 4, 4)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert block.narrow.weight.grad.any()


def test_a_blocks_convolution_is_in_groups_of_sixteen():
    assert Block(32, 6).mix.weight.shape == (64, 16, 3, 3)


def test_the_first_layers_are_smaller_the_deeper_the_network():
    shallow, deep = Block(64, 1), Block(64, 16)
    ratio = deep.widen.weight.std() / shallow.widen.weight.std()
    assert ratio.item() == pytest.approx(0.5, abs=0.03)  # 16 ** -1/4


@pytest.mark.parametrize(("side", "channels"), [(8, 2), (16, 1), (28, 1), (32, 1), (32, 3)])
def test_images_of_many_sides_come_out_and_go_in(side, channels):
    sizes = SMALL._replace(side=side, channels=channels)
    images = Generator(sizes)(torch.randn(4, 8), none(4))
    assert images.shape == (4, channels, side, side)
    assert Critic(sizes)(images, none(4)).shape == (4,)


def test_fresh_networks_keep_the_size_of_what_they_carry():
    sizes = Sizes(side=32, channels=1, classes=0, latent=64, width=32)
    images = Generator(sizes)(torch.randn(64, 64), none(64))
    assert 0.3 < images.std() < 3
    assert 0.1 < Critic(sizes)(torch.randn(64, 1, 32, 32), none(64)).std() < 3


def test_a_large_image_is_seen_in_every_pixel():
    critic = Critic(Sizes(side=32, channels=1, classes=0, latent=8, width=8))
    images = torch.randn(1, 1, 32, 32, requires_grad=True)
    critic(images, none(1)).sum().backward()
    assert images.grad.ne(0).float().mean() > 0.99


def test_a_label_matters_only_where_there_are_classes():
    latent, images = torch.randn(3, 8), torch.randn(3, 2, 16, 16)
    for classes, same in ((0, True), (2, False)):
        sizes = SMALL._replace(classes=classes)
        for network, given in ((Generator(sizes), latent), (Critic(sizes), images)):
            first, second = network(given, none(3)), network(given, none(3) + 1)
            assert torch.equal(first, second) == same


def test_a_fresh_generator_hears_the_latent_more_than_the_class():
    """Else it draws one image a class for ever: a hundredth of the variety of real ones was seen."""
    torch.manual_seed(0)
    generator = Generator(Sizes(side=16, channels=1, classes=10, latent=64, width=8))
    latents, labels = torch.randn(1000, 64), torch.arange(1000) % 10
    images = generator(latents, labels).flatten(1)
    within = torch.stack([images[labels == c].var(0).mean() for c in range(10)]).mean()
    between = torch.stack([images[labels == c].mean(0) for c in range(10)]).var(0).mean()
    assert 5 < within / between < 20


def test_every_round_penalises_reals_and_fakes():
    trainer = game()
    for _ in range(2):
        terms = trainer.play_round()
        assert terms.keys() == {"critic/adversarial", "critic/r1", "critic/r2", "generator/adversarial"}  # fmt: skip


def test_in_half_precision_the_penalties_are_those_of_the_loss_own_logits():
    """And close to those of float32, which the paper's half precision relies on."""
    found = []
    for half in ("true", "false"):
        terms = game(f"train.bfloat16={half}", "train.batch_size=32").play_round()
        found.append(torch.stack([terms["critic/r1"], terms["critic/r2"]]))
    torch.testing.assert_close(found[0], found[1], rtol=0.02, atol=0.0)


def test_gamma_falls_and_the_second_moment_lengthens_by_the_round():
    trainer = game("train.rounds=100", "train.gamma=2.0")
    critic = trainer.players["critic"]
    shares = []
    for round in (0, 10, 20, 90):
        trainer.round = round
        critic.set_rates(round)
        memory = critic.optimizer.param_groups[0]["betas"][1]
        # The term of a critic and a batch that stay the same, over what the round makes of it.
        move = trainer.moves[0]
        torch.manual_seed(0)
        trainer.batches.index = 0
        batch = next(trainer.batches)
        value = move.terms(batch, round)["r1"]
        network = critic.module
        plain = r1(lambda x, n=network, b=batch: n(x, b.labels), batch.images, batch.images)
        shares.append((round, (value / plain).item() / 2.0, memory))
    wanted = [(0, 1.0, 0.9), (10, 0.55, 0.945), (20, 0.1, 0.99), (90, 0.1, 0.99)]
    for found, expected in zip(shares, wanted, strict=True):
        assert found == pytest.approx(expected, rel=1e-3)


def test_a_game_that_is_saved_goes_on_as_if_it_had_not_stopped():
    whole, first, second = (game("train.rounds=20") for _ in range(3))
    torch.nn.init.zeros_(second.players["critic"].module.basis)  # all comes from the checkpoint
    for _ in range(5):
        whole.play_round()
    for _ in range(2):
        first.play_round()
    second.load_state_dict(first.state_dict())
    for _ in range(3):
        second.play_round()
    for name, player in whole.players.items():
        for key, value in player.module.state_dict().items():
            assert torch.equal(value, second.players[name].module.state_dict()[key]), key
