import numpy as np

from musegan.data.batches import Batches


def drawn(seed: int, index: int = 0) -> Batches:
    return Batches(lambda generator: generator.integers(1 << 30, size=4), seed, index)


def test_a_batch_is_a_function_of_seed_and_index():
    batches = drawn(seed=7)
    third = [next(batches) for _ in range(3)][2]
    assert batches.index == 3
    assert np.array_equal(next(drawn(seed=7, index=2)), third)
    assert not np.array_equal(next(drawn(seed=8, index=2)), third)
    assert not np.array_equal(next(batches), third)


def test_batches_go_on_from_an_index_that_is_set():
    batches = drawn(seed=7)
    first = next(iter(batches))
    batches.index = 0
    assert np.array_equal(next(batches), first)
