import pytest
import torch
from torch.nn.functional import interpolate

from musegan.errors import ConfigError
from musegan.experiments.images import build_images
from musegan.gans.srgan import Block, Critic, Upscaler, networks
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override

SMALL = Sizes(side=16, channels=1, classes=0, latent=1, width=4, shown_side=4, shown_channels=1)
DIGITS = ("data.source=digits", "data.side=16", "model.width=8", "train.batch_size=16",
          "train.device=cpu", "train.bfloat16=false")  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def game(preset, *settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES[preset], *DIGITS, *settings)).trainer


def test_images_of_any_size_become_four_times_as_wide_and_high():
    assert Upscaler(3, 4)(torch.randn(2, 3, 5, 9)).shape == (2, 3, 20, 36)


def test_a_block_without_weights_changes_nothing():
    block, x = Block(4), torch.randn(1, 4, 3, 3)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    assert torch.equal(block(x), x)


def test_a_critic_gives_a_logit_an_image_from_the_last_of_its_features():
    critic, images = Critic(SMALL), torch.randn(3, 1, 16, 16)
    features = critic.features(images)
    assert [one.shape[-1] for one in features] == [16, 8, 8, 4, 4, 2]
    assert torch.equal(critic(images), critic.last(features[-1]))
    assert critic(images).shape == (3,)


def test_other_sizes_than_four_times_what_is_shown_are_refused_in_a_line():
    with pytest.raises(ConfigError, match=r"data\.view=small"):
        networks(SMALL._replace(shown_side=16))


def test_without_a_critic_it_has_one_player_and_squares():
    trainer = game("srresnet")
    assert set(trainer.players) == {"generator"}
    assert set(trainer.play_round()) == {"generator/pixels"}


def test_the_critics_features_are_far_by_their_mean_distance():
    trainer = game("srgan", "model.features=2.0", "model.content=0.0", "train.learning_rate=0")
    critic, generator = (trainer.players[name].module for name in ("critic", "generator"))
    log = trainer.play_round()
    trainer.batches.index -= 1
    batch = next(trainer.batches)
    seen, wanted = (critic.features(x) for x in (generator(batch.shown), batch.images))
    far = sum((a - b).abs().mean() for a, b in zip(seen, wanted, strict=True)) / len(seen)
    torch.testing.assert_close(log["generator/features"], 2 * far.detach())


def test_a_gan_begins_with_the_net_of_least_squares(tmp_path):
    first = build_images(override(IMAGES["srresnet"], *DIGITS))
    first.trainer.play_round()
    first.release(tmp_path / "first.safetensors")
    second = game("srgan", f"start={tmp_path / 'first.safetensors'}")
    average = first.trainer.players["generator"].average
    for name, weight in second.players["generator"].module.state_dict().items():
        torch.testing.assert_close(weight, average.state_dict()[name], atol=1e-3, rtol=1e-3)


def test_it_learns_more_than_the_mean_of_neighbours():
    trainer = game("srresnet", "train.learning_rate=3e-3")

    def off(batch, images):
        return float((images - batch.images).square().mean())

    batch = next(trainer.batches)
    bicubic = interpolate(batch.shown, scale_factor=4, mode="bicubic", align_corners=False)
    for _ in range(120):
        trainer.play_round()
    with torch.no_grad():
        made = trainer.players["generator"].module(batch.shown)
    assert off(batch, made) < 0.8 * off(batch, bicubic)
