"""The workshop: one job done on many inputs, by one process or several, one after another.

A worker is opened once in each process (it loads the model, say) and then does input after input.
What goes wrong with one input is told in its outcome and does not stop the others; only a
ConfigError does, since it would meet every input alike.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import active_children, get_context
from types import FrameType
from typing import Any

from musegan.catalogue import Entry
from musegan.errors import ConfigError, MuseganError, UsageError

Worker = Callable[[Entry], dict[str, Any]]  # does one input; returns what to report of it
OpenWorker = Callable[[], Worker]  # is sent to another process, so it must be importable there

DEBUG = "MUSEGAN_DEBUG"  # set: a bug shows its traceback and stops everything

LEAVE_SECONDS = 10.0  # for a process to tidy up before it is killed

# Of a worker process:
_open_worker: OpenWorker | None = None
_worker: Worker | None = None
_busy = False


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    entry: Entry
    seconds: float
    error: str = ""  # in one line; empty: done
    misused: bool = False  # it is the request that was wrong, not the file
    report: dict[str, Any] = field(default_factory=dict)


def work_through(
    entries: Sequence[Entry], open_worker: OpenWorker, jobs: int = 1
) -> Iterator[Outcome]:
    """Do the job on every entry, in `jobs` processes; yields each outcome as it comes.

    An outcome comes in the order of the entries with one job and as soon as it is known with more.
    Closing the iterator, or an exception such as Ctrl-C, ends the processes; a file that one of them
    was writing is removed. Raises what `open_worker` raises, and ConfigError.
    """
    if not entries:
        return
    if jobs == 1 or len(entries) == 1:
        worker = open_worker()
        for entry in entries:
            yield _attempt(worker, entry)
        return
    processes = min(jobs, len(entries))
    others = set(active_children())
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _enter, (open_worker,))
    try:
        yield from _collect(pool, entries, 2 * processes)
    except BrokenProcessPool as error:
        raise MuseganError(
            "a worker process died, for want of memory?; try fewer --jobs"
        ) from error
    finally:
        ours = set(active_children()) - others
        for process in ours:
            process.terminate()
        for process in ours:
            process.join(LEAVE_SECONDS)
            process.kill()
        # Last, and waiting: the pool's thread must not close its pipe while Python exits.
        pool.shutdown(wait=True, cancel_futures=True)


def _collect(pool: ProcessPoolExecutor, entries: Sequence[Entry], ahead: int) -> Iterator[Outcome]:
    waiting = iter(entries)
    running: set[Future[Outcome]] = set()
    while True:
        for entry in islice(waiting, ahead - len(running)):
            running.add(pool.submit(_attempt_in_process, entry))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


def _enter(open_worker: OpenWorker) -> None:
    global _open_worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process to handle
    signal.signal(signal.SIGTERM, _leave)
    _open_worker = open_worker


def _leave(number: int, frame: FrameType | None) -> None:
    if _busy:
        raise SystemExit(128 + number)  # so that half-written files are removed on the way out
    os._exit(128 + number)


def _attempt_in_process(entry: Entry) -> Outcome:
    global _busy, _worker
    _busy = True
    try:
        if _worker is None:
            assert _open_worker is not None
            _worker = _open_worker()
        return _attempt(_worker, entry)
    except SystemExit:
        os._exit(128 + signal.SIGTERM)  # the pool would take it for a result and go on
    finally:
        _busy = False


def _attempt(worker: Worker, entry: Entry) -> Outcome:
    began = time.perf_counter()
    error, misused, report = "", False, {}
    try:
        report = worker(entry)
    except ConfigError:
        raise
    except MuseganError as problem:
        error, misused = " ".join(str(problem).split()), isinstance(problem, UsageError)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        error = f"{where}{problem.strerror or problem}"
    except Exception as problem:
        if os.environ.get(DEBUG):
            raise
        error = f"internal error, please report it ({DEBUG}=1 shows more): {problem!r}"
    return Outcome(entry, time.perf_counter() - began, error, misused, report)
