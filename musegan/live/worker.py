"""The worker: a generator in a process of its own, which may be slow, die or hang.

The engine asks and looks for answers without waiting. A worker that died, or has not answered for
too long, is replaced; a cue says all that a generator needs, so a fresh one goes on at once.
"""

import gc
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from musegan.errors import CheckpointError, ConfigError, MuseganError
from musegan.live.priority import DRIVER, GENERATOR, become_real_time, raise_ordinary
from musegan.live.statistics import Distribution
from musegan.music.cue import Answer, Cue

Improvise = Callable[[Cue], Answer]  # may have `rest(cue, answer)`, for when nobody waits
OpenImprovise = Callable[[], Improvise]
"""Loads the model; it is sent to the process by name, so it must be importable there."""

STUCK_SECONDS = 2.0  # without an answer
START_SECONDS = 60.0  # to load a model
MOST_UNANSWERED = 2  # cues on their way
RETRY_SECONDS = 1.0  # between attempts at a new process; each takes twice as long
MOST_PATIENCE_SECONDS = 30.0

_READY, _FAILED = "ready", "failed"


class Worker:
    """A generator that answers cues in another process; see `accompanist.Generator`."""

    def __init__(self, open_improvise: OpenImprovise) -> None:
        self._open = open_improvise
        self._process: Any = None
        self._connection: Connection | None = None
        self._outbox: SimpleQueue[Any] = (
            SimpleQueue()
        )  # to the thread that sends cues; None ends it
        self._sender: threading.Thread | None = None
        self._ticket = 0
        self._asked_at: float | None = None  # the oldest cue that has no answer
        self._unanswered = 0
        self._reason = ""  # why the process will be replaced, where it said so
        self._patience = RETRY_SECONDS
        self._ready = False  # the process can be asked
        self._serving = False  # it was taken on, and not given up yet
        self._started_at = -RETRY_SECONDS
        self._lock = threading.Lock()  # held while a process is being replaced
        self.generation = Distribution()  # from a cue's being read to its answer's being written
        self.restarts = 0
        self.notices: list[str] = []

    def start(self) -> None:
        """Start the process and wait until the model is loaded.  Thread: main; raises as `wait`."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the process, which begins to load the model.  Thread: main."""
        self._launch()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the model is loaded, for so long; whether it is.  Thread: main.

        Raises what loading it raises: CheckpointError, ConfigError; MuseganError if the process died,
        or takes more than a minute.
        """
        if self._serving:
            return True
        assert self._connection is not None
        try:
            limit = START_SECONDS if seconds is None else max(0.0, seconds)
            if not self._connection.poll(limit):
                if self._loading(time.monotonic()):
                    return False
                raise TimeoutError
            word, what = self._connection.recv()
        except (EOFError, OSError) as error:
            self.close()
            what = "took too long" if isinstance(error, TimeoutError) else "died"
            raise MuseganError(
                f"the generator's process {what} while it loaded the model; "
                "`musegan doctor` says what is installed"
            ) from error
        if word != _READY:
            self.close()
            kind, text = what
            raise {"CheckpointError": CheckpointError, "ConfigError": ConfigError}.get(
                kind, MuseganError
            )(text)
        self._ready = self._serving = True
        return True

    def ask(self, cue: Cue) -> None:
        """Send a cue off.  Thread: engine."""
        self.answer()  # that nobody fetched
        self._ticket += 1
        if not self._ready or self._unanswered >= MOST_UNANSWERED:
            return  # a process that does not read is not sent more and more
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        self._unanswered += 1
        self._outbox.put((self._ticket, cue))

    def answer(self) -> Answer | None:
        """Look whether the last cue was answered.  Thread: engine."""
        found: Answer | None = None
        connection = self._connection
        try:
            while self._ready and connection is not None and connection.poll():
                said = connection.recv()
                if said[0] == _FAILED:
                    self._reason, self._ready = f" ({said[1][1]})", False
                    break
                ticket, answer, milliseconds = said
                self.generation.add(milliseconds)
                self._unanswered, self._asked_at = 0, None
                if ticket == self._ticket:
                    found = answer
        except (EOFError, OSError):
            self._ready = False
        return found

    @property
    def alive(self) -> bool:
        """Whether there is a process that can be asked.  Thread: any."""
        return self._ready

    def watch(self) -> None:
        """Replace a process that died or hangs; a new one is taken on when it is ready.

        Thread: main, about twice a second.
        """
        now = time.monotonic()
        with self._lock:
            if self._serving:
                died = not self._ready or not self._process.is_alive()
                if not died and not self._hangs(now):
                    return
                self._ready = self._serving = False
                self._kill()
                what = f"died{self._reason}" if died else "hangs"
                self.notices.append(f"the generator {what}; the band repeats while it starts again")
                self._reason = ""
            if self._process is None or not self._process.is_alive() or not self._loading(now):
                if now - self._started_at >= self._patience:
                    self._kill()
                    self._launch()
                    self.restarts += 1
                    self._patience = min(2 * self._patience, MOST_PATIENCE_SECONDS)
                return
            with suppress(EOFError, OSError):
                assert self._connection is not None
                if not self._connection.poll():
                    return
                word, what = self._connection.recv()
                if word != _READY:
                    self.notices.append(f"the generator does not start: {what[1]}")
                else:
                    self._unanswered, self._asked_at = 0, None
                    self._ready = self._serving = True
                    self._patience = RETRY_SECONDS
                    self.notices.append("the generator is back")

    def close(self) -> None:
        """End the process.  Thread: main, once."""
        with self._lock:
            self._ready = self._serving = False
            self._kill()

    @property
    def pid(self) -> int | None:
        """The process's number, for tests and reports."""
        return None if self._process is None else self._process.pid

    def _hangs(self, now: float) -> bool:
        """Whether a cue has waited too long, and not for the band to fetch its answer."""
        asked_at, connection = self._asked_at, self._connection
        if asked_at is None or now - asked_at <= STUCK_SECONDS:
            return False
        with suppress(OSError):
            return connection is None or not connection.poll()
        return True

    def _loading(self, now: float) -> bool:
        return now - self._started_at < START_SECONDS

    def _launch(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._open), daemon=True, name="musegan generator"
        )
        self._started_at = time.monotonic()
        self._process.start()
        theirs.close()
        self._connection, self._outbox = ours, SimpleQueue()
        self._sender = threading.Thread(
            target=_send, args=(ours, self._outbox), daemon=True, name="musegan cues"
        )
        self._sender.start()

    def _kill(self) -> None:
        """End the process. Its connection closes when the last thread lets go of it."""
        if self._process is not None:
            self._process.kill()
            self._process.join(2.0)
        self._outbox.put(None)
        if self._sender is not None:
            self._sender.join(2.0)
        self._process = self._connection = self._sender = None


