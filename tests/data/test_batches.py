import threading

import numpy as np
import pytest

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


@pytest.mark.parametrize("ahead", [1, 3])
def test_batches_made_ahead_are_the_same(ahead):
    batches = Batches(lambda r: r.integers(1 << 30, size=4), 7, ahead=ahead)
    expected = drawn(seed=7)
    for _ in range(6):
        assert np.array_equal(next(batches), next(expected))
        assert batches.index == expected.index
    batches.index = expected.index = 2
    for _ in range(4):
        assert np.array_equal(next(batches), next(expected))


def test_batches_made_ahead_are_made_by_another_thread_while_the_consumer_works():
    made = []

    def make(generator):
        made.append(threading.current_thread() is threading.main_thread())
        if len(made) == 3:
            ready.set()

    ready = threading.Event()
    next(Batches(make, 0, ahead=2))
    assert ready.wait(10)
    assert made == [False] * 3


def test_an_error_in_a_batch_made_ahead_reaches_the_consumer():
    def make(generator):
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        next(Batches(make, 0, ahead=2))
