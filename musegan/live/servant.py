"""A servant: a process that does slow work for a session, and may die or hang meanwhile.

One that died, or has not answered for too long, is replaced. What it is sent says all that it needs
to know, so a fresh one goes on at once.
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

from musegan.errors import CheckpointError, ConfigError, MuseganError, UsageError
from musegan.live.priority import DRIVER, become_real_time, raise_ordinary

STUCK_SECONDS = 2.0  # without an answer
START_SECONDS = 60.0  # to load a model
RETRY_SECONDS = 1.0  # between attempts at a new process; each takes twice as long
MOST_PATIENCE_SECONDS = 30.0

READY, FAILED = "ready", "failed"
RAISED = {kind.__name__: kind for kind in (CheckpointError, ConfigError, UsageError)}

Serve = Callable[[Connection, Any], None]
"""What runs in the process: says `READY` when it is, and serves until the other end is closed."""


class Servant:
    """A process, kept alive. Whoever asks it looks for answers without waiting."""

    def __init__(
        self, name: str, meanwhile: str, serve: Serve, open_model: Callable[[], Any]
    ) -> None:
        """`name` and `meanwhile` are what notices call it, and say of the band while it is gone.

        `open_model` loads the model; it is sent to the process by name, so it must be importable there.
        """
        self._name, self._meanwhile = name, meanwhile
        self._serve, self._open = serve, open_model
        self._process: Any = None
        self._connection: Connection | None = None
        self._outbox: SimpleQueue[Any] = SimpleQueue()  # to the thread that sends; None ends it
        self._sender: threading.Thread | None = None
        self._asked_at: float | None = None  # the oldest message that has no answer
        self._reason = ""  # why the process will be replaced, where it said so
        self._patience = RETRY_SECONDS
        self._ready = False  # the process can be asked
        self._serving = False  # it was taken on, and not given up yet
        self._started_at = -RETRY_SECONDS
        self._lock = threading.Lock()  # held while a process is being replaced
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

        Raises what loading it raises: CheckpointError, ConfigError, UsageError; MuseganError if the
        process died, or takes more than a minute.
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
                f"the {self._name}'s process {what} while it loaded the model; "
                "`musegan doctor` says what is installed"
            ) from error
        if word != READY:
            self.close()
            kind, text = what
            raise RAISED.get(kind, MuseganError)(text)
        self._take_on()
        return True

    @property
    def alive(self) -> bool:
        """Whether there is a process that can be asked.  Thread: any."""
        return self._ready

    def look_after(self) -> None:
        """Take the first process on when it has loaded the model, and `watch` it and those after it.

        Thread: main, about twice a second. One that dies while it loads is replaced as well; a model that
        cannot be used raises what loading it raises, see `wait`.
        """
        if not (self.alive or self.restarts or self._connection is None):
            try:
                if not self.wait(0):
                    return
            except tuple(RAISED.values()):
                raise
            except MuseganError as error:
                self.notices.append(f"{error}; it is started again")
        self.watch()

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
                self.notices.append(
                    f"the {self._name} {what}; {self._meanwhile} while it starts again"
                )
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
                if word != READY:
                    self.notices.append(f"the {self._name} does not start: {what[1]}")
                else:
                    self._take_on()
                    self._patience = RETRY_SECONDS
                    self.notices.append(f"the {self._name} is back")

    def close(self) -> None:
        """End the process.  Thread: main, once."""
        with self._lock:
            self._ready = self._serving = False
            self._kill()

    @property
    def pid(self) -> int | None:
        """The process's number, for tests and reports."""
        return None if self._process is None else self._process.pid

    def _take_on(self) -> None:
        """The process is ready."""
        self._asked_at = None
        self._ready = self._serving = True

    def _hangs(self, now: float) -> bool:
        """Whether a message has waited too long for its answer."""
        asked_at = self._asked_at
        return asked_at is not None and now - asked_at > STUCK_SECONDS

    def _loading(self, now: float) -> bool:
        return now - self._started_at < START_SECONDS

    def _launch(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=self._serve, args=(theirs, self._open), daemon=True, name=f"musegan {self._name}"
        )
        self._started_at = time.monotonic()
        self._process.start()
        theirs.close()
        self._connection, self._outbox = ours, SimpleQueue()
        self._sender = threading.Thread(
            target=_send, args=(ours, self._outbox), daemon=True, name=f"to the {self._name}"
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


def opened(connection: Connection, open_model: Callable[[], Any], name: str, level: int) -> Any:
    """Load a servant's model, in its process, and say so; None where it cannot be loaded, which is said.

    The process has a real-time priority of this level from then on, where it may have one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        model = open_model()
    except Exception as error:
        said = str(error) if isinstance(error, MuseganError) else bug(name, error)
        connection.send((FAILED, (type(error).__name__, said)))
        return None
    gc.collect()
    gc.freeze()  # or the collector would look through all of torch, for a tenth of a second
    become_real_time(level)  # for a few milliseconds at a time; loading may wait for others
    connection.send((READY, None))
    return model


def bug(name: str, error: Exception) -> str:
    """What to say of an error that no user can cause."""
    return f"internal error of the {name}, please report it: {error!r}"


def _send(connection: Connection, outbox: SimpleQueue[Any]) -> None:
    """Pass messages on; a process that does not read holds this thread up, and no other."""
    raise_ordinary(DRIVER)
    with suppress(OSError):
        while (message := outbox.get()) is not None:
            connection.send(message)
