"""A studio without hardware: a private JACK server, and programs of others to play with.

The fixture `jack` of conftest.py gives a running `Rig`, and ends every process that it started,
however the test ends. Programs find the server by the environment, which the fixture sets for the
test's own process too; a musegan that a test starts as a process takes `rig.environment`, or is
started by `rig.start`.

    def test_the_band_is_heard(jack):
        keyboard = jack.sequencer("kbd", 48_000, (0, 60, 24_000))  # loops every second
        band = jack.start(sys.executable, "-m", "musegan_cli.main", "play", "--input", "kbd")
        monitor = jack.monitor("monitor")
        jack.wait_for("musegan-out:musegan")
        jack.connect("musegan-out:musegan", "monitor:input")
        assert eventually(monitor.messages)

Ports: `kbd:out` of a sequencer, `jack-keyboard:midi_out` of a piano, `NAME:input` of a monitor, and
`NAME:midi_00`, `NAME:left` and `NAME:right` of a synthesizer. Frames are samples of 48 kHz.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

import pytest

T = TypeVar("T")

SAMPLE_RATE, PERIOD = 48_000, 128
PACKAGES = (Path(__file__).resolve().parents[2] / ".ci" / "packages.txt").read_text().split()
PIANO_KEYS = {60: "z", 62: "x", 64: "c", 65: "v", 67: "b", 69: "n", 71: "m"}  # of jack-keyboard
NOTES_OFF = 123  # a controller
START_SECONDS, STOP_SECONDS = 10.0, 3.0
QUIET_SECONDS = 0.5  # after which a monitor has written all
TURN_SECONDS = 300.0  # how long to wait for other test runs


class Event(NamedTuple):
    """A message that a monitor saw."""

    frame: int  # of the server's clock, less that of the monitor's start
    message: bytes


def require(*programs: str) -> None:
    """Skip the test where a program is missing, and say what to install."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(
            f"needs {', '.join(missing)}; install with: apt-get install {' '.join(PACKAGES)}"
        )


