import pytest
import torch
from torch import nn

from musegan.train.game import Player
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1, r2
from musegan.train.recipes import Matching, Penalty, adversarial, reconstruction
from musegan.train.state import GameState


def player(name: str) -> Player:
    net = nn.Linear(1, 1)
    return Player(name, net, torch.optim.SGD(net.parameters(), 0.1))


def test_a_mismatched_condition_is_one_more_negative():
    # batch: (sample, condition); the critic's logit is sample * condition.
    batch = torch.tensor([[2.0], [3.0]]), torch.tensor([[1.0], [-1.0]])
    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["wasserstein"],
        real=lambda batch, round: batch[0],
        fake=lambda batch, round: torch.zeros(2, 1),
        score=lambda x, batch, round: x * batch[1],
        mismatched=lambda batch, round: (batch[0], batch[1].roll(1, 0)),
        mismatch_weight=0.5,
    )
    terms = moves[0].terms(batch, 0)
    on_real, on_other = (2 - 3) / 2, (-2 + 3) / 2
    assert terms["adversarial"].item() == pytest.approx(0 - on_real)
    assert terms["mismatch"].item() == pytest.approx(0.5 * (on_other - on_real))
    assert set(moves[-1].terms(batch, 0)) == {"adversarial"}  # the critic's alone


def test_the_mismatch_of_a_paired_loss_compares_each_sample_with_itself():
    batch = torch.tensor([[2.0], [3.0]]), torch.tensor([[1.0], [-1.0]])
    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["relativistic"],
        real=lambda batch, round: batch[0],
        fake=lambda batch, round: torch.zeros(2, 1),
        score=lambda x, batch, round: x * batch[1],
        mismatched=lambda batch, round: (batch[0], -batch[1]),
    )
    expected = nn.functional.softplus(torch.tensor([-4.0, 6.0])).mean()
    assert moves[0].terms(batch, 0)["mismatch"].item() == pytest.approx(expected.item())


def test_a_lazy_penalty_is_a_move_of_its_own():
    penalties = [
        Penalty("one", lambda critic, real, fake: critic(real).sum(), 2.0),
        Penalty("two", lambda critic, real, fake: critic(fake).sum(), 3.0, every=16),
    ]
    critic = player("critic")
    moves = adversarial(
        player("generator"),
        critic,
        LOSSES["hinge"],
        fake=lambda batch, round: batch * 0 + 5,
        score=lambda x, batch, round: x,
        penalties=penalties,
        n_critic=3,
    )
    assert [(m.player.name, m.every, m.times) for m in moves] == [
        ("critic", 1, 3),
        ("critic", 16, 1),
        ("generator", 1, 1),
    ]
    batch = torch.ones(2, 1)
    assert moves[0].terms(batch, 0)["one"].item() == 2 * 2
    assert {k: v.item() for k, v in moves[1].terms(batch, 0).items()} == {"two": 3 * 10}


def test_extra_terms_are_the_generators():
    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["hinge"],
        fake=lambda batch, round: batch + 2,
        extra=lambda fake, batch: {"l1": (fake - batch).abs().mean()},
    )
    assert moves[-1].terms(torch.ones(2, 1), 0)["l1"].item() == pytest.approx(2)
    assert "l1" not in moves[0].terms(torch.ones(2, 1), 0)


def test_a_reconstruction_is_a_game_of_one():
    model = player("autoencoder")
    (move,) = reconstruction(model, lambda batch, round: {"error": batch.sum() + round})
    assert move.player is model
    assert move.terms(torch.ones(2), 3)["error"].item() == 5


def test_joint_penalties_differentiate_the_logits_of_the_loss():
    seen = []
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

    def score(x, batch, round):
        seen.append(x)
        return critic(x)

    trained = Player("critic", critic, torch.optim.SGD(critic.parameters(), 0.1))
    fakes = torch.randn(6, 2)
    penalties = [Penalty("r1", r1, 3.0), Penalty("r2", r2, 5.0)]
    moves = adversarial(
        player("generator"),
        trained,
        LOSSES["relativistic"],
        fake=lambda batch, round: fakes,
        score=score,
        penalties=penalties,
    )
    batch = torch.randn(6, 2)
    terms = moves[0].terms(batch, 0)
    assert len(seen) == 2
    gradients = torch.autograd.grad(sum(terms.values()), list(critic.parameters()))
    apart = LOSSES["relativistic"].critic(critic(batch), critic(fakes))
    apart = apart + 3 * r1(critic, batch, fakes) + 5 * r2(critic, batch, fakes)
    assert sum(terms.values()).item() == pytest.approx(apart.item())
    expected = torch.autograd.grad(apart, list(critic.parameters()), allow_unused=True)
    for one, two in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, two)
    assert not batch.requires_grad and not fakes.requires_grad


def test_what_the_critics_layers_make_is_matched_each_layer_alike():
    batch = torch.tensor([[2.0], [3.0]])

    def layers(x, batch, round):
        return x.flatten(), [x, 10 * x - 10]

    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["least_squares"],
        fake=lambda batch, round: torch.ones(2, 1),
        score=lambda x, batch, round: x.flatten(),
        matching=Matching(layers, 2.0),
    )
    terms = moves[-1].terms(batch, 0)
    assert terms["matching"].item() == pytest.approx(2 * (1.5 / 2.5 + 15 / 15) / 2)
    assert terms["adversarial"].item() == 0
    assert set(moves[0].terms(batch, 0)) == {"adversarial"}


def test_at_first_the_generator_plays_alone():
    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["hinge"],
        fake=lambda batch, round: torch.zeros(2, 1),
        extra=lambda fake, batch: {"near": fake.sum()},
        penalties=[Penalty("lazy", lambda critic, real, fake: critic(real).sum(), 1.0, every=2)],
        alone=5,
    )
    assert [move.first for move in moves] == [5, 5, 0]
    assert [moves[-1].constants(round) for round in (4, 5)] == [((), True), ((), False)]
    batch = torch.ones(2, 1)
    assert set(moves[-1].terms(batch, 4)) == {"near"}
    assert set(moves[-1].terms(batch, 5)) == {"near", "adversarial"}


@pytest.mark.parametrize("every", [1, 4])
def test_a_penalty_of_weight_0_is_not_played_and_leaves_health_the_rate_to_turn(every):
    state = GameState()
    penalty = Penalty("r1", r1, 0.0, every)
    moves = adversarial(
        player("generator"),
        player("critic"),
        LOSSES["hinge"],
        real=lambda batch, round: batch,
        fake=lambda batch, round: torch.zeros(4, 1),
        penalties=[penalty],
        state=state,
    )
    assert [move.player.name for move in moves] == ["critic", "generator"]
    assert set(moves[0].terms(torch.zeros(4, 1), 0)) == {"adversarial"}
    assert not state.penalised
