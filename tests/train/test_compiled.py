import shutil

import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters

from musegan.config import Training
from musegan.data.batches import Batches
from musegan.errors import ConfigError
from musegan.train.compiled import compiler
from musegan.train.game import Player, Trainer, slow_copy
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.penalties import lipschitz, r1, r2
from musegan.train.recipes import Penalty, adversarial
from musegan.train.schedule import cosine
from musegan.train.state import GameState

WGAN_GP = [Penalty("lipschitz", lipschitz, 10.0)]
R3GAN = [Penalty("r1", r1, 0.5, schedule=cosine(50, end=0.1)), Penalty("r2", r2, 0.5)]
LAZY = [Penalty("r1", r1, 0.5, every=2)]


def game(penalties=(), loss="relativistic", compiled=None, bfloat16=False, **options) -> Trainer:
    """Convolutional players of images (1, 8, 8); the generator with batch norm, as DCGAN's."""
    torch.manual_seed(0)
    g = nn.Sequential(
        nn.Linear(4, 64), nn.Unflatten(1, (4, 4, 4)), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    c = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 4), nn.Flatten(0)
    )
    if not penalties:
        c.insert(1, nn.BatchNorm2d(4))
    adam = {"lr": 1e-3, "betas": (0.0, 0.9)}
    state = GameState()
    moves = adversarial(
        Player("generator", g, torch.optim.Adam(g.parameters(), **adam), slow_copy(g)),
        Player("critic", c, torch.optim.Adam(c.parameters(), **adam)),
        LOSSES[loss],
        fake=lambda batch, round: g(normal(len(batch), 4)).float(),
        penalties=penalties,
        state=state,
        **options,
    )
    batches = Batches(lambda r: torch.from_numpy(r.normal(size=(6, 1, 8, 8))).float(), 0)
    return Trainer(moves, batches, state=state, compiled=compiled, bfloat16=bfloat16)


def gradients(trainer: Trainer) -> list:
    return [p.grad for player in trainer.players.values() for p in player.parameters]


def assert_alike(eager: Trainer, fast: Trainer, rounds: int, **tolerance) -> None:
    for _ in range(rounds):
        torch.testing.assert_close(fast.play_round(), eager.play_round(), **tolerance)
        torch.testing.assert_close(gradients(fast), gradients(eager), **tolerance)
        assert fast.state.read_signs() == pytest.approx(eager.state.read_signs())


@pytest.mark.parametrize(
    ("penalties", "loss"),
    [((), "vanilla"), (WGAN_GP, "wasserstein"), (R3GAN, "relativistic"), (LAZY, "hinge")],
    ids=["dcgan", "wgan-gp", "r3gan", "lazy"],
)
def test_compiled_moves_have_the_terms_and_gradients_of_eager_ones(penalties, loss):
    torch._dynamo.reset()
    fast = game(penalties, loss, compiler("default", "aot_eager"))
    assert_alike(game(penalties, loss), fast, 3, rtol=1e-4, atol=1e-6)
    assert not counters["graph_break"]


def test_penalties_of_compiled_moves_are_their_own_under_autocast():
    torch._dynamo.reset()
    fast = game(R3GAN, compiled=compiler("default", "aot_eager"), bfloat16=True)
    assert_alike(game(R3GAN, bfloat16=True), fast, 2, rtol=2e-2, atol=2e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++, as in Debian's package g++")
def test_code_that_torch_generates_has_the_terms_and_gradients_of_eager_moves():
    torch._dynamo.reset()
    penalties = [Penalty("r1", r1, 0.5), *WGAN_GP]
    fast = game(penalties, compiled=compiler("default"))
    assert_alike(game(penalties), fast, 2, rtol=1e-4, atol=1e-5)


def test_a_move_is_compiled_once_and_when_a_factor_first_moves():
    torch._dynamo.reset()
    counters.clear()
    trainer = game(R3GAN, compiled=compiler("default", "eager"))
    graphs = []
    for round in range(12):
        if round in (4, 6, 8):
            trainer.state.gamma *= 1.5
        trainer.play_round()
        graphs.append(counters["stats"]["unique_graphs"])
    # Two moves; the critic's again in round 1, which makes the round an input, and in round 4.
    assert graphs == [2, 3, 3, 3, *[4] * 8]


def test_games_of_the_same_recipe_do_not_recompile_each_other():
    torch._dynamo.reset()
    counters.clear()
    make = compiler("default", "eager")
    trainers = [game(WGAN_GP, compiled=make) for _ in range(6)]
    for _ in range(2):
        for trainer in trainers:
            trainer.play_round()
    assert counters["stats"]["unique_graphs"] == 2 * len(trainers)


def test_a_resumed_compiled_game_goes_on_bit_for_bit():
    torch._dynamo.reset()
    make = compiler("default", "aot_eager")
    whole, first, second = (game(R3GAN, compiled=make) for _ in range(3))
    for _ in range(5):
        whole.play_round()
    for _ in range(3):
        first.play_round()
    second.load_state_dict(first.state_dict())
    for _ in range(2):
        second.play_round()
    for name, player in whole.players.items():
        for key, value in player.module.state_dict().items():
            assert torch.equal(value, second.players[name].module.state_dict()[key])


def test_what_cannot_be_compiled_is_told_in_a_line():
    def fails(graph, inputs):
        raise RuntimeError("no compiler\nfound")

    torch._dynamo.reset()
    trainer = game(compiled=compiler("default", fails))
    with pytest.raises(ConfigError, match=r"train\.compiled=default: .*no compiler found.*off"):
        trainer.play_round()


def test_nothing_is_compiled_unless_it_is_asked_for():
    assert compiler("off") is None


def test_cuda_graphs_and_accumulated_gradients_exclude_each_other():
    with pytest.raises(ConfigError, match=r"train\.accumulate=2"):
        Training(compiled="cudagraphs", accumulate=2)
