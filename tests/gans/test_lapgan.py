import pytest
import torch

from musegan.errors import ConfigError
from musegan.experiments.images import build_images
from musegan.gans import lapgan
from musegan.gans.lapgan import Generator, doubled, halved, networks, pyramid, rebuilt
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.recipes import Penalty

SMALL = Sizes(side=16, channels=1, classes=0, latent=9, width=2)
DIGITS = ("data.source=digits", "data.side=16", "model.width=2", "train.batch_size=8",
          "train.device=cpu", "train.bfloat16=false")  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("side", [28, 32])
@pytest.mark.parametrize("octaves", [0, 1, 2])
def test_a_pyramid_inverts_exactly(side, octaves):
    images = torch.rand(4, 3, side, side) * 2 - 1
    parts = pyramid(images, octaves)
    assert [part.shape[-1] for part in parts] == [
        side // 2**octave for octave in range(octaves, -1, -1)
    ]
    assert (rebuilt(parts) - images).abs().max() < 1e-6


def test_a_flat_image_has_no_details():
    coarse, *details = pyramid(torch.full((1, 1, 16, 16), 0.25))
    assert torch.equal(coarse, torch.full((1, 1, 4, 4), 0.25))
    assert all((detail == 0).all() for detail in details)


def test_details_are_what_halving_loses():
    images = torch.randn(2, 1, 16, 16)
    *_, finest = pyramid(images)
    torch.testing.assert_close(finest, images - doubled(halved(images)))


def test_an_image_is_its_coarse_one_and_details_from_parts_of_the_latent():
    generator, latent = Generator(SMALL), torch.randn(2, 9)
    none = torch.zeros(2, dtype=torch.int64)
    first, second, third = latent.split(3, 1)
    coarse = generator.coarse(first, none)
    middle = doubled(coarse) + generator.details[0](doubled(coarse), second, none)
    whole = doubled(middle) + generator.details[1](doubled(middle), third, none)
    torch.testing.assert_close(generator(latent, none), whole.clamp(-1, 1))


def test_every_octave_knows_the_class_where_there_are_classes():
    pair = networks(SMALL._replace(classes=3))
    generator, critic = pair["generator"], pair["critic"]
    one, other = torch.zeros(2, dtype=torch.int64), torch.full((2,), 2)
    latent, wide = torch.randn(2, 3), torch.randn(2, 1, 8, 8)
    drawers = [
        lambda y: generator.coarse(latent, y),
        lambda y: generator.details[0](wide, latent, y),
    ]
    judges = [
        lambda y: critic.coarse(wide[..., :4, :4].contiguous(), y),
        lambda y: critic.details[0](wide, wide, y),
    ]
    for of in (*drawers, *judges):
        assert not torch.allclose(of(one), of(other))


def test_octaves_learn_by_themselves():
    """What the coarsest game does leaves the others' weights where they go without it."""
    trainers = []
    for _ in range(2):
        torch.manual_seed(0)
        trainers.append(build_images(override(IMAGES["lapgan"], *DIGITS)).trainer)
    generator = trainers[1].players["generator"].module
    for weight in generator.coarse.parameters():
        weight.data.zero_()
    for trainer in trainers:
        trainer.play_round()
    one, other = (trainer.players["generator"].module for trainer in trainers)
    torch.testing.assert_close(one.details.state_dict(), other.details.state_dict())
    one, other = (trainer.players["critic"].module for trainer in trainers)
    torch.testing.assert_close(one.details.state_dict(), other.details.state_dict())
    assert not torch.allclose(one.coarse.layers[0].weight, other.coarse.layers[0].weight)


def test_a_size_that_cannot_be_halved_twice_is_refused_in_a_line():
    with pytest.raises(ConfigError, match=r"data\.side, now 30"):
        networks(SMALL._replace(side=30))
    with pytest.raises(ConfigError, match=r"model\.latent above 2"):
        networks(SMALL._replace(latent=2))


def test_the_coarsest_game_learns_where_the_images_are():
    trainer = build_images(override(IMAGES["lapgan"], *DIGITS, "train.learning_rate=1e-3")).trainer
    truth = torch.cat([pyramid(next(trainer.batches).images)[0] for _ in range(20)]).mean(0)
    none = torch.zeros(64, dtype=torch.int64)

    def off():
        generator = trainer.players["generator"].module
        with torch.no_grad():
            drawn = generator.coarse(torch.randn(64, 32), none).mean(0)
        return float((drawn - truth).abs().mean())

    before = off()
    for _ in range(100):
        trainer.play_round()
    assert off() < 0.85 * before


def test_each_octaves_critic_has_r1_in_proportion_to_its_pixels(monkeypatch):
    weights = []

    def noted(name, function, weight, every):
        weights.append((weight, every))
        return Penalty(name, function, weight, every)

    monkeypatch.setattr(lapgan, "Penalty", noted)
    settings = (*DIGITS, "train.gamma=16", "train.penalty_every=1")
    terms = build_images(override(IMAGES["lapgan"], *settings)).trainer.play_round()
    assert weights == [(1, 1), (4, 1), (16, 1)]
    assert {f"critic/r1_octave{number}" for number in range(3)} <= set(terms)
    paper = build_images(override(IMAGES["lapgan"], *DIGITS, "train.gamma=0")).trainer
    assert not [name for name in paper.play_round() if "r1" in name]
