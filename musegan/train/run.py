"""The outer loop of a run: resuming, logging, samples, saving, Ctrl-C and SIGTERM.

A run folder holds `config.json`, `metrics.jsonl`, `tensorboard/`, `samples/` and `checkpoints/`.
To go on with a run, call `run` again with the same folder.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from rich.console import Console
from torch import Tensor

from musegan.errors import TrainingDiverged
from musegan.files import write_whole
from musegan.train.checkpoint import (
    Config,
    check_config,
    latest_checkpoint,
    load_checkpoint,
    save_checkpoint,
    save_config,
)
from musegan.train.game import Terms, Trainer
from musegan.train.progress import progress_line


class Ended(NamedTuple):
    """How a call of `run` ended."""

    round: int  # rounds played since the run was first started
    finished: bool  # False: a signal asked to stop, and the run can be resumed


def run(
    trainer: Trainer,
    folder: Path,
    *,
    rounds: int,
    config: Config,
    log_every: int = 50,
    save_every: int = 500,
    sample: Callable[[Path, int], None] | None = None,
    sample_every: int = 1000,
    measure: Callable[[int], dict[str, float]] | None = None,
    measure_every: int = 1000,
    keep: int = 2,
    may_change: Collection[str] = (),
    tensorboard: bool = True,
    console: Console | None = None,
) -> Ended:
    """Play until round `rounds`, going on from the folder's checkpoint if it has one.

    `sample(folder/samples, round)` and `measure(round)` are called every so many rounds and at
    the end; what they draw from torch's generator does not change the run. SIGTERM and Ctrl-C
    finish the round, save, and return; a second one interrupts at once. Checkpoints and metrics
    are also written at the last round.

    Raises CheckpointError if the folder holds another run, TrainingDiverged if a term or a weight
    is no longer finite; no such weight is ever saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if latest_checkpoint(folder) is not None:
        check_config(folder, config, may_change=may_change)
        load_checkpoint(folder, trainer)
    else:  # at once, so that a run that is killed before it first saves still says what it was
        save_config(folder, config)
    first = saved = trainer.round
    averages = _Averages()
    with (
        _Metrics(folder, first, tensorboard) as metrics,
        progress_line(console or Console(), first, rounds) as show,
        _stop_signals() as stop,
    ):
        while trainer.round < rounds and not stop.is_set():
            averages.add(trainer.play_round())
            now = trainer.round
            last = now == rounds or stop.is_set()
            values: dict[str, float] = {}
            if measure is not None and (now % measure_every == 0 or now == rounds):
                values = measure(now)
            if values or last or now % log_every == 0:
                line = metrics.write(now, {**averages.take(), **values})
                show(now, line)
            if sample is not None and (now % sample_every == 0 or now == rounds):
                (folder / "samples").mkdir(exist_ok=True)
                sample(folder / "samples", now)
            if last or now % save_every == 0:
                saved = _save(folder, trainer, config, keep)
        if averages.sums:  # the signal came after the round had decided what it had to do
            metrics.write(trainer.round, averages.take())
        if trainer.round != saved:
            _save(folder, trainer, config, keep)
    return Ended(trainer.round, trainer.round >= rounds)


def _save(folder: Path, trainer: Trainer, config: Config, keep: int) -> int:
    if not trainer.is_finite():
        raise TrainingDiverged(
            f"round {trainer.round}: a weight is no longer finite, so this round is not saved; "
            f"run again to go on from the checkpoint before, or lower the rate"
        )
    save_checkpoint(folder, trainer, config, keep=keep)
    return trainer.round


class _Averages:
    """The mean of each term since it was last taken; stays on the terms' device until then."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[Tensor, int]] = {}

    def add(self, terms: Terms) -> None:
        for name, value in terms.items():
            total, count = self.sums.get(name, (0, 0))
            self.sums[name] = (total + value.float(), count + 1)

    def take(self) -> dict[str, float]:
        means = {name: total.item() / count for name, (total, count) in self.sums.items()}
        self.sums = {}
        return means


class _Metrics:
    """metrics.jsonl and TensorBoard. Lines after round `first` are of a future that was lost."""

    def __init__(self, folder: Path, first: int, tensorboard: bool) -> None:
        path = folder / "metrics.jsonl"
        kept = [line for line in _lines(path) if line["round"] <= first]
        write_whole(path, "".join(json.dumps(line) + "\n" for line in kept).encode())
        self.file = path.open("a")
        self.before = float(kept[-1]["seconds"]) if kept else 0.0  # spent by earlier calls
        self.started = self.last = time.monotonic()
        self.last_round = first
        self.writer: Any = None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first + 1)

    def write(self, round: int, values: dict[str, float]) -> dict[str, float]:
        now = time.monotonic()
        line = {
            "round": round,
            **values,
            "seconds": self.before + now - self.started,
            "rounds_per_second": (round - self.last_round) / max(now - self.last, 1e-9),
        }
        self.last, self.last_round = now, round
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
        if self.writer is not None:
            for name, value in line.items():
                if name != "round":
                    self.writer.add_scalar(name, value, round)
        return line

    def __enter__(self) -> "_Metrics":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        if self.writer is not None:
            self.writer.close()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a metrics file; one that was cut short by a kill is left out."""
    for text in path.read_text().splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and "round" in line and "seconds" in line:
            yield line


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second signal does what it did before.

    Only the main thread may handle signals; in another the event is never set.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def request(number: int, frame: FrameType | None) -> None:
        stop.set()
        restore()

    for number in before:
        signal.signal(number, request)
    try:
        yield stop
    finally:
        restore()
