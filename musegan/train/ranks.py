"""One game played by several processes: each has its rows of every batch.

torchrun starts the processes, ranks 0, 1 and so on, on one machine or several; `joined` brings
them together. All draw the same numbers, for all, and each takes its rows of them, so that N ranks
play the game of one process with N times the batch. What they must know of each other goes in one
message an update, see `mean_`. Where there is one process nothing here does anything.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from musegan.errors import ConfigError, MuseganError, RanksError

T = TypeVar("T")
PATIENCE = timedelta(hours=1)  # for the first rank, while it measures and draws

_place = {"rank": 0, "world": 1}  # numbers, since a compiled move asks for them, too


def started() -> int:
    """How many processes torchrun has started for this run; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Join the other processes that torchrun started, with one GPU each where `device` has any.

    Raises ConfigError if the device cannot be shared so.
    """
    if started() == 1:
        yield
        return
    if device == "mps":
        raise ConfigError("train.device=mps cannot play with other processes; use cpu or cuda")
    on_gpu = device != "cpu" and torch.cuda.is_available()
    if on_gpu:
        place, count = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if place >= count:
            raise ConfigError(
                f"{place + 1} processes on a machine with {count} GPUs; "
                f"start no more than {count} there, or set train.device=cpu"
            )
        torch.cuda.set_device(place)
    # Functions of this module have the group for a default, the one that is there when they are
    # imported, as optimizers do. If it were ours, its threads would outlive it, and with bad luck
    # end the process while it leaves.
    import_module("torch.distributed.nn")

    # gloo beside nccl: what the processes decide together must not wait for a GPU.
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)
    _place.update(rank=dist.get_rank(), world=dist.get_world_size())
    try:
        yield
    finally:
        _place.update(rank=0, world=1)
        dist.destroy_process_group()


def world() -> int:
    """How many processes play this game."""
    return _place["world"]


def rank() -> int:
    """The number of this process among them, from 0."""
    return _place["rank"]


def is_first() -> bool:
    """Whether this is the process that writes and speaks for all."""
    return rank() == 0


def rows(count: int) -> slice:
    """The `count` rows of this process among the `count * world()` of all."""
    return slice(rank() * count, (rank() + 1) * count)


def own_rows(batch: T) -> T:
    """This process's rows of a batch that was drawn for all."""
    if world() == 1:
        return batch
    own: T = mapped(batch, lambda drawn: drawn[rows(len(drawn) // world())])
    return own


def mapped(batch: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A batch, made of tensors in tuples, dicts and dataclasses, with each tensor changed."""
    if isinstance(batch, Tensor):
        return change(batch)
    if isinstance(batch, dict):
        return {name: mapped(value, change) for name, value in batch.items()}
    if isinstance(batch, tuple):
        parts = [mapped(part, change) for part in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else tuple(parts)
    if is_dataclass(batch) and not isinstance(batch, type):
        values = {f.name: mapped(getattr(batch, f.name), change) for f in fields(batch)}
        return type(batch)(**values)
    return batch


def wait() -> None:
    """Wait until all processes have come here."""
    agree(False)


def agree(flag: bool) -> bool:
    """Whether `flag` is set in any process; all must ask at the same point. Waits for no GPU."""
    return agree_each([flag])[0]


def agree_each(flags: Sequence[bool]) -> list[bool]:
    """`agree` on several flags at once."""
    if world() == 1:
        return list(flags)
    shared = torch.tensor(flags, dtype=torch.uint8)
    with _others():
        dist.all_reduce(shared, dist.ReduceOp.MAX)
    return [bool(flag) for flag in shared.tolist()]


def average(values: Mapping[str, float]) -> dict[str, float]:
    """The mean of each value over all processes, which must have the same names."""
    if world() == 1:
        return dict(values)
    shared = torch.tensor([values[name] for name in sorted(values)], dtype=torch.float64)
    with _others():
        dist.all_reduce(shared)
    return dict(zip(sorted(values), (shared / world()).tolist(), strict=True))


def from_first(make: Callable[[], T]) -> T:
    """What `make` gives in the first process, in all; the others do not call it.

    What a user can cause there is raised in all, too. The value must be picklable.
    """
    if world() == 1:
        return make()
    message: list[Any] = [None, None]  # what was made, what was raised
    if is_first():
        try:
            message[0] = make()
        except MuseganError as error:
            message[1] = error
    with _others():
        dist.broadcast_object_list(message)
    if message[1] is not None:
        raise message[1]
    made: T = message[0]
    return made


@torch.no_grad()
def gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, in their order, without gradients; each has as many."""
    if world() == 1:
        return rows.detach()
    parts = [torch.empty_like(rows) for _ in range(world())]
    with _others():
        dist.all_gather(parts, rows.detach().contiguous())
    return torch.cat(parts)


@torch.no_grad()
def mean_(tensors: Sequence[Tensor]) -> None:
    """Replace tensors, of any shapes and one device, by their means over all processes."""
    if world() == 1 or not tensors:
        return
    flat = torch.cat([tensor.reshape(-1).float() for tensor in tensors])
    with _others():
        dist.all_reduce(flat)
    flat /= world()
    for tensor, part in zip(tensors, torch.split(flat, [t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view(tensor.shape))


@contextmanager
def _others() -> Iterator[None]:
    """A message to the other processes: says it in a line if one of them is gone."""
    try:
        yield
    except RuntimeError as error:
        raise RanksError(
            f"rank {rank()}: another process of this run has ended; "
            f"start all of them again, and the run goes on from its last checkpoint"
        ) from error
