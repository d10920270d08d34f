"""How players learn, whatever they play."""

from dataclasses import dataclass
from typing import Literal

from musegan.config.ranges import SHARE, WEIGHT, require_within
from musegan.errors import ConfigError

LossName = Literal["vanilla", "least_squares", "hinge", "wasserstein", "relativistic"]
Compiled = Literal["off", "default", "cudagraphs"]
Device = Literal["auto", "cpu", "cuda", "mps"]

RANGES = {
    "learning_rate": SHARE,
    "critic_factor": WEIGHT,
    "last_rate": SHARE,
    "warmup": WEIGHT,
    "gamma": WEIGHT,
    "mismatch": WEIGHT,
    "average": SHARE,
}


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the players learn."""

    loss: LossName = "relativistic"
    optimizer: Literal["adam", "rmsprop"] = "adam"
    learning_rate: float = 2e-4
    critic_factor: float = 1.0  # on the critic's learning rate
    last_rate: float = 0.1  # what half a cosine brings the rates to, as a share of the first
    warmup: int = 500  # rounds
    beta1: float = 0.0
    beta2: float = 0.99
    batch_size: int = 32  # of one process
    accumulate: int = 1  # batches whose gradients make one update
    n_critic: int = 1  # updates of the critic a round
    rounds: int = 20_000
    gamma: float = 0.5  # weight of R1 and R2
    penalty_every: int = 4  # rounds
    mismatch: float = 0.3  # weight of the matching-aware term
    average: float = 0.999  # decay of the slow copy
    bfloat16: bool = True  # the moves, not the penalties, where the device has instructions for it
    device: Device = "auto"  # a GPU where there is one
    compiled: Compiled = "off"  # the moves, by torch's compiler; cudagraphs: replayed by a GPU

    def __post_init__(self) -> None:
        if self.compiled == "cudagraphs" and self.accumulate > 1:
            raise ConfigError(
                f"train.compiled=cudagraphs replays one batch an update, so train.accumulate="
                f"{self.accumulate} must be 1; or set train.compiled=default"
            )
        if self.rounds < 1 or self.batch_size < 2:
            raise ConfigError(
                f"train.rounds={self.rounds} must be at least 1 and "
                f"train.batch_size={self.batch_size} at least 2"
            )
        if min(self.accumulate, self.n_critic, self.penalty_every) < 1:
            raise ConfigError(
                f"train.accumulate={self.accumulate}, train.n_critic={self.n_critic} and "
                f"train.penalty_every={self.penalty_every} must be at least 1"
            )
        require_within("train", self, RANGES)
        if not (0 <= self.beta1 < 1 and 0 <= self.beta2 < 1):
            raise ConfigError(
                f"train.beta1={self.beta1:g} and train.beta2={self.beta2:g} must be at least 0 "
                f"and below 1"
            )
