import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from musegan.data.batches import Batches
from musegan.errors import TrainingDiverged
from musegan.train.game import Move, Player, Trainer, slow_copy
from musegan.train.losses import LOSSES
from musegan.train.penalties import lipschitz, r1, r2
from musegan.train.recipes import Penalty, adversarial, reconstruction
from musegan.train.schedule import cosine

SHAPES = {"piano roll": (2, 4, 8, 12), "waveform": (1, 64), "picture": (3, 8, 8)}


class Net(nn.Module):
    """(batch, inputs...) -> (batch, *shape), with a dropout and a buffer to be resumed."""

    def __init__(self, inputs: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        size = torch.Size(shape).numel()
        self.shape = shape
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(inputs, 16), nn.Dropout(0.1), nn.Tanh(), nn.Linear(16, size)
        )
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.layers(x).unflatten(1, self.shape)


def real_batches(shape: tuple[int, ...], seed: int = 0) -> Batches:
    return Batches(lambda r: torch.from_numpy(r.normal(size=(6, *shape)).astype("float32")), seed)


def game(shape=(1, 8), loss="relativistic", seed=0, bfloat16=False, **options) -> Trainer:
    torch.manual_seed(seed)
    g, c = Net(4, shape), Net(torch.Size(shape).numel(), (1,))
    generator = Player(
        "generator", g, torch.optim.Adam(g.parameters(), 1e-3), slow_copy(g), schedule=cosine(40)
    )
    critic = Player("critic", c, torch.optim.Adam(c.parameters(), 1e-3))
    moves = adversarial(
        generator, critic, LOSSES[loss], fake=lambda x, round: g(torch.randn(len(x), 4)), **options
    )
    return Trainer(moves, real_batches(shape), seed, bfloat16=bfloat16)


def weights(trainer: Trainer, name: str) -> torch.Tensor:
    return nn.utils.parameters_to_vector(trainer.players[name].module.parameters()).detach()


ALL_PENALTIES = [
    Penalty("r1", r1, 0.1, every=2),
    Penalty("r2", r2, 0.1),
    Penalty("lipschitz", lipschitz, 10.0),
]


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_loss_plays_in_every_modality(shape, loss, bfloat16):
    trainer = game(shape, loss, bfloat16=bfloat16, penalties=ALL_PENALTIES, n_critic=2)
    before = {name: weights(trainer, name).clone() for name in trainer.players}
    terms = trainer.play_round()
    assert set(terms) == {
        "critic/adversarial", "critic/r1", "critic/r2", "critic/lipschitz", "generator/adversarial"
    }  # fmt: skip
    assert all(not term.requires_grad and term.ndim == 0 for term in terms.values())
    assert "critic/r1" not in trainer.play_round()  # lazy: one round in two
    assert trainer.batches.index == 4 + 3
    for name, old in before.items():
        assert not torch.equal(old, weights(trainer, name))


def test_the_critics_move_leaves_the_generator_untouched():
    trainer = game()
    generator = trainer.players["generator"]
    before = weights(trainer, "generator").clone()
    trainer.play(trainer.moves[0], next(trainer.batches))
    assert torch.equal(weights(trainer, "generator"), before)
    assert all(p.grad is None for p in generator.module.parameters())


def test_weights_that_no_optimizer_holds_stay_frozen():
    pretrained, head = nn.Linear(2, 2), nn.Linear(2, 1)
    pretrained.requires_grad_(False)
    player = Player(
        "model", nn.Sequential(pretrained, head), torch.optim.SGD(head.parameters(), 0.1)
    )
    before = pretrained.weight.clone()
    moves = reconstruction(player, lambda x, round: {"square": player.module(x).square().mean()})
    Trainer(moves, real_batches((2,))).play_round()
    assert torch.equal(pretrained.weight, before) and not pretrained.weight.requires_grad


