"""A two-player game on points of the plane that takes a millisecond a round."""

from __future__ import annotations

import io

import torch
from rich.console import Console
from torch import nn

from musegan.config.health import Health
from musegan.data.batches import Batches
from musegan.train.game import Player, Trainer, slow_copy
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1
from musegan.train.probe import Probe
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState
from musegan.train.watch import Watch


def points(rng):
    """A batch of points around (1, -1)."""
    return torch.from_numpy(rng.normal(size=(16, 2)).astype("float32")) + torch.tensor([1.0, -1.0])


def toy_game(loss="vanilla", penalised=True, seed=3) -> Trainer:
    """A generator with batch norm, a critic with dropout; both have what a look must not change."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    critic = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(8, 1))
    players = [
        Player(
            name,
            net,
            torch.optim.Adam(net.parameters(), 0.01),
            slow_copy(net) if name == "generator" else None,
            decay=0.9,
        )
        for name, net in (("generator", generator), ("critic", critic))
    ]
    state = GameState()
    moves = adversarial(
        *players,
        LOSSES[loss],
        fake=lambda batch, round: players[0].module(torch.randn(len(batch), 2)),
        score=lambda x, batch, round: players[1].module(x).squeeze(1),
        penalties=[Penalty("r1", r1, 0.1)] if penalised else [],
        state=state,
    )
    return Trainer(moves, Batches(points, seed), seed, state=state)


def toy_probe(trainer) -> Probe:
    """Eight batches of the game's own, and eight others."""
    import numpy as np

    def batches(first):
        return [points(np.random.default_rng([first, index])) for index in range(8)]

    return Probe(lambda: batches(100), lambda: batches(200))


def watched(trainer, rounds=40, **settings) -> Watch:
    settings = {"every": 2, "samples": 64, "grace": 0.0, "young": 0, "lasting": 0.0, **settings}
    return Watch(Health(**settings), toy_probe(trainer), rounds)


def everything(trainer) -> torch.Tensor:
    """Every number that the game's future depends on, in one row."""
    rows: list[torch.Tensor] = []

    def walk(value):
        if isinstance(value, torch.Tensor):
            rows.append(value.double().reshape(-1))
        elif isinstance(value, dict):
            for key in value:
                walk(value[key])
        elif isinstance(value, (list, tuple)):
            for part in value:
                walk(part)
        elif isinstance(value, (int, float)):
            rows.append(torch.tensor([float(value)], dtype=torch.float64))

    walk(trainer.state_dict())
    return torch.cat(rows)


def quiet() -> Console:
    return Console(file=io.StringIO())
