"""The worker: a generator in a process of its own, which may be slow, die or hang.

The engine asks and looks for answers without waiting. A worker that died, or has not answered for
too long, is replaced; a cue says all that a generator needs, so a fresh one goes on at once.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from musegan.live.priority import GENERATOR
from musegan.live.servant import FAILED, Servant, bug, opened
from musegan.live.statistics import Distribution
from musegan.music.cue import Answer, Cue

Improvise = Callable[[Cue], Answer]  # may have `rest(cue, answer)`, for when nobody waits
OpenImprovise = Callable[[], Improvise]
"""Loads the model; it is sent to the process by name, so it must be importable there."""

NAME = "generator"
MOST_UNANSWERED = 2  # cues on their way


class Worker(Servant):
    """A generator that answers cues in another process; see `accompanist.Generator`."""

    def __init__(self, open_improvise: OpenImprovise) -> None:
        super().__init__(NAME, "the band repeats", _serve, open_improvise)
        self._ticket = 0
        self._unanswered = 0
        self.generation = Distribution()  # from a cue's being read to its answer's being written

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
                if said[0] == FAILED:
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

    def _take_on(self) -> None:
        self._unanswered = 0
        super()._take_on()

    def _hangs(self, now: float) -> bool:
        """Whether a cue has waited too long, and not for the band to fetch its answer."""
        if not super()._hangs(now):
            return False
        connection = self._connection
        with suppress(OSError):
            return connection is None or not connection.poll()
        return True


def _serve(connection: Connection, open_improvise: OpenImprovise) -> None:
    """Answer cues until the other end is closed; what runs in the process."""
    improvise = opened(connection, open_improvise, NAME, GENERATOR)
    if improvise is None:
        return
    rest: Callable[[Cue, Answer], None] | None = getattr(improvise, "rest", None)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            ticket, cue = connection.recv()
            while connection.poll():  # an older cue need not be answered
                ticket, cue = connection.recv()
            began = time.perf_counter()
            try:
                answer = improvise(cue)
            except Exception as error:
                connection.send((FAILED, (type(error).__name__, bug(NAME, error))))
                return
            connection.send((ticket, answer, 1e3 * (time.perf_counter() - began)))
            if rest is not None:
                rest(cue, answer)
