"""What a game has beside its players: what is seen of its health, and what can be turned.

A recipe is given the state, shows it the critic's logits, and asks it for the factors that may
change while the game goes on. All of it is in the checkpoint, so a resumed game goes on alike;
but for `duels`, `turns`, `penalised` and `augmentable`, which a recipe says anew when it is built,
and `chances`, a copy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

READERS = ("health", "augmentation")  # who reads the signs, each at its own pace


class Duel(NamedTuple):
    """One generator and its critic, as a recipe plays them: what health looks at.

    `real` and `fake` are functions of (batch, round), `score` of (sample, batch, round) gives
    the critic's logits. None of them may change the state. `margins` is how far logits on reals
    and on fakes lie above what the critic tells them apart by.
    """

    generator: str  # names of players
    critic: str
    real: Callable[[Any, int], Tensor]
    fake: Callable[[Any, int], Tensor]
    score: Callable[[Tensor, Any, int], Tensor]
    may_win: bool = False  # whether the critic is meant to be always right, as with WGAN's loss
    paired: bool = False  # whether it only tells which of two is real, as the relativistic one
    margins: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda real, fake: (real, fake)


@dataclass(eq=False)
class Signs:
    """Sums of the mean signs of the critic's logits, over `count` batches."""

    count: int = 0
    real: float | Tensor = 0.0
    fake: float | Tensor = 0.0


@dataclass(eq=False)
class GameState:
    """The knobs of a game, as factors, and its vital signs since each reader last read them."""

    gamma: float = 1.0  # factor on the weights of the critic's penalties
    rate: float = 1.0  # factor on every learning rate
    rates: dict[str, float] = field(default_factory=dict)  # further factors, by player; absent: 1
    augmentation: float = 0.0  # chance of each augmentation of what the critic sees
    rollbacks: int = 0  # how often the game was taken back; other noise is drawn after each
    signs: dict[str, Signs] = field(default_factory=lambda: {name: Signs() for name in READERS})
    kept: dict[str, float | Tensor] = field(
        default_factory=dict
    )  # scalars that a recipe carries on
    pending: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # mean signs to be added up
    # Said by the recipe, not saved:
    duels: list[Duel] = field(default_factory=list)
    penalised: bool = False  # whether `gamma` has a penalty to act on
    turns: list[Callable[[int], None]] = field(default_factory=list)  # called after every round
    augmentable: bool = False  # whether `augmentation` acts, and nobody else turns it
    chances: dict[torch.device, Tensor] = field(default_factory=dict)  # `augmentation` on devices

    def chance_on(self, device: torch.device) -> Tensor:
        """`augmentation` as a number on a device, always in the same place: a replayed move reads it anew."""
        if device not in self.chances:
            self.chances[device] = torch.full((), self.augmentation, device=device)
        return self.chances[device]

    def publish(self) -> None:
        """Bring what is held on devices up to date; the trainer does so before each move."""
        for chance in self.chances.values():
            chance.fill_(self.augmentation)

    def see(self, on_real: Tensor, on_fake: Tensor) -> None:
        """Take note of the critic's logits, less what it tells by; waits for no GPU.

        It changes no number, so that a compiled move remains the same: `settle` does that.
        """
        real = on_real.detach().sign().mean().float()
        fake = on_fake.detach().sign().mean().float()
        self.pending.append((real, fake))

    def settle(self) -> None:
        """Add up what was seen; the trainer does so after each move."""
        for real, fake in self.pending:
            for signs in self.signs.values():
                signs.count += 1
                signs.real, signs.fake = signs.real + real, signs.fake + fake
        self.pending.clear()

    def read_signs(self, reader: str = "health") -> tuple[float, float]:
        """The mean signs on reals and on fakes since `reader` last called this; 0 if none was seen.

        The first is r_t of Karras et al. 2020 (arXiv:2006.06676), eq. 1: 1 where the critic knows
        every real sample. Readers do not disturb each other; `READERS` names them.
        """
        self.settle()
        signs, self.signs[reader] = self.signs[reader], Signs()
        count = max(signs.count, 1)
        return float(signs.real) / count, float(signs.fake) / count

    def take_back(self, before: dict[str, Any]) -> None:
        """Go on from this, an earlier state, after one `before` that led nowhere.

        The knobs stay as they were turned, the rates are halved, and other noise will be drawn.
        """
        self.gamma, self.rates = before["gamma"], dict(before["rates"])
        self.rate, self.rollbacks = before["rate"] / 2, before["rollbacks"] + 1
        if self.augmentable:
            self.augmentation = before["augmentation"]

    def rate_of(self, player: str) -> float:
        """The factor on a player's learning rates."""
        return self.rate * self.rates.get(player, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """All that is saved, as numbers, dicts, and tensors where a recipe keeps some."""
        self.settle()
        signs = {
            name: (signs.count, float(signs.real), float(signs.fake))
            for name, signs in self.signs.items()
        }
        kept = {name: _copied(value) for name, value in self.kept.items()}
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {**numbers, "rates": dict(self.rates), "signs": signs, "kept": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in _NUMBERS:
            setattr(self, name, state[name])
        self.rates = dict(state["rates"])
        self.signs = {name: Signs(*state["signs"].get(name, ())) for name in READERS}
        self.kept = {name: _copied(value) for name, value in state["kept"].items()}


_NUMBERS = ("gamma", "rate", "augmentation", "rollbacks")


def _copied(value: float | Tensor) -> float | Tensor:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value
