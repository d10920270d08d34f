"""Looks at a game: what they measure, and that they change nothing."""

import pytest
import torch
from toygames import everything, toy_game, toy_probe, watched

from musegan.experiments.images import build_images
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.probe import Probe, compare, look, plain_features
from musegan.train.state import Duel


def test_a_game_that_is_looked_at_is_the_game_that_is_not():
    plain, seen = toy_game(), toy_game()
    watch = watched(seen)
    for _ in range(6):
        plain.play_round()
        seen.play_round()
        found = watch.look(seen)
        plain.state.read_signs()
        assert torch.equal(everything(plain), everything(seen))
    assert {"health/pairs", "health/coverage", "health/real_sign"} <= set(found)


def test_two_looks_at_the_same_game_see_the_same():
    trainer = toy_game()
    trainer.play_round()
    probe = toy_probe(trainer)
    assert look(trainer, probe) == look(trainer, probe)


def known_game(score, fake):
    """A game whose critic and whose samples are known."""
    trainer = toy_game()
    trainer.state.duels[:] = [Duel("generator", "critic", lambda x, _: x, fake, score)]
    return trainer


def test_a_critic_that_knows_its_samples_by_heart_has_a_gap_of_one():
    def batches(place):
        return [torch.randn(32, 2) + place for _ in range(4)]

    known, held = batches(0.0), batches(0.0)
    learned = {tuple(row) for batch in known for row in batch.tolist()}

    def score(x, batch, round):
        flags = [1.0 if tuple(row) in learned else -1.0 for row in x.tolist()]
        return torch.tensor(flags) + 0 * x.sum(1)

    trainer = known_game(score, lambda x, round: torch.randn(len(x), 2))
    found = look(trainer, Probe(lambda: known, lambda: held))
    assert found["health/gap"] == 1.0
    assert found["health/pairs"] == 1.0
    assert found["health/held_sign"] == -1.0


def test_a_critic_that_knows_nothing_is_right_half_the_time():
    trainer = known_game(lambda x, batch, round: 0 * x.sum(1), lambda x, round: torch.randn(32, 2))
    found = look(trainer, Probe(lambda: [torch.randn(32, 2)] * 4))
    assert found["health/pairs"] == 0.5
    assert "health/gap" not in found  # there are no held-out samples


def test_squared_gradients_at_reals_and_fakes():
    trainer = known_game(lambda x, batch, round: x.square().sum(1), lambda x, round: 3 * x)
    found = look(trainer, Probe(lambda: [torch.ones(32, 2)]))
    assert found["health/real_gradient"] == pytest.approx(8)
    assert found["health/fake_gradient"] == pytest.approx(72)


def test_patches_count_as_one_logit_a_sample():
    trainer = known_game(
        lambda x, batch, round: x[:, None, None].expand(-1, 3, 3, -1), lambda x, _: -x
    )
    found = look(trainer, Probe(lambda: [torch.rand(32, 2) + 0.1]))
    assert found["health/pairs"] == 1.0


def test_several_duels_have_names_of_their_own():
    trainer = toy_game()
    trainer.state.duels *= 2
    names = set(look(trainer, toy_probe(trainer)))
    assert {"health/critic_1/pairs", "health/critic_2/coverage"} <= names


def test_the_same_samples_are_covered_and_nothing_else_is():
    real = torch.randn(200, 2)
    same = compare(real, real)
    assert same["coverage"] == 1 and same["spread"] == 1
    assert same["modes"] == pytest.approx(0, abs=0.01)
    assert same["distance"] == pytest.approx(0, abs=1e-9)
    far = compare(real, real + 100)
    assert far["coverage"] == 0 and far["spread"] == pytest.approx(1, abs=1e-5)


def test_half_of_the_modes_are_half_of_the_coverage():
    torch.manual_seed(0)
    left, right = torch.randn(100, 2) - 50, torch.randn(100, 2) + 50
    found = compare(torch.cat([left, right]), torch.cat([left, left]))
    assert found["coverage"] == 0.5
    assert found["modes"] == pytest.approx(0.69, abs=0.05)  # ln 2
    assert found["twins"] == 1.0


def test_samples_half_as_far_apart_have_half_the_spread():
    real = torch.randn(100, 3)
    assert compare(real, real / 2)["spread"] == pytest.approx(0.5)


def test_the_distance_of_two_gaussians_is_frechets():
    dice = torch.Generator().manual_seed(0)
    real = torch.randn(4000, 2, generator=dice, dtype=torch.float64)
    real = (real - real.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(real.T))).T
    found = compare(real, 3 * real + torch.tensor([4.0, 0.0]))
    assert found["distance"] == pytest.approx((16 + 2 * (3 - 1) ** 2) / 2)  # of a variance of 2


def test_samples_that_are_not_finite_are_not_compared():
    assert compare(torch.randn(32, 2), torch.full((32, 2), torch.nan)) == {}


def test_plain_features_are_small_whatever_the_samples():
    assert plain_features(torch.ones(2, 2, 1, 1)).shape == (2, 2)
    blocks = torch.arange(64.0).view(1, 1, 8, 8).repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert torch.equal(plain_features(blocks), torch.arange(64.0)[None])
    assert plain_features(torch.randn(3, 3, 32, 32)).shape == (3, 192)
    many = torch.randn(50, 10, 5, 64)
    few = plain_features(many)
    assert few.shape == (50, 64)
    assert few.norm(dim=1).mean() == pytest.approx(8, rel=0.1)  # a root of 64
    assert torch.equal(few, plain_features(many))


@pytest.mark.parametrize("preset", ["gan", "lapgan", "cyclegan", "discogan"])
def test_samples_are_the_averages_whatever_parts_of_the_network_a_recipe_holds(preset):
    small = ("data.source=digits", "data.side=16", "model.width=4", "train.batch_size=16",
             "train.device=cpu", "train.bfloat16=false")  # fmt: skip
    trainer = build_images(override(IMAGES[preset], *small)).trainer
    player = trainer.players["generator"]
    for weight in player.average.parameters():
        weight.zero_()  # an average that draws, or translates to, one flat image
    batches = [next(trainer.batches) for _ in range(2)]
    probe = Probe(lambda: batches)
    before = everything(trainer).clone(), [part.training for part in player.module.modules()]
    spreads = [value for name, value in look(trainer, probe).items() if name.endswith("spread")]
    assert spreads
    assert all(spread == 0 for spread in spreads)
    assert torch.equal(everything(trainer), before[0])
    assert [part.training for part in player.module.modules()] == before[1]
    assert all(float(weight.abs().sum()) == 0 for weight in player.average.parameters())
