"""What an experiment is built into: players, moves and batches in a trainer, and its release."""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from musegan.config import Experiment, Training
from musegan.data.batches import Batches
from musegan.errors import ConfigError
from musegan.train import ranks
from musegan.train.compiled import compiler
from musegan.train.game import Move, Player, Trainer, slow_copy
from musegan.train.precision import in_bfloat16
from musegan.train.schedule import cosine, product, warmup
from musegan.train.state import GameState
from musegan.train.watch import Watch

B = TypeVar("B")
CHECK_EVERY = 50  # rounds between two looks at a GPU's terms, for each waits for it


@dataclass(frozen=True, eq=False)
class Built:
    """An experiment ready to run."""

    trainer: Trainer
    config: dict[str, Any]
    release: Callable[[Path], None]  # write the weights that a user needs, and their config
    watch: Watch | None = None  # looks after its health; None: nobody does


def device_of(name: str) -> torch.device:
    """The device that is asked for; "auto" is a GPU where there is one.

    Raises ConfigError if it is not there.
    """
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = "cuda" if there["cuda"] else "cpu"
    if not there[name]:
        found = ", ".join(device for device in there if there[device])
        raise ConfigError(f"train.device={name}: this machine has {found}; or set it to auto")
    return torch.device(name)


def make_player(name: str, module: nn.Module, wanted: Training, *, averaged: bool = True) -> Player:
    """A player with the optimizer, the average and the schedule that the settings ask for.

    Weights that need no gradients, of a part that was trained before, stay as they are. Those of
    convolutions are laid out channels last, which processors and GPUs convolve faster.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learned = [weight for weight in module.parameters() if weight.requires_grad]
    rate = wanted.learning_rate * (wanted.critic_factor if name.startswith("critic") else 1.0)
    optimizer: torch.optim.Optimizer
    if wanted.optimizer == "rmsprop":
        optimizer = torch.optim.RMSprop(learned, lr=rate, alpha=wanted.beta2)
    else:
        betas = (wanted.beta1, wanted.beta2)
        fused = all(weight.device.type in ("cpu", "cuda") for weight in learned)
        optimizer = torch.optim.Adam(learned, lr=rate, betas=betas, fused=fused)
    return Player(
        name,
        module,
        optimizer,
        average=slow_copy(module) if averaged else None,
        decay=wanted.average,
        schedule=product(warmup(wanted.warmup), cosine(wanted.rounds, end=wanted.last_rate)),
    )


def make_players(
    networks: Mapping[str, nn.Module],
    released: Container[str],
    wanted: Training,
    device: torch.device,
) -> dict[str, Player]:
    """A player for each network, on the device; those that are released have an average."""
    return {
        name: make_player(name, network.to(device), wanted, averaged=name in released)
        for name, network in networks.items()
    }


def joint_weights(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """The weights of several networks as one file holds them, "player.weight"."""
    return {
        f"{name}.{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def with_weights(
    networks: Mapping[str, nn.Module], tensors: Mapping[str, Tensor]
) -> dict[str, nn.Module]:
    """The same networks with what `joint_weights` wrote, frozen, in evaluation mode."""
    for name, network in networks.items():
        begin = f"{name}."
        weights = {k[len(begin) :]: v for k, v in tensors.items() if k.startswith(begin)}
        network.load_state_dict(weights)
        network.requires_grad_(False).eval()
    return dict(networks)


def make_batches(
    draw: Callable[[np.random.Generator], B], seed: int, device: torch.device
) -> Batches[B]:
    """A rank's batches, on the device; `draw` makes those of all ranks."""
    return Batches(lambda rng: moved(ranks.own_rows(draw(rng)), device), seed)


def make_trainer(
    moves: Sequence[Move],
    batches: Batches[Any],
    experiment: Experiment,
    device: torch.device,
    state: GameState | None = None,
) -> Trainer:
    """A trainer as the settings ask for."""
    wanted = experiment.train
    return Trainer(
        moves,
        batches,
        experiment.seed,
        bfloat16=in_bfloat16(wanted.bfloat16, device),
        accumulate=wanted.accumulate,
        check_every=1 if device.type == "cpu" else CHECK_EVERY,
        state=state,
        compiled=compiler(wanted.compiled),
        replayed=wanted.compiled == "cudagraphs",
    )


def moved(batch: B, device: torch.device) -> B:
    """A batch on a device; waits for no GPU."""
    quick = device.type == "cuda"
    there: B = ranks.mapped(batch, lambda rows: rows.to(device, non_blocking=quick))
    return there


def average_of(player: Player) -> nn.Module:
    """The slow copy of a player that has one."""
    assert player.average is not None
    return player.average


def as_json(experiment: Experiment) -> dict[str, Any]:
    """An experiment as it is written beside its run and inside its weights."""
    config: dict[str, Any] = json.loads(json.dumps(asdict(experiment)))
    return config
