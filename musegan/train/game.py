"""An adversarial game: players own weights, moves own losses, the trainer keeps the order.

Nothing here knows what a GAN is. A recipe turns networks into a list of moves; `Trainer` plays
that list, round after round. A round is a function of the players' state, the seed and its own
number, so a run that is saved and loaded goes on as if it had never stopped.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from musegan.errors import TrainingDiverged
from musegan.train.state import GameState

Terms = dict[str, Tensor]  # named scalars, already weighted: their sum is what is minimised


class BatchStream(Protocol):
    """An endless row of batches whose whole state is the number of the next one."""

    index: int

    def __next__(self) -> Any: ...


def slow_copy(module: nn.Module) -> nn.Module:
    """A copy of `module` in evaluation mode, without gradients: the start of a player's average."""
    return copy.deepcopy(module).requires_grad_(False).eval()


@dataclass(eq=False)
class Player:
    """Weights that one optimizer updates together, and that are frozen together.

    Weights in `module` that the optimizer does not hold (a pretrained part) are left as they are.
    """

    name: str  # "generator", "critic": log prefix and checkpoint key
    module: nn.Module
    optimizer: torch.optim.Optimizer
    average: nn.Module | None = None  # see `slow_copy`; sample from this one
    decay: float = 0.999  # of the average, per update, once the average has warmed up
    schedule: Callable[[int], float] | None = None  # round -> factor on the learning rates
    max_gradient_norm: float | None = None  # None: gradients are not clipped
    updates: int = field(default=0, init=False)
    rates: list[float] = field(init=False)  # one per parameter group, before the schedule

    def __post_init__(self) -> None:
        self.rates = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    @property
    def device(self) -> torch.device:
        return self.parameters[0].device

    def set_rates(self, round: int, factor: float = 1.0) -> None:
        factor *= 1.0 if self.schedule is None else self.schedule(round)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    @torch.no_grad()
    def update(self) -> None:
        """Step the optimizer on the gradients at hand, then let the average follow."""
        if self.max_gradient_norm is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.max_gradient_norm)
        self.optimizer.step()
        if self.average is not None:
            # A young average forgets faster, so that it does not remember the first weights.
            decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
            follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
            follow([*self.average.parameters()], [*self.module.parameters()], self.updates)
            for old, new in zip(self.average.buffers(), self.module.buffers(), strict=True):
                old.copy_(new)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        return {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.updates = state["updates"]


@dataclass(frozen=True, eq=False)
class Move:
    """One player's update: what it minimises, and how often."""

    player: Player
    terms: Callable[[Any, int], Terms]  # (batch, round) -> terms
    every: int = 1  # play one round in `every`, loss scaled up to match (lazy regularisation)
    times: int = 1  # updates per round, each on a fresh batch (n_critic)


class Trainer:
    """Plays the moves, round after round.

    At the start of each round torch's generator is seeded from (seed, round); no other global
    state is touched. With `bfloat16` the moves run under autocast, the penalties in float32.
    An update follows the mean of the gradients of `accumulate` batches. Terms are checked to be
    finite in one round of `check_every`; on a GPU each check waits for it.
    """

    def __init__(
        self,
        moves: Sequence[Move],
        batches: BatchStream,
        seed: int = 0,
        *,
        bfloat16: bool = False,
        accumulate: int = 1,
        check_every: int = 1,
        state: GameState | None = None,
    ) -> None:
        self.moves, self.batches, self.seed, self.round = list(moves), batches, seed, 0
        self.bfloat16, self.accumulate, self.check_every = bfloat16, accumulate, check_every
        self.state = state or GameState()
        self.players = {move.player.name: move.player for move in moves}
        if len(self.players) != len({id(move.player) for move in moves}):
            raise ValueError("two players of one game share a name")

    def play_round(self) -> Terms:
        """Play every move that is due and return the detached terms as "player/term"."""
        self._seed_round()
        for player in self.players.values():
            player.set_rates(self.round, self.state.rate)
        log: Terms = {}
        for move in self.moves:
            if self.round % move.every == 0:
                for _ in range(move.times):
                    log |= self.play(move, [next(self.batches) for _ in range(self.accumulate)])
        self.round += 1
        return log

    def play(self, move: Move, batches: Sequence[Any]) -> Terms:
        """Play one move on batches of equal size; returns the mean of its terms.

        Raises TrainingDiverged if a term is not finite.
        """
        mover = move.player
        for player in self.players.values():  # the others are frozen: fakes need no detach()
            _set_frozen(player, frozen=player is not mover)
        _set_frozen(mover, frozen=False)  # last: what the mover shares with others is its own
        mover.optimizer.zero_grad(set_to_none=True)
        log: Terms = {}
        for batch in batches:
            terms = self._terms(move, batch)
            loss = torch.stack([term.float() for term in terms.values()]).sum()
            share = move.every / len(batches)
            (share * loss).backward(inputs=mover.parameters)  # type: ignore[no-untyped-call]
            for name, value in terms.items():
                log[name] = log.get(name, 0.0) + value.detach() / len(batches)
        mover.update()
        return log

    def _terms(self, move: Move, batch: Any) -> Terms:
        name = move.player.name
        with torch.autocast(move.player.device.type, torch.bfloat16, enabled=self.bfloat16):
            terms = {f"{name}/{k}": v for k, v in move.terms(batch, self.round).items()}
        if self.round % self.check_every == 0 and not all(v.isfinite() for v in terms.values()):
            seen = ", ".join(f"{k}={v.item():.3g}" for k, v in terms.items())
            raise TrainingDiverged(
                f"round {self.round}: {seen}; go on from an earlier checkpoint or lower the rate"
            )
        return terms

    def state_dict(self) -> dict[str, Any]:
        """Everything that the coming rounds depend on, in tensors, numbers, strings and dicts."""
        return {
            "round": self.round,
            "batch": self.batches.index,
            "random": torch.get_rng_state(),
            "state": self.state.state_dict(),
            "players": {name: player.state_dict() for name, player in self.players.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a saved game. Raises KeyError or RuntimeError if it is another game's state."""
        if state["players"].keys() != self.players.keys():
            raise KeyError(f"players {sorted(state['players'])}, not {sorted(self.players)}")
        for name, player in self.players.items():
            player.load_state_dict(state["players"][name])
        torch.set_rng_state(state["random"])
        self.state.load_state_dict(state["state"])
        self.round, self.batches.index = state["round"], state["batch"]

    def _seed_round(self) -> None:
        # Hashed, since torch's CPU generator reads only the low 32 bits of its seed.
        text = f"{self.seed}/{self.round}"
        if self.state.rollbacks:  # what went wrong once shall not go wrong in the same way again
            text += f"/{self.state.rollbacks}"
        digest = hashlib.blake2b(text.encode(), digest_size=7).digest()
        seed = int.from_bytes(digest, "little")
        if all(player.device.type == "cpu" for player in self.players.values()):
            torch.default_generator.manual_seed(seed)  # without asking after absent devices: slow
        else:
            torch.manual_seed(seed)

    def is_finite(self) -> bool:
        """Whether every weight and buffer of every player is finite; waits for a GPU."""
        tensors = [t for p in self.players.values() for t in p.module.state_dict().values()]
        return all(bool(t.isfinite().all()) for t in tensors)


def _set_frozen(player: Player, *, frozen: bool) -> None:
    for parameter in player.parameters:
        parameter.requires_grad_(not frozen)
