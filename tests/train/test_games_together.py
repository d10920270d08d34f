import copy
import itertools

import pytest
import torch
from torch import nn

from musegan.train.game import Player, Trainer
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial, together


class Numbers:
    """Batches that are their own numbers."""

    def __init__(self):
        self.index = 0

    def __next__(self):
        self.index += 1
        return torch.full((4, 1), float(self.index))


def player(name, module):
    return Player(name, module, torch.optim.Adam(module.parameters(), lr=0.1))


def game(generator, critic, part, **more):
    return adversarial(
        generator,
        critic,
        LOSSES["vanilla"],
        fake=lambda batch, round: generator.module[part](batch),
        score=lambda x, batch, round: critic.module[part](x),
        **more,
    )


def test_games_on_weights_of_their_own_are_what_they_are_alone():
    torch.manual_seed(0)
    pairs = [nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)]) for _ in range(2)]
    both = [player(n, copy.deepcopy(m)) for n, m in zip(("g", "c"), pairs, strict=True)]
    joint = together({"a": game(*both, 0), "b": game(*both, 1)})
    trainer = Trainer(joint, Numbers())
    log = [trainer.play_round() for _ in range(3)][-1]
    assert set(log) == {f"{p}/adversarial_{name}" for p, name in itertools.product("gc", "ab")}
    for part in (0, 1):
        alone = [player(n, copy.deepcopy(m)) for n, m in zip(("g", "c"), pairs, strict=True)]
        one = Trainer(game(*alone, part), Numbers())
        for _ in range(3):
            one.play_round()
        for ours, theirs in zip(both, alone, strict=True):
            torch.testing.assert_close(
                ours.module[part].state_dict(), theirs.module[part].state_dict()
            )


def test_games_of_other_players_are_not_played_together():
    nets = [nn.ModuleList([nn.Linear(1, 1)]) for _ in range(3)]
    one, two, three = (player(n, m) for n, m in zip("abc", nets, strict=True))
    with pytest.raises(ValueError, match="same players"):
        together({"a": game(one, two, 0), "b": game(one, three, 0)})


def test_without_weight_no_critic_plays():
    nets = [nn.ModuleList([nn.Linear(1, 1)]) for _ in range(2)]
    generator, critic = player("g", nets[0]), player("c", nets[1])
    extra = {"extra": lambda fake, batch: {"far": (fake - 3).square().mean()}}
    moves = game(generator, critic, 0, adversarial_weight=0.0, **extra)
    assert [move.player for move in moves] == [generator]
    log = Trainer(moves, Numbers()).play_round()
    assert set(log) == {"g/far"}


def test_the_critic_learns_from_what_is_remembered_and_the_generator_does_not():
    nets = [nn.ModuleList([nn.Linear(1, 1)]) for _ in range(2)]
    generator, critic = player("g", nets[0]), player("c", nets[1])
    seen = []

    def remembered(fake):
        seen.append(fake)
        return torch.full_like(fake, 7.0)

    judged = []

    def score(x, batch, round):
        judged.append(x.detach().clone())
        return critic.module[0](x)

    moves = adversarial(
        generator,
        critic,
        LOSSES["vanilla"],
        fake=lambda batch, round: generator.module[0](batch),
        score=score,
        remembered=remembered,
    )
    Trainer(moves, Numbers()).play_round()
    assert len(seen) == 1
    assert (judged[1] == 7).all()  # the critic's fakes; the first were the reals
    assert (judged[2] != 7).all()  # the generator's
