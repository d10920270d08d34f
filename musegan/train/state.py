"""What a game has beside its players: what is seen of its health, and what can be turned.

A recipe is given the state, shows it the critic's logits, and asks it for the factors that may
change while the game goes on. All of it is in the checkpoint, so a resumed game goes on alike.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(eq=False)
class GameState:
    """The knobs of a game, as factors, and its vital signs since they were last read."""

    gamma: float = 1.0  # factor on the weights of the critic's penalties
    rate: float = 1.0  # factor on every learning rate
    augmentation: float = 0.0  # chance of each augmentation of what the critic sees
    rollbacks: int = 0  # how often the game was taken back; other noise is drawn after each
    seen: int = 0  # batches of logits since the signs were last read
    real_sign: float | Tensor = 0.0  # sum of the mean signs of the critic's logits on reals
    fake_sign: float | Tensor = 0.0  # the same on fakes

    def see(self, on_real: Tensor, on_fake: Tensor) -> None:
        """Take note of the critic's logits; waits for no GPU."""
        self.real_sign = self.real_sign + on_real.detach().sign().mean().float()
        self.fake_sign = self.fake_sign + on_fake.detach().sign().mean().float()
        self.seen += 1

    def read_signs(self) -> tuple[float, float]:
        """The mean signs on reals and on fakes since this was last called; 0 if none was seen.

        The first is r_t of Karras et al. 2020 (arXiv:2006.06676), eq. 1: 1 where the critic knows
        every real sample.
        """
        count = max(self.seen, 1)
        signs = float(self.real_sign) / count, float(self.fake_sign) / count
        self.seen, self.real_sign, self.fake_sign = 0, 0.0, 0.0
        return signs

    def state_dict(self) -> dict[str, Any]:
        return asdict(self, dict_factory=lambda items: {k: _number(v) for k, v in items})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for f in fields(self):
            setattr(self, f.name, state[f.name])


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, torch.Tensor) else value
