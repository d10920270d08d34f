import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.experiments.images import build_images
from musegan.gans import cyclegan, discogan
from musegan.gans.system import Sizes
from musegan.gans.unpaired import BothWays, Critics, both_ways
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.game import Player
from musegan.train.state import GameState

SIZES = Sizes(side=16, channels=3, classes=0, latent=8, width=4, shown_side=16, shown_channels=1)
DIGITS = ("data.source=digits", "data.side=16", "model.width=4", "train.batch_size=8",
          "train.device=cpu", "train.bfloat16=false")  # fmt: skip
NAMES = ("cyclegan", "discogan")


def game(preset, *settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES[preset], *DIGITS, *settings)).trainer


class Times(nn.Module):
    """Images times a number that is learned."""

    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(float(factor)))

    def forward(self, images):
        return self.factor * images


def by_formula(distance, same=0.0, cycle=10.0):
    """The generators' terms of a game of numbers: 3 one way, 1/2 the other; critics give 0."""
    players = {
        "generator": BothWays(Times(3), Times(0.5)),
        "critic": Critics(Times(0), Times(0)),
    }
    players = {
        name: Player(name, module, torch.optim.Adam(module.parameters()))
        for name, module in players.items()
    }
    wanted = override(IMAGES["cyclegan"], f"model.cycle={cycle}", "train.gamma=1")
    moves = both_ways(players, wanted, GameState(), distance=distance, same=same)
    assert [move.player.name for move in moves] == ["critic", "critic", "generator"]
    batch = Pictures(torch.full((2, 1, 1, 1), 4.0), torch.zeros(2), torch.full((2, 1, 1, 1), 2.0))
    return {name: float(value.detach()) for name, value in moves[-1].terms(batch, 0).items()}


def test_what_goes_there_and_back_must_be_what_it_was():
    terms = by_formula(l1_loss)
    assert terms["cycle_there"] == pytest.approx(10 * abs(2 * 3 * 0.5 - 2))
    assert terms["cycle_back"] == pytest.approx(10 * abs(4 * 0.5 * 3 - 4))
    assert terms["adversarial_there"] == pytest.approx(0.5)  # (0 - 1)^2 / 2: equation 1
    assert set(terms) == {f"{n}_{g}" for n in ("adversarial", "cycle") for g in ("there", "back")}


def test_discogan_squares_the_distances():
    terms = by_formula(mse_loss, cycle=1.0)
    assert terms["cycle_there"] == pytest.approx(1.0)
    assert terms["cycle_back"] == pytest.approx(4.0)


def test_what_is_of_its_own_kind_must_stay_where_that_is_asked_for():
    terms = by_formula(l1_loss, same=5.0)
    assert terms["same_there"] == pytest.approx(5 * abs(3 * 4 - 4))
    assert terms["same_back"] == pytest.approx(5 * abs(0.5 * 2 - 2))


@pytest.mark.parametrize("name", NAMES)
def test_translators_and_critics_of_both_domains_learn(name):
    trainer = game(name)
    assert set(trainer.players) == {"generator", "critic"}
    before = {
        player: {k: v.clone() for k, v in trainer.players[player].module.named_parameters()}
        for player in trainer.players
    }
    trainer.play_round()
    for player, weights in before.items():
        for key, value in trainer.players[player].module.named_parameters():
            assert not torch.equal(value, weights[key]), key


def test_the_pool_of_fakes_is_in_the_checkpoint_and_is_used():
    trainer = game("cyclegan")
    for _ in range(4):
        trainer.play_round()
    saved = copy.deepcopy(trainer.state_dict())  # as a file would have it
    module = saved["players"]["critic"]["module"]
    assert int((~module["images_pool.empty"]).sum()) > 20
    assert module["shown_pool.held"].shape == (50, 1, 16, 16)
    other = game("cyclegan")
    other.load_state_dict(saved)
    wanted, found = trainer.play_round(), other.play_round()
    assert all(torch.equal(wanted[key], found[key]) for key in wanted)


@pytest.mark.parametrize("system", [cyclegan, discogan])
def test_networks_go_there_and_back_and_need_two_sets(system):
    generator = system.networks(SIZES)["generator"]
    shown = torch.randn(2, 1, 16, 16)
    there = generator(shown)
    assert there.shape == (2, 3, 16, 16)
    assert torch.equal(there, generator.there(shown)) or system is discogan  # batch norm moves on
    assert generator.back(there).shape == (2, 1, 16, 16)
    with pytest.raises(ConfigError, match=r"data\.onto"):
        system.networks(SIZES._replace(shown_side=0, shown_channels=0))


def test_staying_the_same_is_refused_where_domains_have_other_channels():
    with pytest.raises(ConfigError, match=r"model\.same"):
        game("cyclegan", "model.same=0.5")


def test_cyclegan_learns_to_come_home():
    trainer = game("cyclegan", "train.learning_rate=2e-3", "model.width=8")
    logs = [trainer.play_round() for _ in range(160)]
    first, last = (
        sum(float(log["generator/cycle_there"]) for log in part) for part in (logs[:5], logs[-5:])
    )
    assert last < first / 2
