"""What is watched while players learn, what counts as ill, and what may be done about it."""

from dataclasses import dataclass

from musegan.config.ranges import SHARE, WEIGHT, require_within
from musegan.errors import ConfigError

RANGES = {
    "grace": SHARE,
    "young": WEIGHT,
    "accuracy": SHARE,
    "lasting": SHARE,
    "loss": WEIGHT,
    "norm": WEIGHT,
    "asymmetry": WEIGHT,
    "gap": WEIGHT,
    "coverage": SHARE,
    "modes": WEIGHT,
    "age": SHARE,
    "worse": WEIGHT,
}


@dataclass(frozen=True, kw_only=True)
class Health:
    """The limits of health, and the actions that are allowed; docs/health.md explains them."""

    watch: bool = True  # false: nothing is looked at, and nothing done
    augment: bool = True  # may raise the augmentation of what the critic sees
    gamma: bool = True  # may double the penalties' weight, or halve the critic's rate without one
    rollback: bool = True  # may skip updates that are not finite, and go back to a healthy round
    stop: bool = True  # may end a run that gets no better

    every: int = 200  # rounds from one look to the next
    samples: int = 1_000  # drawn for a look, of the same latents each time
    figure: str = ""  # whose best is kept; empty: fid where that is measured, else coverage
    patience: int = 3  # looks in a row that must show a sign before it counts
    grace: float = 0.1  # share of the run in which a weak generator is no sign
    young: int = 500  # rounds in which it is none, however short the run
    rollbacks: int = 3  # at most so many; then the run stops
    keep: int = 3  # healthy checkpoints

    accuracy: float = 0.97  # the critic has won: share of reals and fakes that it tells
    lasting: float = 0.1  # the critic has won: share of the run for which it does
    loss: float = 1e-2  # the critic has won: its loss
    norm: float = 1e-2  # the generator learns nothing: its gradient's norm, of what is usual
    asymmetry: float = 10.0  # the critic's squared gradient at fakes, of that at reals
    gap: float = 0.5  # overfitting: how far held-out images fall towards the fakes
    coverage: float = 0.5  # modes are lost: coverage or spread, of its best
    modes: float = 2.0  # modes are lost: divergence of the histogram of modes, of its best
    age: float = 0.3  # share of the run without a new best figure
    worse: float = 1.1  # the last figure, of the best, from where the best is preferred

    def __post_init__(self) -> None:
        if min(self.every, self.patience, self.keep) < 1 or self.samples < 16 or self.rollbacks < 0:
            raise ConfigError(
                f"health.every={self.every}, health.patience={self.patience} and "
                f"health.keep={self.keep} must be at least 1, health.samples={self.samples} at "
                f"least 16, health.rollbacks={self.rollbacks} at least 0"
            )
        require_within("health", self, RANGES)


ONLY_WATCHED = Health(augment=False, gamma=False, rollback=False, stop=False)
