"""What an experiment is built into: players, moves and batches in a trainer, and its release."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from musegan.config import Experiment, Training
from musegan.train.game import Player, Trainer, slow_copy
from musegan.train.schedule import cosine, product, warmup


@dataclass(frozen=True, eq=False)
class Built:
    """An experiment ready to run."""

    trainer: Trainer
    config: dict[str, Any]
    release: Callable[[Path], None]  # write the weights that a user needs, and their config


def make_player(name: str, module: nn.Module, wanted: Training, *, averaged: bool = True) -> Player:
    """A player with the optimizer, the average and the schedule that the settings ask for."""
    rate = wanted.learning_rate * (wanted.critic_factor if name.startswith("critic") else 1.0)
    optimizer: torch.optim.Optimizer
    if wanted.optimizer == "rmsprop":
        optimizer = torch.optim.RMSprop(module.parameters(), lr=rate, alpha=wanted.beta2)
    else:
        betas = (wanted.beta1, wanted.beta2)
        optimizer = torch.optim.Adam(module.parameters(), lr=rate, betas=betas)
    return Player(
        name,
        module,
        optimizer,
        average=slow_copy(module) if averaged else None,
        decay=wanted.average,
        schedule=product(warmup(wanted.warmup), cosine(wanted.rounds, end=wanted.last_rate)),
    )


def average_of(player: Player) -> nn.Module:
    """The slow copy of a player that has one."""
    assert player.average is not None
    return player.average


def as_json(experiment: Experiment) -> dict[str, Any]:
    """An experiment as it is written beside its run and inside its weights."""
    config: dict[str, Any] = json.loads(json.dumps(asdict(experiment)))
    return config
