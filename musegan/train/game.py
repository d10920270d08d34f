"""An adversarial game: players own weights, moves own losses, the trainer keeps the order.

Nothing here knows what a GAN is. A recipe turns networks into a list of moves; `Trainer` plays
that list, round after round. A round is a function of the players' state, the seed and its own
number, so a run that is saved and loaded goes on as if it had never stopped.
"""

import copy
import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from musegan.errors import RanksError, TrainingDiverged
from musegan.train import ranks
from musegan.train.replay import Recorder
from musegan.train.state import GameState

Terms = dict[str, Tensor]  # named scalars, already weighted: their sum is what is minimised
TermsFunction = Callable[[Any, int], Terms]  # (batch, round) -> terms


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
    memory: Callable[[int], float] | None = None  # round -> Adam's second beta
    max_gradient_norm: float | None = None  # None: gradients are not clipped
    updates: int = field(default=0, init=False)
    rates: list[float] = field(init=False)  # one per parameter group, before the schedule
    parameters: list[nn.Parameter] = field(init=False)  # those that the optimizer holds
    followed: list[list[nn.Parameter]] = field(init=False)  # the average's, and what they follow

    def __post_init__(self) -> None:
        groups = self.optimizer.param_groups
        self.rates = [group["lr"] for group in groups]
        self.parameters = [p for group in groups for p in group["params"]]
        modules = [] if self.average is None else [self.average, self.module]
        self.followed = [[*module.parameters()] for module in modules]

    @property
    def device(self) -> torch.device:
        return self.parameters[0].device

    def set_rates(self, round: int, factor: float = 1.0) -> None:
        factor *= 1.0 if self.schedule is None else self.schedule(round)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
            if self.memory is not None and "betas" in group:
                group["betas"] = (group["betas"][0], self.memory(round))

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
            follow(*self.followed, self.updates)
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
        for parameter, values in self.optimizer.state.items():  # fused updates read them in one
            for name, value in values.items():  # order, whichever it was when they were saved
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    values[name] = torch.empty_like(parameter).copy_(value)
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.updates = state["updates"]


@dataclass(frozen=True, eq=False)
class Move:
    """One player's update: what it minimises, and how often."""

    player: Player
    terms: TermsFunction
    every: int = 1  # play one round in `every`, loss scaled up to match (lazy regularisation)
    times: int = 1  # updates per round, each on a fresh batch (n_critic)
    first: int = 0  # the round in which it is played first
    # Round -> the numbers of Python's that its terms depend on, the state's knobs apart. None: it may
    # depend on the round in any way, and is never replayed.
    constants: Callable[[int], Hashable] | None = None


