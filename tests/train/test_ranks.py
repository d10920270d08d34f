"""Two processes play one game: they start once, for all tests of this module."""

import os
import signal
import socket
from pathlib import Path

import pytest
import torch
from torch import nn

from musegan.data.batches import Batches
from musegan.errors import CheckpointError, ConfigError, RanksError, TrainingDiverged
from musegan.train import noise, ranks
from musegan.train.checkpoint import latest_checkpoint
from musegan.train.game import Move, Player, Trainer, slow_copy
from musegan.train.losses import LOSSES
from musegan.train.penalties import lipschitz, r1, r2
from musegan.train.pool import FakePool
from musegan.train.recipes import Penalty, adversarial
from musegan.train.run import run
from musegan.train.state import GameState

WORLD, ROWS = 2, 4  # processes; rows of a batch of each


def game(norm: bool = False) -> Trainer:
    """R3GAN's game on rows of 6 numbers, with both gradient penalties and WGAN-GP's."""
    torch.manual_seed(0)
    g = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 6))
    if norm:
        g.insert(1, nn.BatchNorm1d(16))
    c = nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    state = GameState()
    moves = adversarial(
        Player("generator", g, torch.optim.Adam(g.parameters(), 1e-2), slow_copy(g)),
        Player("critic", c, torch.optim.Adam(c.parameters(), 1e-2, betas=(0.0, 0.9))),
        LOSSES["relativistic"],
        fake=lambda batch, round: g(noise.normal(len(batch), 4)),
        penalties=[
            Penalty("r1", r1, 0.3),
            Penalty("r2", r2, 0.2, every=2),
            Penalty("lipschitz", lipschitz, 0.1),
        ],
        state=state,
    )
    rows = ROWS * ranks.world()

    def draw(rng):
        return ranks.own_rows(torch.from_numpy(rng.normal(size=(rows, 6)).astype("float32")))

    return Trainer(moves, Batches(draw, 0), state=state)


def played(trainer: Trainer, rounds: int) -> dict:
    """What some rounds of a game come to."""
    terms, gradients = [], []
    for _ in range(rounds):
        terms.append(trainer.play_round())
        players = trainer.players.values()
        found = [p.grad for player in players for p in player.parameters]
        gradients.append([None if g is None else g.clone() for g in found])
    return {
        "terms": terms,
        "gradients": gradients,
        "weights": weights(trainer),
        "signs": trainer.state.read_signs(),
    }


def weights(trainer: Trainer) -> dict:
    modules = [(p.module, p.average) for p in trainer.players.values()]
    return [m.state_dict() for pair in modules for m in pair if m is not None]


def run_rounds(folder: Path, rounds: int, **options) -> dict:
    trainer = game(norm=True)
    ended = run(
        trainer, folder, rounds=rounds, config={"task": "test"}, save_every=2, log_every=1,
        tensorboard=False, measure=lambda round: {"rank": float(ranks.rank())}, **options,
    )  # fmt: skip
    return {"weights": weights(trainer), "ended": tuple(ended)}


def run_until_a_signal(folder: Path) -> dict:
    """The second rank is told to stop after three rounds, the first is not."""
    if ranks.is_first():
        return run_rounds(folder, 50)
    before = Trainer.play_round

    def play_round(trainer):
        terms = before(trainer)
        if trainer.round == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return terms

    Trainer.play_round = play_round
    try:
        return run_rounds(folder, 50)
    finally:
        Trainer.play_round = before


def diverge() -> str:
    """A term that is not finite in the second rank alone."""
    weight = nn.Parameter(torch.ones(()))
    player = Player("model", nn.ParameterList([weight]), torch.optim.SGD([weight], 0.1))
    factor = 1.0 if ranks.is_first() else float("nan")
    trainer = Trainer([Move(player, lambda x, round: {"line": factor * weight})], Batches(len, 0))
    trainer.batches = iter_of_zeros()
    with pytest.raises(TrainingDiverged) as caught:
        trainer.play_round()
    assert weight.item() == 1  # it was not updated
    return str(caught.value)


def iter_of_zeros() -> Batches:
    return Batches(lambda rng: torch.zeros(1), 0)


def lonely_gradients() -> list:
    """A weight that only the second rank's rows concern, and one that nobody's do."""
    first, second, idle = (nn.Parameter(torch.ones(())) for _ in range(3))
    everything = nn.ParameterList([first, second, idle])
    player = Player("model", everything, torch.optim.SGD(everything.parameters(), 0.5))

    def terms(batch, round):
        return {"line": first * 2 if ranks.is_first() else first * 4 + second * 8}

    Trainer([Move(player, terms)], iter_of_zeros()).play_round()
    return [None if p.grad is None else p.grad.item() for p in everything]


def messages() -> dict:
    def fails():
        raise CheckpointError("damaged")

    with pytest.raises(CheckpointError, match="damaged"):
        ranks.from_first(fails)
    return {
        "place": (ranks.rank(), ranks.world(), ranks.is_first()),
        "agree": [ranks.agree(False), ranks.agree(not ranks.is_first()), ranks.agree(True)],
        "average": ranks.average({"b": float(ranks.rank()), "a": 3.0}),
        "from_first": ranks.from_first(lambda: {"rank": ranks.rank()}),
        "gathered": ranks.gathered(torch.full((2, 1), float(ranks.rank()))),
    }


