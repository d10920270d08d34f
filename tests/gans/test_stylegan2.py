"""StyleGAN2: styles where they belong, noise, the paths' lengths, and a game that resumes."""

import pytest
import torch
from torch import nn

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.experiments.images import build_images
from musegan.gans import stylegan2
from musegan.gans.stylegan2 import Critic, Generator, mixed, path_terms
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.game import Player
from musegan.train.penalties import r1

SMALL = Sizes(side=16, channels=1, classes=0, latent=8, width=8)
DIGITS = ("data.source=digits", "data.side=16", "model.latent=8", "model.width=8",
          "train.batch_size=8", "train.device=cpu")  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def none(count):
    return torch.zeros(count, dtype=torch.long)


def game(*settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES["stylegan2"], *DIGITS, *settings)).trainer


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (16, 3), (28, 1), (32, 2)])
def test_images_of_many_sides_come_out_and_go_in(side, channels):
    sizes = SMALL._replace(side=side, channels=channels)
    images = Generator(sizes)(torch.randn(4, 8), none(4))
    assert images.shape == (4, channels, side, side)
    assert Critic(sizes)(images, none(4)).shape == (4,)


def test_a_side_that_cannot_be_halved_is_refused_in_words():
    with pytest.raises(ConfigError, match=r"data\.side=30"):
        Generator(SMALL._replace(side=30))


def test_a_fresh_generator_and_critic_keep_the_size_of_what_they_carry():
    sizes = SMALL._replace(side=32, width=32, latent=64)
    images = Generator(sizes)(torch.randn(16, 64), none(16))
    assert 0.5 < images.std() < 5
    smooth = torch.randn(64, 1, 4, 4).repeat_interleave(8, 2).repeat_interleave(8, 3)
    assert 0.2 < Critic(sizes)(smooth, none(64)).std() < 5


def test_later_styles_leave_the_coarse_maps_alone():
    generator = Generator(SMALL).eval()
    w = generator.mapping(torch.randn(2, 8), none(2))
    coarse = []
    generator.synthesis.stay[0].register_forward_hook(lambda *call: coarse.append(call[2]))
    fine = w.clone()
    fine[:, 3:] = fine[:, 3:].flip(0)
    first, second = generator.synthesis(w), generator.synthesis(fine)
    assert torch.equal(coarse[0], coarse[1])
    assert not torch.allclose(first, second)


def test_a_trained_generator_is_a_function_of_its_latent_and_a_learning_one_is_not():
    generator = Generator(SMALL)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("strength"):
                parameter.fill_(1.0)
    latent = torch.randn(2, 8)
    assert not torch.equal(generator(latent, none(2)), generator(latent, none(2)))
    generator.eval()
    assert torch.equal(generator(latent, none(2)), generator(latent, none(2)))


def test_noise_begins_without_strength():
    generator = Generator(SMALL)
    latent = torch.randn(2, 8)
    assert torch.equal(generator(latent, none(2)), generator(latent, none(2)))


def test_nine_of_ten_samples_have_styles_of_two_latents_the_second_in_the_last_layers():
    generator = Generator(SMALL)
    w = mixed(generator, none(2000), 8)
    changes = (w[:, 1:] != w[:, :-1]).any(2)
    assert changes.sum(1).max() == 1
    assert changes.any(1).float().mean().item() == pytest.approx(0.9, abs=0.03)
    assert changes.any(0).all()  # the cut lies anywhere


class Ramp(nn.Module):
    """Images whose every pixel is the sum of the layers' first numbers, times a slope."""

    def __init__(self, layers):
        super().__init__()
        self.layers, self.slope = layers, nn.Parameter(torch.tensor(3.0))

    def forward(self, w):
        return (self.slope * w[:, :, 0].sum(1))[:, None, None, None].expand(-1, 1, 4, 4)


def test_the_path_penalty_is_that_of_equation_4():
    generator = Generator(SMALL)
    generator.synthesis = Ramp(generator.synthesis.layers)
    player = Player("generator", generator, torch.optim.Adam(generator.parameters()))
    move = path_terms(player, 8)
    torch.manual_seed(3)
    (value,) = move.terms(Pictures(torch.zeros(64, 1, 4, 4), none(64)), 0).values()
    torch.manual_seed(3)
    mixed(generator, none(32), 8)
    noise = torch.randn(32, 1, 4, 4).sum((1, 2, 3)) / 4
    lengths = 3 * noise.abs()  # the same slope in every layer
    mean = 0.01 * lengths.mean()
    torch.testing.assert_close(generator.lengths, mean.detach())
    torch.testing.assert_close(value, 2 * (lengths - mean).square().mean())
    (slope,) = torch.autograd.grad(value, generator.synthesis.slope)
    wanted = 4 * ((lengths - mean) * noise.abs()).mean()
    torch.testing.assert_close(slope, wanted)


def test_the_paths_are_measured_in_full_precision_where_moves_are_not():
    generator = Generator(SMALL)
    player = Player("generator", generator, torch.optim.Adam(generator.parameters()))
    seen = []
    generator.synthesis.register_forward_hook(
        lambda module, given, made: seen.append(torch.is_autocast_enabled("cpu"))
    )
    with torch.autocast("cpu", torch.bfloat16):
        path_terms(player, 8).terms(Pictures(torch.zeros(8, 1, 16, 16), none(8)), 0)
        assert torch.is_autocast_enabled("cpu")
    assert seen == [False]


def test_the_running_length_is_in_the_generators_state():
    assert "lengths" in Generator(SMALL).state_dict()


def test_the_critic_can_be_penalised_in_every_layer():
    critic = Critic(SMALL)
    images = torch.randn(8, 1, 16, 16)
    r1(lambda x: critic(x, none(8)), images, images).backward()
    for name, parameter in critic.named_parameters():
        if name.endswith("weight"):
            assert parameter.grad.any(), name


def test_a_critic_that_knows_classes_answers_for_the_one_it_is_asked_about():
    critic = Critic(SMALL._replace(classes=3))
    images = torch.randn(4, 1, 16, 16)
    each = torch.stack([critic(images, torch.full((4,), one)) for one in range(3)], 1)
    labels = torch.tensor([2, 0, 1, 2])
    torch.testing.assert_close(critic(images, labels), each[torch.arange(4), labels])


@pytest.mark.parametrize("augment", ["none", "ada"])
def test_a_game_that_is_saved_goes_on_as_if_it_had_not_stopped(augment):
    settings = f"model.augment={augment}", "model.strength=0.5", "model.pace=40"
    whole, first, second = (game(*settings) for _ in range(3))
    nn.init.zeros_(second.players["critic"].module.enter.weight)  # all comes from the checkpoint
    for _ in range(7):
        whole.play_round()
    for _ in range(3):
        first.play_round()
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        second.play_round()
    for name, player in whole.players.items():
        for key, value in player.module.state_dict().items():
            assert torch.equal(value, second.players[name].module.state_dict()[key]), key
    assert whole.state.augmentation == second.state.augmentation
    assert (whole.state.augmentation != 0.5) == (augment == "ada")


def test_a_round_has_every_term_of_the_paper():
    terms = game().play_round()
    assert terms.keys() == {"critic/adversarial", "critic/r1", "generator/adversarial", "generator/path"}  # fmt: skip


def test_the_system_is_listed_under_its_name():
    assert IMAGES["stylegan2"].model.system == "stylegan2"
    assert set(stylegan2.networks(SMALL)) == {"generator", "critic"}
