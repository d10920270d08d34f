"""Schedules: pure functions of the round, so there is nothing to save.

Each factory returns a function from the round, counted from 0, to a factor.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(factor: float = 1.0) -> Schedule:
    """The same factor in every round."""
    return lambda round: factor


def warmup(rounds: int) -> Schedule:
    """A line from 1 / rounds in round 0 to 1 in round `rounds` - 1, then 1."""
    return lambda round: min(1.0, (round + 1) / rounds) if rounds else 1.0


def cosine(rounds: int, *, start: float = 1.0, end: float = 0.0) -> Schedule:
    """Half a cosine from `start` in round 0 to `end` in round `rounds`, then `end`.

    Source: Loshchilov and Hutter 2017 (arXiv:1608.03983), eq. 5, one period.
    """

    def at(round: int) -> float:
        done = min(1.0, round / rounds) if rounds else 1.0
        return end + (start - end) * (1 + math.cos(math.pi * done)) / 2

    return at


def linear(rounds: int, *, start: float = 1.0, end: float = 0.0, hold: int = 0) -> Schedule:
    """`start` for `hold` rounds, then a line to `end` in round `rounds`, then `end`."""

    def at(round: int) -> float:
        done = min(1.0, max(0.0, (round - hold) / (rounds - hold))) if rounds > hold else 1.0
        return start + (end - start) * done

    return at


def product(*schedules: Schedule) -> Schedule:
    """All factors at once, such as `product(warmup(500), cosine(50_000, end=0.1))`."""
    return lambda round: math.prod(schedule(round) for schedule in schedules)
