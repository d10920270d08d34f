"""The terminal as a keyboard: on a pseudo-terminal, with a program that types."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import textwrap
import time

import pytest

from musegan_cli.terminal import Typed, raw_keys

pytestmark = pytest.mark.realtime

PATIENCE = 20.0  # seconds, on a busy machine


@pytest.mark.parametrize(
    ("data", "characters"),
    [
        (b"asdf Q?", "asdf Q?"),
        ("ö€".encode(), "ö€"),
        (b"\x1b[Aa\x1b[3~\x1bOPs\x1b[1;5Df", "asf"),  # up, delete, F1, control-left
        (b"\x1bfa", "a"),  # alt-f
        (b"\xff\xfea", "a"),
    ],
)
def test_characters_are_kept_and_special_keys_left_out(data, characters):
    assert Typed().take(data) == characters


def test_what_comes_in_pieces_is_put_together():
    typed = Typed()
    assert [typed.take(bytes([byte])) for byte in "aö\x1b[Fb".encode()] == ["a", "", "ö", *[""] * 3, "b"]  # fmt: skip


def test_an_escape_alone_is_nothing_and_swallows_nothing_later():
    typed = Typed()
    assert [typed.take(data) for data in (b"\x1b", b"", b"[", b"F")] == ["", "", "[", "F"]


def test_without_a_terminal_nothing_is_typed(monkeypatch):
    read_end, write_end = os.pipe()
    os.write(write_end, b"asdf")
    with open(read_end) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with raw_keys() as read:
            assert read() == ""
    os.close(write_end)
    monkeypatch.setattr(sys, "stdin", None)
    with raw_keys() as read:
        assert read() == ""


class Job:
    """A Python program in a terminal of its own, in the foreground of a shell of sorts."""

    SHELL = """
        import os, signal, sys, termios
        tty = os.open(sys.argv[1], os.O_RDWR)  # becomes the terminal that controls this session
        for fd in (0, 1, 2):
            os.dup2(tty, fd)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ours = os.getpgrp()
        job = os.fork()
        if not job:
            os.setpgid(0, 0)
            os.tcsetpgrp(tty, os.getpgrp())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.execv(sys.executable, [sys.executable, "-c", sys.argv[2]])
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            os.tcsetpgrp(tty, ours)
            if not os.WIFSTOPPED(status):
                break
            print("asleep", flush=True)
            sys.stdin.readline()
            os.tcsetpgrp(tty, job)
            os.kill(job, signal.SIGCONT)
        print("left with", os.waitstatus_to_exitcode(status), "job", job, flush=True)
    """

    def __init__(self, program):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        shell, program = textwrap.dedent(self.SHELL), textwrap.dedent(program)
        self.process = subprocess.Popen(
            [sys.executable, "-c", shell, os.ttyname(self.slave), program], start_new_session=True
        )
        self.said = ""

    def types(self, text):
        os.write(self.master, text.encode())

    def says(self, pattern):
        """Wait for words; what they matched."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.said)
            if found:
                self.said = self.said[found.end() :]
                return found
            if select.select([self.master], [], [], 0.1)[0]:
                self.said += os.read(self.master, 4096).decode()
        raise AssertionError(f"waited for {pattern!r}, got {self.said!r}")

    def is_raw(self):
        flags = termios.tcgetattr(self.slave)[3]
        return not flags & (termios.ICANON | termios.ECHO)

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


PROGRAM = """
    import os, sys, time
    from musegan_cli.terminal import raw_keys
    try:
        with raw_keys(lambda: print("awake", flush=True)) as read:
            print("ready", os.getpid(), flush=True)
            typed, until = "", time.monotonic() + 60
            while "Q" not in typed and time.monotonic() < until:
                typed = read()
                if typed:
                    print("typed", repr(typed), flush=True)
                time.sleep(0.01)
                if "!" in typed:
                    raise ValueError("a bug")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(7)
"""


@pytest.fixture
def job():
    job = Job(PROGRAM)
    job.pid = int(job.says(r"ready (\d+)")[1])
    yield job
    job.close()


def test_keys_come_at_once_and_unechoed_and_the_terminal_is_as_before(job):
    assert job.is_raw()
    job.types("a")
    assert job.says(r"(?s)^(.*)typed 'a'")[1].strip() == ""
    job.types("\x1b[A;")
    job.says("typed ';'")
    job.types("Q")
    job.says("left with 0")
    assert job.is_as_before()


def test_control_c_interrupts(job):
    job.types("\x03")
    job.says("interrupted")
    job.says("left with 7")
    assert job.is_as_before()


def test_sigterm_gives_the_terminal_back(job):
    os.kill(job.pid, signal.SIGTERM)
    job.says("left with 143")
    assert job.is_as_before()


def test_a_bug_gives_the_terminal_back(job):
    job.types("!")
    job.says("left with 1")
    assert job.is_as_before()


def test_control_z_lends_the_terminal_out_until_the_program_goes_on(job):
    job.types("\x1a")
    job.says("asleep")
    assert job.is_as_before()
    job.types("fg\n")
    job.says("awake")
    assert job.is_raw()
    job.types("s")
    job.says("typed 's'")
    job.types("\x1a")  # and again
    job.says("asleep")
    job.types("fg\n")
    job.says("awake")
    job.types("Q")
    job.says("left with 0")
    assert job.is_as_before()


def test_what_was_typed_and_not_read_does_not_reach_the_shell(job):
    job.types("Qrm -r *")
    job.says("left with 0")
    assert select.select([job.slave], [], [], 0)[0] == []
