"""Endless, seeded, resumable batches: batch i is a function of (seed, i) and nothing else."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Batches(Generic[T]):
    """An endless iterator over `make(generator)`, a fresh generator for each batch.

    `index`, the number of the next batch, is the whole state: set it to go on from there.
    """

    def __init__(self, make: Callable[[np.random.Generator], T], seed: int, index: int = 0) -> None:
        self.make, self.seed, self.index = make, seed, index

    def __iter__(self) -> "Batches[T]":
        return self

    def __next__(self) -> T:
        batch = self.make(np.random.default_rng([self.seed, self.index]))
        self.index += 1
        return batch