def _send(connection: Connection, outbox: SimpleQueue[Any]) -> None:
    """Pass cues on; a process that does not read holds this thread up, and no other."""
    raise_ordinary(DRIVER)
    with suppress(OSError):
        while (message := outbox.get()) is not None:
            connection.send(message)


def _serve(connection: Connection, open_improvise: OpenImprovise) -> None:
    """Answer cues until the other end is closed; what runs in the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        improvise = open_improvise()
    except Exception as error:
        said = str(error) if isinstance(error, MuseganError) else _bug(error)
        connection.send((_FAILED, (type(error).__name__, said)))
        return
    rest: Callable[[Cue, Answer], None] | None = getattr(improvise, "rest", None)
    gc.collect()
    gc.freeze()  # or the collector would look through all of torch, for a tenth of a second
    become_real_time(GENERATOR)  # for a few milliseconds at a time; loading may wait for others
    connection.send((_READY, None))
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            ticket, cue = connection.recv()
            while connection.poll():  # an older cue need not be answered
                ticket, cue = connection.recv()
            began = time.perf_counter()
            try:
                answer = improvise(cue)
            except Exception as error:
                connection.send((_FAILED, (type(error).__name__, _bug(error))))
                return
            connection.send((ticket, answer, 1e3 * (time.perf_counter() - began)))
            if rest is not None:
                rest(cue, answer)


def _bug(error: Exception) -> str:
    """What to say of an error that no user can cause."""
    return f"internal error of the generator, please report it: {error!r}"