def test_a_lazy_move_scales_its_loss_by_its_interval():
    weight = nn.Parameter(torch.tensor(1.0))
    holder = nn.ParameterList([weight])
    player = Player("model", holder, torch.optim.SGD([weight], 0.01))
    trainer = Trainer(
        [Move(player, lambda x, round: {"line": weight * 2}, every=4)], real_batches(())
    )
    trainer.play_round()
    assert weight.item() == pytest.approx(1 - 0.01 * 4 * 2)
    trainer.play_round()
    assert weight.item() == pytest.approx(1 - 0.01 * 4 * 2)


def test_accumulated_batches_have_the_gradient_of_one_large_batch():
    rows, target = torch.randn(12, 3), torch.randn(12)
    weight = nn.Parameter(torch.zeros(3))
    player = Player("model", nn.ParameterList([weight]), torch.optim.SGD([weight], 1.0))

    def terms(batch, round):
        x, y = batch
        return {"error": (x @ weight - y).square().mean()}

    small = zip(rows.split(4), target.split(4), strict=True)
    trainer = Trainer([Move(player, terms)], small, accumulate=3)
    log = trainer.play_round()
    # The mean of (x w - y)^2 at w = 0: its value, and minus its gradient 2 X^T (X w - y) / n.
    assert log["model/error"].item() == pytest.approx(target.square().mean().item())
    torch.testing.assert_close(weight.detach(), 2 * rows.T @ target / 12)


def test_terms_are_checked_in_one_round_of_so_many():
    weight = nn.Parameter(torch.ones(()))
    player = Player("model", nn.ParameterList([weight]), torch.optim.SGD([weight], 0.0))
    moves = reconstruction(player, lambda x, round: {"line": 0 * weight + float("inf")})
    trainer = Trainer(moves, real_batches((1,)), check_every=3)
    trainer.round = 1
    trainer.play_round()
    trainer.play_round()
    with pytest.raises(TrainingDiverged, match="round 3: model/line=inf"):
        trainer.play_round()


def test_a_game_is_loaded_whatever_order_its_numbers_were_saved_in():
    def convolution(layout):
        torch.manual_seed(0)
        net = nn.Conv2d(3, 5, 3).to(memory_format=layout)
        optimizer = torch.optim.Adam(net.parameters(), 0.1, fused=True)
        player = Player("model", net, optimizer, slow_copy(net))
        moves = reconstruction(player, lambda x, round: {"square": net(x).square().mean()})
        return Trainer(moves, real_batches((3, 6, 6)))

    plain, last = convolution(torch.contiguous_format), convolution(torch.channels_last)
    plain.play_round()
    last.load_state_dict(copy.deepcopy(plain.state_dict()))
    kernel = last.players["model"].module.weight
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    for trainer in (plain, last):
        trainer.play_round()
    ours, theirs = (trainer.players["model"].module.state_dict() for trainer in (last, plain))
    torch.testing.assert_close(ours, theirs)


def test_the_average_after_two_updates():
    weight = nn.Parameter(torch.tensor(1.0))
    module = nn.ParameterList([weight])
    player = Player("model", module, torch.optim.SGD([weight], 1.0), slow_copy(module), decay=0.15)
    for _ in range(2):
        weight.grad = torch.tensor(1.0)
        player.update()  # the weight goes 1, 0, -1
    # Decays: min(0.15, 1/10), then min(0.15, 2/11).
    assert player.average[0].item() == pytest.approx(0.15 * (0.1 * 1 + 0.9 * 0) + 0.85 * -1)


def test_the_schedule_multiplies_the_rate_that_the_optimizer_was_given():
    trainer = game()
    generator = trainer.players["generator"]
    rates = []
    for _ in range(3):
        trainer.play_round()
        rates.append(generator.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3 * cosine(40)(round) for round in range(3)])


def test_gradients_are_clipped_to_their_norm():
    weight = nn.Parameter(torch.tensor([0.0, 0.0]))
    player = Player(
        "model", nn.ParameterList([weight]), torch.optim.SGD([weight], 1.0), max_gradient_norm=1.0
    )
    weight.grad = torch.tensor([30.0, 40.0])
    player.update()
    assert weight.tolist() == pytest.approx([-0.6, -0.8], abs=1e-4)


