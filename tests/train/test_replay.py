"""What a move says of itself so that a GPU may replay it. That a replay is the move takes a GPU."""

import torch
from torch import nn

from musegan.config import Training
from musegan.data.batches import Batches
from musegan.presets import PRESETS
from musegan.settings import override
from musegan.train.game import Move, Player, Trainer
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1, r2
from musegan.train.recipes import Penalty, adversarial, reconstruction, together
from musegan.train.replay import Recorder, leaves_of
from musegan.train.schedule import cosine
from musegan.train.state import GameState

CALMED = cosine(10, end=0.1)


def moves(**options) -> list[Move]:
    g, c = nn.Linear(2, 3), nn.Linear(3, 1)
    return adversarial(
        Player("generator", g, torch.optim.Adam(g.parameters())),
        Player("critic", c, torch.optim.Adam(c.parameters())),
        LOSSES["relativistic"],
        fake=lambda batch, round: g(torch.randn(len(batch), 2)),
        score=lambda x, batch, round: c(x)[:, 0],
        **options,
    )


def constants(move: Move, rounds: int) -> list:
    return [move.constants(round) for round in range(rounds)]


def test_a_move_changes_with_the_weight_of_its_penalty_and_no_longer():
    critic, generator = moves(penalties=[Penalty("r1", r1, 1.0, schedule=CALMED)])
    seen = constants(critic, 30)
    assert len(set(seen[:10])) == 10
    assert len(set(seen[10:])) == 1
    assert len(set(constants(generator, 30))) == 1


def test_a_lazy_penalty_changes_its_own_move_alone():
    penalties = [Penalty("r1", r1, 1.0), Penalty("r2", r2, 1.0, every=2, schedule=CALMED)]
    critic, lazy, generator = moves(penalties=penalties)
    assert len(set(constants(lazy, 10))) == 10
    assert [len(set(constants(move, 10))) for move in (critic, generator)] == [1, 1]


def test_what_depends_on_the_round_otherwise_says_so():
    assert constants(moves(constants=lambda round: round % 2)[0], 4) == [(0,), (1,), (0,), (1,)]
    assert all(move.constants is None for move in moves(constants=None))
    assert reconstruction(None, lambda batch, round: {})[0].constants is None


def test_games_played_together_depend_on_what_each_does():
    first, second = moves(), moves(constants=lambda round: round)
    for one, other in zip(first, second, strict=True):
        object.__setattr__(other, "player", one.player)
    assert constants(together({"a": first, "b": second})[1], 3) == [((), 0), ((), 1), ((), 2)]


def test_a_batch_on_a_processor_is_never_recorded():
    recorder = Recorder(GameState())
    batch = {"a": torch.zeros(2), "b": (torch.ones(3), None)}
    assert [len(leaf) for leaf in leaves_of(batch)] == [2, 3]
    assert all(recorder.find((), batch) is None for _ in range(50))


def test_a_replayed_game_is_the_same_on_a_processor():
    def played(replayed: bool) -> dict:
        torch.manual_seed(0)
        batches = Batches(lambda rng: torch.from_numpy(rng.normal(size=(4, 3))).float(), 0)
        trainer = Trainer(moves(), batches, replayed=replayed)
        return [trainer.play_round() for _ in range(25)][-1]

    assert played(True) == played(False)


def test_only_who_asks_has_moves_replayed():
    assert Training().compiled == "off"
    wanted = override(PRESETS["dcgan"], "train.compiled=cudagraphs").train
    assert wanted.compiled == "cudagraphs"


def test_the_chance_of_augmentation_lies_where_a_replayed_move_finds_it():
    state = GameState(augmentation=0.25)
    place = state.chance_on(torch.device("cpu"))
    assert place.item() == 0.25
    state.augmentation = 0.5
    state.publish()
    assert place.item() == 0.5
    assert state.chance_on(torch.device("cpu")) is place
