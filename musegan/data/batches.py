"""Endless, seeded, resumable batches: batch i is a function of (seed, i) and nothing else."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Batches(Generic[T]):
    """An endless iterator over `make(generator)`, a fresh generator for each batch.

    `index`, the number of the next batch, is the whole state: set it to go on from there.
    With `ahead` the next so many batches are made by a thread meanwhile, in order; the batches
    are the same. Worth it where the consumer waits for a GPU.
    """

    def __init__(
        self,
        make: Callable[[np.random.Generator], T],
        seed: int,
        index: int = 0,
        *,
        ahead: int = 0,
    ) -> None:
        self.make, self.seed, self.index, self.ahead = make, seed, index, ahead
        self._worker = ThreadPoolExecutor(1, "batches") if ahead else None  # starts no thread yet
        self._made: deque[tuple[int, Future[T]]] = deque()  # (number, batch), in order

    def __iter__(self) -> "Batches[T]":
        return self

    def __next__(self) -> T:
        batch = self._make(self.index) if self._worker is None else self._wait(self._worker)
        self.index += 1
        return batch

    def _make(self, index: int) -> T:
        return self.make(np.random.default_rng([self.seed, index]))

    def _wait(self, worker: ThreadPoolExecutor) -> T:
        if self._made and self._made[0][0] != self.index:  # the index was set
            for _, batch in self._made:
                batch.cancel()
            self._made.clear()
        first = self._made[-1][0] + 1 if self._made else self.index
        for index in range(first, self.index + self.ahead + 1):
            self._made.append((index, worker.submit(self._make, index)))
        return self._made.popleft()[1].result()