def pooled() -> list:
    torch.manual_seed(3)
    pool = FakePool(5, 2)
    given = [torch.arange(16.0).view(8, 2) + 100 * turn for turn in range(4)]
    return [pool(ranks.own_rows(fakes)) for fakes in given] + [pool.held]


def rank_main(rank: int, port: int, folder: Path) -> None:
    """One of the two processes: does it all, and leaves what came of it."""
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(WORLD)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    with ranks.joined("cpu"):
        found = {
            "played": played(game(), 3),
            "normed": weights_after(game(norm=True), 3),
            "whole": run_rounds(folder / "whole", 8),
            "stopped": run_until_a_signal(folder / "stopped"),
            "diverged": diverge(),
            "lonely": lonely_gradients(),
            "messages": messages(),
            "pooled": pooled(),
            "draws": (noise.normal(3, 2), noise.uniform(3), noise.alike(2)),
        }
        run_rounds(folder / "parts", 4)
        found["parts"] = run_rounds(folder / "parts", 8)
    assert ranks.world() == 1
    found["threads"] = threads()
    torch.save(found, folder / f"{rank}.pt")


def threads() -> list[str]:
    """The names of this process's threads, as Linux has them; none elsewhere."""
    return [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]


def weights_after(trainer: Trainer, rounds: int) -> list:
    for _ in range(rounds):
        trainer.play_round()
    return weights(trainer)


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> tuple[dict, dict, Path]:
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    torch.multiprocessing.spawn(rank_main, (port, folder), nprocs=WORLD)
    first, second = (torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(2))
    return first, second, folder


def same(one, two) -> bool:
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two


def test_two_ranks_have_the_gradients_of_one_process_with_twice_the_batch(two, monkeypatch):
    monkeypatch.setitem(globals(), "ROWS", ROWS * WORLD)
    alone = played(game(), 3)
    for found in two[:2]:
        for name in ("gradients", "terms"):
            for ours, theirs in zip(found["played"][name], alone[name], strict=True):
                torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
        assert found["played"]["signs"] == pytest.approx(alone["signs"])


def test_no_thread_of_the_ranks_is_left_when_they_have_parted(two):
    for found in two[:2]:
        assert not [name for name in found["threads"] if "gloo" in name]


def test_both_ranks_hold_the_same_bits(two):
    first, second, _ = two
    for part in ("played", "normed", "whole", "parts"):
        assert same(first[part], second[part])


def test_a_resumed_run_of_two_ranks_goes_on_bit_for_bit(two):
    assert same(two[0]["whole"]["weights"], two[0]["parts"]["weights"])
    assert two[0]["whole"]["ended"][:2] == (8, True)


def test_the_first_rank_alone_writes_and_measures(two):
    folder = two[2]
    lines = (folder / "whole" / "metrics.jsonl").read_text().splitlines()
    assert len(lines) == 8
    assert '"rank": 0.0' in lines[-1]
    assert {path.name for path in (folder / "whole").iterdir()} == {
        "config.json", "metrics.jsonl", "checkpoints",
    }  # fmt: skip


def test_a_signal_to_one_rank_stops_all_after_the_same_round(two):
    first, second, folder = two
    assert first["stopped"]["ended"][:2] == second["stopped"]["ended"][:2] == (3, False)
    assert latest_checkpoint(folder / "stopped").name == "round-00000003.pt"


def test_what_is_not_finite_in_one_rank_stops_all(two):
    assert two[0]["diverged"] == two[1]["diverged"]
    assert two[0]["diverged"].startswith("round 0: model/line=nan")


def test_a_weight_that_concerns_one_rank_gets_its_share_everywhere(two):
    assert two[0]["lonely"] == two[1]["lonely"] == [3.0, 4.0, None]


def test_ranks_tell_each_other(two):
    for rank, found in enumerate(two[:2]):
        told = found["messages"]
        assert told["place"] == (rank, 2, rank == 0)
        assert told["agree"] == [False, True, True]
        assert told["average"] == {"a": 3.0, "b": 0.5}
        assert told["from_first"] == {"rank": 0}
        assert told["gathered"].flatten().tolist() == [0, 0, 1, 1]


def test_a_pool_of_two_ranks_is_the_pool_of_one_process(two):
    *exchanged, held = pooled()
    for ours, first, second in zip(exchanged, two[0]["pooled"], two[1]["pooled"], strict=False):
        assert torch.equal(torch.cat([first, second]), ours)
    assert torch.equal(two[0]["pooled"][-1], held)
    assert torch.equal(two[1]["pooled"][-1], held)


def test_each_rank_has_its_own_rows_of_the_same_numbers(two):
    first, second = (found["draws"] for found in two[:2])
    assert not torch.equal(first[0], second[0])
    assert not torch.equal(first[1], second[1])
    assert torch.equal(first[2], second[2])


def test_another_number_of_ranks_is_refused(two):
    trainer = game(norm=True)
    with pytest.raises(RanksError, match="begun by 2 processes, not 1"):
        run(trainer, two[2] / "whole", rounds=9, config={"task": "test"}, tensorboard=False)


def test_rows_of_a_batch_of_one_process_are_all():
    batch = {"a": (torch.arange(3), None)}
    assert ranks.own_rows(batch) is batch


def test_a_device_that_cannot_be_shared_is_refused(monkeypatch):
    for name, value in {"RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="mps"), ranks.joined("mps"):
        pass
