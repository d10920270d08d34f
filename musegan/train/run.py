"""The outer loop of a run: resuming, logging, health, samples, saving, Ctrl-C and SIGTERM.

A run folder holds `config.json`, `metrics.jsonl`, `tensorboard/`, `samples/` and `checkpoints/`.
To go on with a run, call `run` again with the same folder. Under torchrun every rank calls it: all
play and decide alike, and the first one writes and speaks.
"""

import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from rich.console import Console

from musegan.config.health import Health
from musegan.errors import TrainingDiverged
from musegan.train import ranks
from musegan.train.checkpoint import (
    Config,
    check_config,
    checkpoint_of,
    latest_checkpoint,
    load_checkpoint,
    name_checkpoints,
    save_checkpoint,
    save_config,
)
from musegan.train.game import Trainer
from musegan.train.metrics import Averages, Metrics
from musegan.train.progress import progress_line
from musegan.train.watch import Decision, Watch


class Ended(NamedTuple):
    """How a call of `run` ended."""

    round: int  # rounds played since the run was first started, less those taken back
    finished: bool  # False: a signal asked to stop, and the run can be resumed
    stopped: str = ""  # why health ended the run before its last round
    best: Path | None = None  # the best checkpoint, where the last is clearly worse


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
    watch: Watch | None = None,
) -> Ended:
    """Play until round `rounds`, going on from the folder's checkpoint if it has one.

    `sample(folder/samples, round)` and `measure(round)` are called every so many rounds and at
    the end; what they draw from torch's generator does not change the run. SIGTERM and Ctrl-C
    finish the round, save, and return; a second one interrupts at once. Checkpoints and metrics
    are also written at the last round, and a checkpoint when a figure is measured. `watch` looks
    at the game's health, and may turn its knobs, take it back, or end it.

    Raises CheckpointError if the folder holds another run, TrainingDiverged if a term or a weight
    is no longer finite and health cannot help; no such weight is ever saved.
    """
    watch = watch or Watch(Health(watch=False), None, rounds)
    watch.figure = watch.wanted.figure or ("fid" if measure else "")
    console = (console or Console()) if ranks.is_first() else Console(quiet=True)
    game = _Game(trainer, folder, config, keep, watch)
    first, averages = game.begin(may_change), game.averages
    with (
        Metrics(folder, first, trainer.state.rollbacks, tensorboard) as metrics,
        progress_line(console, first, rounds) as show,
        _stop_signals() as stop,
    ):
        while trainer.round < rounds and not watch.stopped and not ranks.agree(stop.is_set()):
            decision = game.play_round()
            now = trainer.round
            values: dict[str, float] = {}
            if measure is not None and (now % measure_every == 0 or now == rounds):
                broken = game.check_finite()  # of what is not finite nothing can be measured
                decision = decision or broken
                if not broken:
                    values = ranks.from_first(partial(measure, now))
            # Not what a signal brings about: a run that is stopped and resumed decides alike.
            regular = now == rounds or now % save_every == 0 or watch.figure in values
            looking = watch.due(now, regular)
            if looking or regular:
                decision = decision or game.check_finite()
            looking = looking and not decision
            if looking:
                values |= watch.look(trainer)
            best = watch.best
            if regular:
                watch.follow(values, trainer)
            if values or decision or regular or now % log_every == 0:
                values = {**averages.take(), **values}
                if looking:
                    decision = watch.decide(trainer, values)
                if decision:
                    told = f"round {now:,}: {decision.words}"
                    console.print(told, markup=False, highlight=False, soft_wrap=True)
                show(now, metrics.write(now, values, decision.words, trainer.state.rollbacks))
            if decision.target is not None:
                watch.best = best  # this round, were it the best, is not saved
                metrics.last_round = game.take_back(decision.target)
                continue
            if sample is not None and (now % sample_every == 0 or now == rounds or watch.stopped):
                game.sample(sample)
            if regular or watch.stopped:
                watch.saved(trainer, looked=looking)
                game.save()
        if trainer.round != game.saved and not game.check_finite():  # for a signal
            if averages.sums:
                metrics.write(trainer.round, averages.means(), "", trainer.state.rollbacks)
            game.save()
    finished = trainer.round >= rounds or bool(watch.stopped)
    return Ended(trainer.round, finished, watch.stopped, game.best() if finished else None)


