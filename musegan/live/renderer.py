"""The renderer: a synth in a process of its own, which plays parts of the band before they sound.

It is told what the band is known to play, and gives pieces of sound, the nearest first. What is late
of it, the SoundFont plays; so it does while a renderer that died or hangs is replaced.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from musegan.live.priority import DRIVER, RENDERER, raise_ordinary
from musegan.live.servant import FAILED, Servant, bug, opened
from musegan.live.statistics import Distribution
from musegan.music.foresight import Foreseen, Telling

NAME = "synth"
MOVED_SECONDS = 0.01  # by which a note may be moved without being taken back
GRACE_SECONDS = 0.1  # after a note's new end, for its dying away to be rendered
LATE_NOTES = 8  # after which it is said, once
LONGEST_WAIT = 0.05  # seconds that the process waits to be told, at most
TOLD, PIECE = "told", "piece"


class Parts(Protocol):
    """Where the pieces go: parts of a synthesizer that plays live."""

    serving: bool  # whether there is a renderer

    @property
    def channels(self) -> Collection[int]:
        """Whose notes are rendered.  Thread: any."""

    @property
    def late_notes(self) -> int:
        """How many were not there when they were due.  Thread: any."""

    def put(self, piece: Any) -> None:
        """Take a piece of sound.  Thread: any."""

    def take_back(self, channel: int, seconds: float, telling: int) -> None:
        """From a moment on, play nothing that was rendered before this telling.  Thread: any."""


class Renders(Protocol):
    """What renders, in the process."""

    def tell(self, telling: Telling, now: float) -> None:
        """All that is known from now on."""

    def render(self, now: float) -> tuple[Any, Sequence[float]] | None:
        """The piece that is needed first, and when the notes are due that it is the first to have.

        None: there is nothing to make yet.
        """


class Renderer(Servant):
    """A synth that renders ahead in another process."""

    def __init__(
        self,
        open_renders: Callable[[], Renders],
        parts: Parts,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`clock` must be the same in all processes, as this one is."""
        super().__init__(NAME, "the SoundFont plays", _serve, open_renders)
        self._parts, self._clock = parts, clock
        self._telling = Telling(0, (), 0.0)
        self._known: dict[tuple[int, int, int], Foreseen] = {}
        self._told_late = False
        self._since = 0.0  # when the process was taken on
        self.ahead = Distribution()  # how long before it was due a note's sound was there
        self.rendering = Distribution()  # of a piece

    def foresee(self, notes: Sequence[Foreseen], until: float) -> None:
        """Tell what the band is known to play, and until when that is all.  Thread: engine."""
        number = self._telling.number + 1
        wanted = [note for note in notes if note.channel in self._parts.channels]
        known = {(note.channel, note.place, note.pitch): note for note in wanted}
        for channel, seconds in taken_back(self._known, known, self._clock()).items():
            self._parts.take_back(channel, seconds, number)
        self._known, self._telling = known, Telling(number, wanted, until)
        if self._ready:
            if self._asked_at is None:
                self._asked_at = time.monotonic()
            self._outbox.put(self._telling)

    def watch(self) -> None:
        """Replace a process that died or hangs, and say if it is late.  Thread: main."""
        super().watch()
        self._parts.serving = self._ready
        if self._parts.late_notes >= LATE_NOTES and not self._told_late:
            self._told_late = True
            self.notices.append(
                "the synth is late; the SoundFont begins the notes that it is late with"
            )

    def _take_on(self) -> None:
        super()._take_on()
        self._since = self._clock()
        receiver = threading.Thread(
            target=self._receive, args=(self._connection,), daemon=True, name=f"from the {NAME}"
        )
        receiver.start()
        self._outbox.put(self._telling)
        self._parts.serving = True

    def _receive(self, connection: Connection) -> None:
        """Pass pieces on until the process is gone."""
        raise_ordinary(DRIVER)
        with suppress(EOFError, OSError):
            while True:
                word, *what = connection.recv()
                if word == FAILED:
                    self._reason = f" ({what[0][1]})"
                    break
                if word == TOLD:
                    if what[0] == self._telling.number:
                        self._asked_at = None
                    continue
                piece, dues, milliseconds = what
                self._parts.put(piece)
                now = self._clock()
                for due in dues:
                    if due > self._since:
                        self.ahead.add(1e3 * (due - now))
                self.rendering.add(milliseconds)
        if connection is self._connection:
            self._ready = False


def taken_back(
    known: dict[tuple[int, int, int], Foreseen],
    wanted: dict[tuple[int, int, int], Foreseen],
    now: float,
) -> dict[int, float]:
    """From when on what was known of a channel is wrong, as notes are gone, or moved, or end before."""
    found: dict[int, float] = {}
    for key, note in known.items():
        if note.end <= now:
            continue
        new = wanted.get(key)
        if new is None:
            wrong = note.begin
        elif abs(new.begin - note.begin) > MOVED_SECONDS:
            wrong = min(new.begin, note.begin)
        elif new.end < note.end:
            wrong = new.end + GRACE_SECONDS
        else:
            continue
        found[note.channel] = min(wrong, found.get(note.channel, wrong))
    return found


def _serve(connection: Connection, open_renders: Callable[[], Renders]) -> None:
    """Render until the other end is closed; what runs in the process."""
    renders: Renders | None = opened(connection, open_renders, NAME, RENDERER)
    if renders is None:
        return
    busy = False
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            telling: Telling | None = None
            while connection.poll(0 if busy or telling else LONGEST_WAIT):
                telling = connection.recv()
            began = time.perf_counter()
            try:
                if telling is not None:
                    renders.tell(telling, began)
                    connection.send((TOLD, telling.number))
                made = renders.render(began)
            except Exception as error:
                connection.send((FAILED, (type(error).__name__, bug(NAME, error))))
                return
            busy = made is not None
            if made is not None:
                piece, dues = made
                connection.send((PIECE, piece, dues, 1e3 * (time.perf_counter() - began)))