def test_a_term_that_is_not_finite_is_named():
    trainer = game()
    with torch.no_grad():
        trainer.players["critic"].module.layers[1].weight.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="round 0: critic/adversarial=nan"):
        trainer.play_round()


def test_two_players_must_not_share_a_name():
    one, two = (
        Player("model", net, torch.optim.SGD(net.parameters(), 0.1))
        for net in (nn.Linear(1, 1), nn.Linear(1, 1))
    )
    with pytest.raises(ValueError, match="share a name"):
        Trainer([Move(one, lambda x, r: {}), Move(two, lambda x, r: {})], real_batches((1,)))


def test_a_resumed_game_goes_on_bit_for_bit():
    options = {"penalties": ALL_PENALTIES, "n_critic": 2}
    whole, first = game(seed=3, **options), game(seed=3, **options)
    for _ in range(9):
        whole.play_round()
    for _ in range(4):
        first.play_round()
    state = copy.deepcopy(first.state_dict())
    second = game(seed=3, **options)
    for _ in range(2):
        second.play_round()  # what it did before it is loaded must not matter
    second.load_state_dict(state)
    for _ in range(5):
        torch.rand(7)  # nor what others draw between rounds
        second.play_round()
    assert_same(whole.state_dict()["players"], second.state_dict()["players"])
    assert (whole.round, whole.batches.index) == (second.round, second.batches.index)


def assert_same(one, two):
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            assert_same(one[key], two[key])
    elif isinstance(one, list):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            assert_same(a, b)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, two)
    else:
        assert one == two


def test_rounds_draw_different_numbers_and_seeds_too():
    drawn = []
    for seed in (0, 1):
        net = nn.Linear(1, 1)
        player = Player("model", net, torch.optim.SGD(net.parameters(), 0.0))

        def terms(x, round, net=net):
            drawn.append(torch.rand(()).item())
            return {"square": net(x).square().mean()}

        trainer = Trainer(reconstruction(player, terms), real_batches((1,)), seed)
        for _ in range(5):
            trainer.play_round()
    assert len(set(drawn)) == 10


def test_a_relativistic_game_learns_a_gaussian():
    torch.manual_seed(0)
    g = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
    c = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    adam = {"lr": 2e-3, "betas": (0.0, 0.9)}
    generator = Player(
        "generator", g, torch.optim.Adam(g.parameters(), **adam), slow_copy(g), decay=0.99
    )
    critic = Player("critic", c, torch.optim.Adam(c.parameters(), **adam))
    moves = adversarial(
        generator,
        critic,
        LOSSES["relativistic"],
        fake=lambda x, round: g(torch.randn(len(x), 2)),
        penalties=[Penalty("r1", r1, 0.1), Penalty("r2", r2, 0.1)],
    )
    batches = Batches(
        lambda r: torch.from_numpy(r.normal((2, -1), 0.5, (128, 2)).astype("float32")), 0
    )
    trainer = Trainer(moves, batches)
    for _ in range(900):
        trainer.play_round()
    sample = generator.average(torch.randn(4000, 2, generator=torch.Generator().manual_seed(1)))
    assert sample.mean(0).tolist() == pytest.approx([2, -1], abs=0.15)
    assert sample.std(0).tolist() == pytest.approx([0.5, 0.5], abs=0.2)


def test_a_move_waits_for_its_first_round():
    trainer = game()
    trainer.moves[0] = replace(trainer.moves[0], first=2)
    before = weights(trainer, "critic")
    logs = [trainer.play_round() for _ in range(2)]
    assert torch.equal(weights(trainer, "critic"), before)
    assert all(set(log) == {"generator/adversarial"} for log in logs)
    assert trainer.batches.index == 2  # it took no batch
    assert set(trainer.play_round()) == {"critic/adversarial", "generator/adversarial"}
    assert not torch.equal(weights(trainer, "critic"), before)