class Trainer:
    """Plays the moves, round after round.

    At the start of each round torch's generator is seeded from (seed, round); no other global
    state is touched. With `bfloat16` the moves run under autocast, the penalties in float32.
    An update follows the mean of the gradients of `accumulate` batches, of all ranks. Terms are
    checked to be finite in one round of `check_every`; on a GPU each check waits for it. `compiled`
    makes a move's terms faster, see `train.compiled`; `replayed` its kernels, see `train.replay`.
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
        compiled: Callable[[TermsFunction], TermsFunction] | None = None,
        replayed: bool = False,
    ) -> None:
        self.moves, self.batches, self.seed, self.round = list(moves), batches, seed, 0
        self.bfloat16, self.accumulate, self.check_every = bfloat16, accumulate, check_every
        self.state = state or GameState()
        self.players = {move.player.name: move.player for move in moves}
        self.norms = False  # whether the norms of the players' gradients are logged
        self.compiled = {move: compiled(move.terms) for move in moves} if compiled else {}
        self.recorders = {
            move: Recorder(self.state) for move in moves if replayed and move.constants
        }
        if len(self.players) != len({id(move.player) for move in moves}):
            raise ValueError("two players of one game share a name")

    def play_round(self) -> Terms:
        """Play every move that is due and return the detached terms as "player/term"."""
        self._seed_round()
        for player in self.players.values():
            player.set_rates(self.round, self.state.rate_of(player.name))
        log: Terms = {}
        for move in self.moves:
            if self.round >= move.first and self.round % move.every == 0:
                for _ in range(move.times):
                    log |= self.play(move, [next(self.batches) for _ in range(self.accumulate)])
        for turn in self.state.turns:
            turn(self.round)
        self.round += 1
        return log

    def play(self, move: Move, batches: Sequence[Any]) -> Terms:
        """Play one move on batches of equal size; returns the mean of its terms.

        Raises TrainingDiverged if a term is not finite, on all ranks if it is so on one.
        """
        mover = move.player
        for player in self.players.values():  # the others are frozen: fakes need no detach()
            _set_frozen(player, frozen=player is not mover)
        _set_frozen(mover, frozen=False)  # last: what the mover shares with others is its own
        for parameter in mover.parameters:
            parameter.grad = None
        self.state.publish()
        log: Terms = {}
        for batch in batches:
            for name, value in self._learn(move, batch, move.every / len(batches)).items():
                name = f"{mover.name}/{name}"
                log[name] = log.get(name, 0.0) + value.detach() / len(batches)
        self._share(mover, log)
        self.state.settle()
        self._check(log)
        if self.norms and move.every == 1:
            gradients = [p.grad for p in mover.parameters if p.grad is not None]
            log[f"health/{mover.name}_norm"] = nn.utils.get_total_norm(gradients)
        mover.update()
        return log

    def _learn(self, move: Move, batch: Any, share: float) -> Terms:
        """Add the gradients of a share of a move's loss on a batch; returns its terms."""
        parameters = move.player.parameters

        def play(batch: Any) -> Terms:
            with torch.autocast(move.player.device.type, torch.bfloat16, enabled=self.bfloat16):
                return self.compiled.get(move, move.terms)(batch, self.round)

        recorder = self.recorders.get(move)
        if recorder is not None and move.constants is not None:
            key = recorder.find(move.constants(self.round), batch)
            made = None if key is None else recorder.played(key, batch, parameters, play)
            if made is not None:
                for parameter, gradient in zip(parameters, made[1], strict=True):
                    if gradient is not None:
                        gradient = gradient if share == 1 else share * gradient
                        before = parameter.grad
                        parameter.grad = gradient if before is None else before + gradient
                return made[0]
        terms = play(batch)
        loss = torch.stack([term.float() for term in terms.values()]).sum()
        (share * loss).backward(inputs=parameters)  # type: ignore[no-untyped-call]
        return terms

    def _share(self, mover: Player, log: Terms) -> None:
        """Make one process's move that of all ranks: the mean of all that it has brought about."""
        if ranks.world() == 1:
            return
        held = ranks.agree_each([p.grad is not None for p in mover.parameters])
        moved = [p for p, somewhere in zip(mover.parameters, held, strict=True) if somewhere]
        for parameter in moved:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        modules = [player.module for player in self.players.values()]
        buffers = [b for m in modules for b in m.buffers() if b.is_floating_point()]
        signs = [sign for pair in self.state.pending for sign in pair]
        gradients = [p.grad for p in moved if p.grad is not None]
        ranks.mean_([*gradients, *buffers, *log.values(), *signs])

    def _check(self, log: Terms) -> None:
        if self.round % self.check_every:
            return
        if not torch.stack([*log.values()]).sum().isfinite():
            seen = ", ".join(f"{k}={v.item():.3g}" for k, v in log.items())
            raise TrainingDiverged(
                f"round {self.round}: {seen}; go on from an earlier checkpoint or lower the rate"
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything that the coming rounds depend on, in tensors, numbers, strings and dicts."""
        return {
            "round": self.round,
            "ranks": ranks.world(),
            "batch": self.batches.index,
            "random": torch.get_rng_state(),
            "state": self.state.state_dict(),
            "players": {name: player.state_dict() for name, player in self.players.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a saved game.

        Raises KeyError or RuntimeError if it is another game's state, RanksError if it was played
        by more or fewer processes.
        """
        if (there := state.get("ranks", 1)) != ranks.world():
            raise RanksError(
                f"this run was begun by {there} processes, not {ranks.world()}; "
                f"start as many again, with torchrun where they are several, or use another folder"
            )
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
        if parameter.requires_grad is frozen:
            parameter.requires_grad_(not frozen)
