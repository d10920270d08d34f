"""The terminal as a keyboard: what is typed, at once and unechoed, and the terminal as it was after.

Ctrl-C still interrupts. Ctrl-Z gives the terminal back while the program sleeps.
"""

import atexit
import codecs
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

SHOW_CURSOR = "\x1b[?25h"
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O])", re.DOTALL)  # of an arrow, Alt-x
_MOST_BYTES = 1024  # read at once


@contextmanager
def raw_keys(
    resumed: Callable[[], None] | None = None, leaving: Callable[[], None] | None = None
) -> Iterator[Callable[[], str]]:
    """Yield what returns the characters typed since it was last called, without waiting.

    Arrows and function keys are left out. Where standard input is no terminal nothing is ever typed.
    While the program sleeps or works in the background it reads nothing. Before it is put to sleep it
    calls `leaving`, back in the foreground `resumed`, from a signal handler each. For the main thread only.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        yield lambda: ""
    elif sys.platform == "win32":
        yield _typed_on_windows
    else:
        with _unix_keys(sys.stdin.fileno(), resumed, leaving) as read:
            yield read


class Typed:
    """Turns the bytes of a terminal into characters, without the sequences of special keys."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("ignore").decode
        self._rest = ""  # the beginning of a sequence, perhaps

    def take(self, data: bytes) -> str:
        """The characters that bytes bring; none waits longer than for the next call with none."""
        text = _SEQUENCE.sub("", self._rest + self._decode(data))
        plain, escape, begun = text.partition("\x1b")
        self._rest = escape + begun if data else ""
        return plain


if sys.platform == "win32":
    import msvcrt

    def _typed_on_windows() -> str:
        typed = ""
        while msvcrt.kbhit():
            character = msvcrt.getwch()
            if character == "\x03":
                raise KeyboardInterrupt
            if character in "\x00\xe0":  # an arrow or a function key, which a second tells
                msvcrt.getwch()
            else:
                typed += character
        return typed

else:
    import select
    import termios
    import tty

    @contextmanager
    def _unix_keys(
        fd: int, resumed: Callable[[], None] | None, leaving: Callable[[], None] | None
    ) -> Iterator[Callable[[], str]]:
        before = termios.tcgetattr(fd)
        typed = Typed()

        def take() -> None:
            with suppress(OSError, termios.error):
                if _in_foreground(fd):
                    tty.setcbreak(fd, termios.TCSADRAIN)  # what was typed before now counts

        def give_back() -> None:
            with suppress(OSError, termios.error):  # it may be gone
                if _in_foreground(fd):
                    termios.tcsetattr(fd, termios.TCSAFLUSH, before)  # what was typed is dropped
                    if _is_terminal(sys.stdout):
                        os.write(sys.stdout.fileno(), SHOW_CURSOR.encode())

        def read() -> str:
            try:
                if not _in_foreground(fd) or not select.select([fd], [], [], 0)[0]:
                    return typed.take(b"")
                return typed.take(os.read(fd, _MOST_BYTES))
            except OSError:  # it is gone
                return ""

        def sleep(number: int, frame: FrameType | None) -> None:
            if leaving is not None:
                leaving()
            give_back()
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)  # goes on here when woken
            signal.signal(signal.SIGTSTP, sleep)
            take()  # where nobody could have woken us, we did not sleep

        def wake(number: int, frame: FrameType | None) -> None:
            take()
            if resumed is not None:
                resumed()

        def leave(number: int, frame: FrameType | None) -> None:
            raise SystemExit(128 + number)

        handlers = {signal.SIGTSTP: sleep, signal.SIGCONT: wake, signal.SIGTERM: leave}
        usual = {
            number: signal.signal(number, handler)
            for number, handler in handlers.items()
            if signal.getsignal(number) is signal.SIG_DFL
        }
        atexit.register(give_back)
        try:
            take()
            yield read
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)
            give_back()
            atexit.unregister(give_back)

    def _in_foreground(fd: int) -> bool:
        """Whether reading and setting the terminal would not stop us."""
        try:
            return os.tcgetpgrp(fd) == os.getpgrp()
        except OSError:  # it is not the one that controls us, so it cannot
            return True


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