@dataclass(eq=False)
class _Game:
    """A trainer with its folder, and what happens to both."""

    trainer: Trainer
    folder: Path
    config: Config
    keep: int
    watch: Watch
    averages: Averages = field(default_factory=Averages)
    saved: int = 0  # the last round that was

    def begin(self, may_change: Collection[str]) -> int:
        """Go on from the folder's checkpoint, or begin; returns the round."""
        if ranks.is_first():
            self.folder.mkdir(parents=True, exist_ok=True)
        if ranks.from_first(lambda: latest_checkpoint(self.folder) is not None):
            ranks.from_first(lambda: check_config(self.folder, self.config, may_change=may_change))
            load_checkpoint(self.folder, self.trainer, self)
            self._name()  # a kill right after saving left the checkpoint without its further names
        elif (
            ranks.is_first()
        ):  # at once: a run that is killed before it saves still says what it was
            save_config(self.folder, self.config)
        self.saved = self.trainer.round
        self.trainer.norms = self.watch.wanted.watch
        if self.watch.needs_beginning(self.trainer):
            self.watch.saved(self.trainer, looked=True)
            self.save()
        return self.trainer.round

    def play_round(self) -> Decision:
        """Play a round; says what to do if it was not finite. Raises TrainingDiverged."""
        try:
            self.averages.add(self.trainer.play_round())
        except TrainingDiverged as error:
            self.trainer.round += 1
            decision = self.watch.diverged(self.trainer, str(error), lasting=False)
            if decision is None:
                raise
            return decision
        self.watch.skipped = 0
        return Decision()

    def check_finite(self) -> Decision:
        """Say what to do if a weight is no longer finite. Raises TrainingDiverged."""
        if self.trainer.is_finite():
            return Decision()
        what = (
            f"round {self.trainer.round}: a weight is no longer finite, so this round is not saved; "
            f"run again to go on from the checkpoint before, or lower the rate"
        )
        decision = self.watch.diverged(self.trainer, what, lasting=True)
        if decision is None:
            raise TrainingDiverged(what)
        return decision

    def save(self) -> None:
        """Save the round, and give its checkpoint the names that it deserves."""
        if ranks.is_first():
            save_checkpoint(self.folder, self.trainer, self.config, keep=self.keep, companion=self)
        self._name()
        self.saved = self.trainer.round

    def take_back(self, round: int) -> int:
        """Go back to a healthy round, with other noise and half the rates; returns that round."""
        tried, knobs = self.watch.state_dict(), self.trainer.state.state_dict()
        path = checkpoint_of(self.folder, round, "healthy")
        load_checkpoint(self.folder, self.trainer, self, path=path)
        self.watch.learn_from(tried)
        self.trainer.state.take_back(knobs)
        if ranks.is_first():  # what is later is of a future that was lost
            name_checkpoints(self.folder, "round", [round], of="healthy")
            name_checkpoints(self.folder, "healthy", self.watch.healthy)
        self.saved = round
        return round

    def state_dict(self) -> dict[str, Any]:
        """What the coming rounds and lines depend on beside the trainer."""
        return {"watch": self.watch.state_dict(), "averages": self.averages.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.watch.load_state_dict(state["watch"])
        self.averages.load_state_dict(state["averages"])

    def sample(self, draw: Callable[[Path, int], None]) -> None:
        """Let the first rank draw samples."""
        if ranks.is_first():
            (self.folder / "samples").mkdir(exist_ok=True)
            draw(self.folder / "samples", self.trainer.round)

    def best(self) -> Path | None:
        """The checkpoint of the best figure, if the last one is clearly worse."""
        round = self.watch.preferred
        return None if round is None else checkpoint_of(self.folder, round, "best")

    def _name(self) -> None:
        if ranks.is_first():
            name_checkpoints(self.folder, "healthy", self.watch.healthy)
            if self.watch.is_best(self.trainer):
                name_checkpoints(self.folder, "best", [self.trainer.round])


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second signal does what it did before.

    Only the main thread may handle signals; in another the event is never set. Of several ranks
    each gets more than one, from the terminal and from torchrun, so there a second does nothing.
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
        if ranks.world() == 1:
            restore()

    for number in before:
        signal.signal(number, request)
    try:
        yield stop
    finally:
        restore()
