"""The engine: the one thread that plays, at real-time priority where the system allows.

Drivers stamp what they receive and append it; this thread takes it from there, and nobody else
touches the conductor while it runs. However it ends, every note that sounds is ended.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from musegan.live.conductor import Conductor
from musegan.live.controls import Control
from musegan.live.priority import ENGINE, become_real_time

LONGEST_WAIT = 0.25  # seconds between turns, whatever happens


class Engine:
    """Runs a conductor in a thread of its own."""

    def __init__(
        self, conductor: Conductor, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.conductor, self.clock = conductor, clock
        self.priority_problem = ""  # why there is no real-time priority; empty if there is
        self.failure: BaseException | None = None  # a bug that ended the thread
        self.finished = threading.Event()
        self._messages: deque[tuple[bytes, float]] = deque()
        self._calls: deque[Callable[[float], None]] = deque()
        self._wake = threading.Event()
        self._leave = False
        self._thread = threading.Thread(target=self._run, name="musegan engine", daemon=True)

    def start(self) -> None:
        """Begin to play.  Thread: main, once."""
        self._thread.start()

    def hear(self, message: bytes, seconds: float) -> None:
        """Take a message that a driver received at a moment.  Thread: driver."""
        self._messages.append((message, seconds))
        self._wake.set()

    def control(self, control: Control) -> None:
        """Do what the player asks for by a key.  Thread: any."""
        self.call(lambda now: self.conductor.control(control, now))

    def call(self, action: Callable[[float], None]) -> None:
        """Let the engine's thread do something with the conductor, at once.  Thread: any."""
        self._calls.append(action)
        self._wake.set()

    def stop(self) -> None:
        """End at once, with every note ended; returns when the thread has.  Thread: main."""
        self._leave = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _run(self) -> None:
        self.priority_problem = become_real_time(ENGINE)
        conductor = self.conductor
        try:
            self._messages.clear()  # what was played before it began is none of it
            conductor.begin(self.clock())
            while not self._leave and not conductor.ended:
                self._wake.clear()
                now = self.clock()
                while self._calls:
                    self._calls.popleft()(now)
                messages = [self._messages.popleft() for _ in range(len(self._messages))]
                conductor.turn(now, messages)
                self._wait(conductor.next_turn())
        except BaseException as failure:
            self.failure = failure
        finally:
            try:
                conductor.panic()
            finally:
                self.finished.set()

    def _wait(self, until: float | None) -> None:
        """Wait for a moment, or for something to be heard."""
        seconds = LONGEST_WAIT
        if until is not None:
            seconds = min(seconds, until - self.clock())
        if seconds > 0:
            self._wake.wait(seconds)