def eventually(condition: Callable[[], T], seconds: float = 5.0, every: float = 0.02) -> T:
    """Wait until a condition holds, and return what it gave; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s for {getattr(condition, '__name__', condition)}")
        time.sleep(every)
    return value


class Rig:
    """A JACK server with a name of its own, and the processes that were started beside it."""

    def __init__(self, folder: Path) -> None:
        require("jackd", "jack_lsp", "jack_connect", "jack_disconnect")
        self.folder = folder  # for logs and recordings
        self.name, self._lock = _claim_name()
        self.environment = {
            **os.environ,
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_START_SERVER": "1",
        }
        self.realtime = _may_be_realtime()
        self.period = PERIOD  # frames of a cycle
        self._processes: list[subprocess.Popen[bytes]] = []
        self._server: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        """Start the server, the first time or again, and wait until it answers."""
        mode = ["-R", "-P70"] if self.realtime else ["-r"]
        dummy = ["-d", "dummy", "-r", str(SAMPLE_RATE), "-p", str(self.period)]
        self._server = self.start("jackd", "-n", self.name, *mode, *dummy)
        end = time.monotonic() + START_SECONDS
        while self._ask("jack_lsp").returncode:
            if self._server.poll() is not None or time.monotonic() > end:
                pytest.fail(f"jackd does not start: {self.log('jackd')}")
            time.sleep(0.03)

    def kill_server(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server, as a crash does unless told otherwise; its clients stay."""
        assert self._server is not None
        self.stop(self._server, how)

    def start(
        self,
        *command: str,
        log: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a program that ends with the test; it writes to the file `log`, by default NAME.log."""
        require(command[0])
        # Not even a test run that is killed leaves it behind.
        guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with open(self.folder / (log or f"{Path(command[0]).name}.log"), "wb") as file:
            process = subprocess.Popen(
                [*guard, *command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment or self.environment,
            )
        self._processes.append(process)
        return process

    def stop(
        self, process: "subprocess.Popen[bytes]", how: signal.Signals = signal.SIGTERM
    ) -> None:
        """End a program, by force if need be; a program that has ended stays as it is."""
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        if process in self._processes:
            self._processes.remove(process)

    def stop_all(self) -> None:
        """End everything, the server last."""
        for process in reversed(list(self._processes)):
            self.stop(process)
        self._lock.close()

    def log(self, name: str) -> str:
        """What the last program of that name wrote."""
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", "replace").strip() if path.exists() else ""

    def ports(self) -> list[str]:
        """All ports, MIDI and audio."""
        return self._ask("jack_lsp").stdout.decode().split("\n")[:-1]

    def clients(self) -> set[str]:
        """The clients that there are, by their sockets: this asks nothing of the server.

        Programs that list ports are clients themselves. JACK 1.9.21 mixes up the wake-ups of such
        a one and of clients that another process opens just then, several at a time as musegan
        does: one of these then sleeps for ever, and what it sends is never heard.
        """
        sockets = Path("/proc/net/unix").read_text("utf-8", "replace")
        return set(re.findall(r"/jack_(\S+)_\d+_\d+$", sockets, re.MULTILINE))

    def wait_for(self, *ports: str, seconds: float = 5.0) -> None:
        """Wait until there are these ports; a name without a colon is a client's."""
        end = time.monotonic() + seconds
        named = {port for port in ports if ":" in port}
        owners = {port.partition(":")[0].replace("/", "_") for port in ports}
        while missing := (owners - self.clients() or (named and named - set(self.ports()))):
            if time.monotonic() > end:
                logs = {path.name: self.log(path.stem) for path in self.folder.glob("*.log")}
                pytest.fail(f"waited {seconds:g} s for {missing}; logs: {logs}")
            time.sleep(0.02)

    def connect(self, source: str, target: str) -> None:
        """Lay a cable; waits for both ports."""
        self.wait_for(source, target)
        done = self._ask("jack_connect", source, target)
        assert done.returncode == 0, done.stderr.decode()

    def disconnect(self, source: str, target: str) -> None:
        """Pull a cable."""
        done = self._ask("jack_disconnect", source, target)
        assert done.returncode == 0, done.stderr.decode()

    def sequencer(
        self, name: str, loop: int, *notes: tuple[int, int, int]
    ) -> "subprocess.Popen[bytes]":
        """A scripted keyboard: notes (start, pitch, length) in a loop, all in frames; velocity 64."""
        numbers = [str(number) for note in notes for number in note]
        process = self.start("jack_midiseq", name, str(loop), *numbers)
        self.wait_for(f"{name}:out")
        return process

    def piano(self) -> "Piano":
        """A keyboard on a screen that nobody sees; press its keys by `press` and `release`."""
        require("Xvfb", "xdotool", "jack-keyboard")
        return Piano(self)

    def synthesizer(self, name: str, soundfont: Path) -> "subprocess.Popen[bytes]":
        """fluidsynth with a SoundFont, connected to nothing."""
        options = ("-o", f"midi.jack.id={name}", "-o", f"audio.jack.id={name}")
        rate = ("-r", str(SAMPLE_RATE))
        process = self.start(
            "fluidsynth", "-is", "-a", "jack", "-m", "jack", *options, *rate, str(soundfont)
        )
        self.wait_for(f"{name}:midi_00", f"{name}:left", f"{name}:right", seconds=10)
        return process

    def recorder(self, path: Path, seconds: int, *ports: str) -> "subprocess.Popen[bytes]":
        """Record audio ports as a WAV file; wait for the process, which ends by itself."""
        sources = [word for port in ports for word in ("-p", port)]
        return self.start(
            "jack_capture", "-d", str(seconds), "-f", "wav", *sources, "--no-stdin", str(path)
        )

    def monitor(self, name: str, *sources: str) -> "Monitor":
        """Something that writes down every message it gets, with its frame."""
        log = f"{name}.messages"
        process = self.start("jack_midi_dump", "-a", name, log=log)
        for source in sources:
            self.connect(source, f"{name}:input")
        self.wait_for(f"{name}:input")
        return Monitor(process, self.folder / log, lambda: self.missed(name))

    def missed(self, client: str) -> int:
        """How many cycles of the server a client slept through; what it was sent in them is lost."""
        return self.log("jackd").count(f"XRun: client = {client} was not finished")

    def roll(self) -> None:
        """Start JACK's transport, which makes a clock such as jack_midi_clock tick."""
        require("jack_transport")
        subprocess.run(
            "jack_transport", input=b"play\n", capture_output=True, env=self.environment, timeout=10
        )

    def _ask(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(command, capture_output=True, env=self.environment, timeout=10)


class Monitor:
    """What jack_midi_dump has seen so far."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", path: Path, missed: Callable[[], int]
    ) -> None:
        self.process, self._path, self._missed = process, path, missed

    def events(self) -> list[Event]:
        """The messages with their frames, in order."""
        lines = self._path.read_text("utf-8", "replace").split("\n")[:-1]  # the last is unfinished
        return [event for line in lines if (event := parse_dump(line)) is not None]

    def messages(self) -> list[bytes]:
        """The messages, in order."""
        return [event.message for event in self.events()]

    def left_on(self) -> Counter[tuple[int, int]]:
        """The notes that were begun and not ended, by channel and pitch.

        Each must have its own end. Only a monitor that slept through a cycle of the server, and so
        may have lost some, takes "all notes off" for an end as well. On a busy machine it writes down
        late, so it is read when it has written nothing more for a while.
        """
        before = -1
        while (size := self._path.stat().st_size) != before:
            before = size
            time.sleep(QUIET_SECONDS)
        sounding: Counter[tuple[int, int]] = Counter()
        lossy = self._missed() > 0
        for message in self.messages():
            kind, channel = message[0] & 0xF0, message[0] & 0x0F
            if kind == 0x90 and message[2]:
                sounding[channel, message[1]] += 1
            elif kind in (0x80, 0x90):
                sounding.pop((channel, message[1]), None)
            elif lossy and kind == 0xB0 and message[1] == NOTES_OFF:
                sounding = Counter({key: n for key, n in sounding.items() if key[0] != channel})
        return sounding


def parse_dump(line: str) -> Event | None:
    """Read a line of jack_midi_dump: `  18592: 80 3f 40 note off (channel  0): ...`."""
    frame, colon, rest = line.partition(":")
    if not colon or not frame.strip().isdecimal():
        return None
    data = []
    for word in rest.split():
        if len(word) != 2 or not all(letter in "0123456789abcdef" for letter in word):
            break
        data.append(int(word, 16))
    return Event(int(frame), bytes(data))


class Piano:
    """jack-keyboard under Xvfb, played by xdotool. Its MIDI port is `jack-keyboard:midi_out`."""

    PORT = "jack-keyboard:midi_out"

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        number = rig.folder / "display"
        number.write_text("")
        screen = rig.start(
            "sh", "-c", 'exec Xvfb -displayfd 3 -screen 0 640x480x8 3>"$0"', str(number),
            log="Xvfb.log",
        )  # fmt: skip
        eventually(lambda: number.read_text().endswith("\n"), 10)
        self._environment = {**rig.environment, "DISPLAY": f":{number.read_text().strip()}"}
        keys = rig.start("jack-keyboard", environment=self._environment)
        self._processes = [keys, screen]
        rig.wait_for(self.PORT, seconds=10)
        find = ("search", "--sync", "--onlyvisible", "--class", "jack-keyboard")
        self._do(*find, "windowfocus", "--sync")

    def press(self, pitch: int) -> None:
        """Press the key of a pitch, one of PIANO_KEYS."""
        self._do("keydown", PIANO_KEYS[pitch])

    def release(self, pitch: int) -> None:
        """Let the key go."""
        self._do("keyup", PIANO_KEYS[pitch])

    def close(self) -> None:
        """Leave, as if the cable were pulled."""
        for process in self._processes:
            self._rig.stop(process)

    def _do(self, *command: str) -> None:
        subprocess.run(
            ["xdotool", *command],
            check=True,
            capture_output=True,
            env=self._environment,
            timeout=10,
        )


def _claim_name() -> tuple[str, IO[bytes]]:
    """A server's name, and the lock that keeps it ours while it is open.

    Test runs take turns: JACK mixes up clients of one name at two servers, and of the eight servers
    that it knows at most, one that was killed counts until another has its name.
    """
    name = f"musegan-test-{os.getuid()}"
    lock = open(Path(tempfile.gettempdir()) / f"{name}.lock", "wb")  # noqa: SIM115
    end = time.monotonic() + TURN_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return name, lock
        except OSError:
            if time.monotonic() > end:
                lock.close()
                pytest.fail(f"another test run has had JACK for {TURN_SECONDS:g} s: {lock.name}")
        time.sleep(0.05)


def _may_be_realtime() -> bool:
    command: Sequence[str] = ("chrt", "-f", "70", "true")
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0
