"""Built-in sound: the live synthesizer on a sound device, as an output like any MIDI port.

A message that is due sounds the device's own delay after its time; one without a due time after
that and at most one block. The device's thread renders; nobody else waits for it.
"""

import math
import os
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegan.audio.ahead import AheadParts
from musegan.audio.kit import Kit
from musegan.audio.livesynth import BEND, CONTROL, LIVE_RATE, MOST_FRAMES, PROGRAM, LiveSynth
from musegan.audio.recording import Recording
from musegan.errors import ConfigError, MissingExtra, PortError

BUFFER_MS = 3  # of sound in one block
PERIODS = 3  # blocks that the device holds: two of them are the time that a late block has
LEAST_MS, MOST_MS = 1, 100
SLACK_SECONDS = 0.03  # for devices that ask for several blocks at once, and for late threads
MOST_AHEAD_SECONDS = 0.2  # of sound that any device holds
STALLED_SECONDS = 1.0  # without a call: the device is dead
LINUX = ("JACK", "PULSEAUDIO", "ALSA")  # in this order; elsewhere there is one way only
NOWHERE = "Discard all samples"  # how ALSA's device that plays nothing begins its name

_stderr = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class SoundCounts:
    """How playing went so far."""

    blocks: int
    late_events: int  # messages that came after their moment, and sounded at once
    underruns: int  # blocks that were ready too late to be heard in time, as far as we can tell
    mean_render_seconds: float  # of a block
    worst_render_seconds: float


class Speaker:
    """The synthesizer and its device; `musegan.live.events.Output` is what it offers."""

    def __init__(
        self,
        soundfont: Path | None = None,
        *,
        kit: Kit | None = None,
        ahead: AheadParts | None = None,
        device: str | None = None,
        buffer_ms: int = BUFFER_MS,
        backends: Sequence[Any] | None = None,
    ) -> None:
        """Load the SoundFont; the device is opened by `start`. A kit plays the drums that it has,
        and somebody else renders the parts that are `ahead`.

        `device` is a part of a device's name, None for the system's choice; `backends` are
        miniaudio's, tried in turn.

        Raises ConfigError, FormatError (the SoundFont), or MissingExtra.
        """
        if not LEAST_MS <= buffer_ms <= MOST_MS:
            raise ConfigError(f"a buffer of {buffer_ms} ms; {LEAST_MS} to {MOST_MS} are possible")
        self.name = "built-in sound"
        self.lead_seconds = 4 * buffer_ms / 1000 + SLACK_SECONDS
        self._miniaudio = _miniaudio()
        self._synth = LiveSynth(soundfont, kit, ahead)
        self._wanted, self._buffer_ms = device, buffer_ms
        self._backends = _usual_backends(self._miniaudio) if backends is None else list(backends)
        self._device: Any = None
        self._recording: Recording | None = None
        self._missed: dict[bytes, bytes] = {}  # settings that came while the device was dead
        self._running = False
        self._called = 0.0  # when the last block was wanted
        self._blocks = self._underruns = 0
        self._rendering = self._worst_render = 0.0

    @property
    def alive(self) -> bool:
        """Whether the device asks for sound.  Thread: any."""
        return self._running and time.perf_counter() - self._called < STALLED_SECONDS

    @property
    def counts(self) -> SoundCounts:
        """How playing went so far.  Thread: any."""
        return SoundCounts(
            blocks=self._blocks,
            late_events=self._synth.late_events,
            underruns=self._underruns,
            mean_render_seconds=self._rendering / max(1, self._blocks),
            worst_render_seconds=self._worst_render,
        )

    @property
    def recording(self) -> Recording | None:
        """What `record` began.  Thread: any."""
        return self._recording

    def start(self) -> None:
        """Open the device and begin to play. Raises PortError.  Thread: any, once."""
        self._open()

    def restart(self) -> bool:
        """Open the device again after it died; whether it plays.  Thread: any but the driver's.

        Programs and volumes are as they should be by now; what sounded before does not come back.
        """
        self._release()
        self._synth.silence()
        try:
            self._open()
        except PortError:
            return False
        return True

    def record(self, path: Path, comment: str = "") -> None:
        """Write what is heard from now on to a WAV file, there when `close` was called.

        `comment` says what made it. Raises OSError where no file can be written.  Thread: any, once.
        """
        self._recording = Recording(path, LIVE_RATE, comment=comment)

    def send(self, message: bytes, due: float | None = None) -> None:
        """Take a message that is to sound at `due`; None: at once. Never blocks.  Thread: any.

        Should be called `lead_seconds` before it is due; what comes too late sounds at once and is
        counted. Where the device is gone notes are lost, without an exception.
        """
        if self.alive:
            self._synth.send(message, due)
        elif message and (kind := message[0] & 0xF0) in (CONTROL, PROGRAM, BEND):
            key = message[:2] if kind == CONTROL else message[:1]
            self._missed.pop(key, None)  # the latest goes last
            self._missed[key] = message

    def close(self) -> None:
        """Let the device go and finish the recording. A second call does nothing.

        Raises OSError if the recording cannot be put in its place.  Thread: any but the driver's.
        """
        self._release()
        if self._recording is not None:
            self._recording.close()

    def _open(self) -> None:
        """Open the device by the first way that works."""
        with _quiet():
            self._device, self.name = _open(
                self._miniaudio, self._backends, self._wanted, self._buffer_ms
            )
        play = self._play()
        next(play)
        self._device.stop_callback = self._stopped
        self._called = time.perf_counter()
        self._running = True
        missed, self._missed = self._missed, {}
        for message in missed.values():
            self._synth.send(message)
        try:
            self._device.start(play)
        except self._miniaudio.MiniaudioError as error:
            self._release()
            raise PortError(f"{self.name} does not start: {error}; close what uses it") from error

    def _release(self) -> None:
        self._running = False
        device, self._device = self._device, None
        if device is not None:
            _let_go(self._miniaudio, device)

    def _stopped(self) -> None:
        """The device stopped by itself, or because we let it go.  Thread: driver."""
        self._running = False

    def _play(self) -> Generator[Any, int, None]:
        """Answer every number of frames with that much sound.  Thread: driver."""
        buffered = PERIODS * self._buffer_ms / 1000
        frames = yield None
        ahead = math.inf  # seconds of sound that were handed out and not yet played, if all is well
        while True:
            now = time.perf_counter()
            ahead = min(ahead, MOST_AHEAD_SECONDS) - (now - self._called)
            self._underruns += ahead < -buffered
            ahead = max(0.0, ahead) + frames / LIVE_RATE
            self._called = now
            block = self._synth.render(min(frames, MOST_FRAMES), now)
            if self._recording is not None:
                self._recording.append(block)
            spent = time.perf_counter() - now
            self._rendering += spent
            self._worst_render = max(self._worst_render, spent)
            self._blocks += 1
            frames = yield block


def devices(backends: Sequence[Any] | None = None) -> list[str]:
    """The names of the sound devices that there are. Raises MissingExtra."""
    library = _miniaudio()
    ways = _usual_backends(library) if backends is None else list(backends)
    with _quiet():
        names = [name for way in ways for name, _ in _present(library, way)]
    return list(dict.fromkeys(names))


def _open(library: Any, ways: list[Any], wanted: str | None, buffer_ms: int) -> tuple[Any, str]:
    """An open device that does not play yet, and what to call it."""
    reasons = []
    for way in ways:
        identity, name = None, None
        if wanted is not None:
            found = [d for d in _present(library, way) if wanted.casefold() in d[0].casefold()]
            if not found:
                continue
            name, identity = next((d for d in found if d[0] == wanted), found[0])
        device = library.PlaybackDevice.__new__(library.PlaybackDevice)
        try:
            device.__init__(
                output_format=library.SampleFormat.FLOAT32,
                nchannels=2,
                sample_rate=LIVE_RATE,
                buffersize_msec=buffer_ms,
                callback_periods=PERIODS,
                device_id=identity,
                backends=None if way is None else [way],
                app_name="musegan",
            )
        except library.MiniaudioError as error:
            _let_go(library, device)
            reasons.append(str(error.args[0] if error.args else error))
            continue
        return device, f"built-in sound ({name or device.backend})"
    present = ", ".join(name for way in ways for name, _ in _present(library, way)) or "none"
    what = "no sound device can be opened" if wanted is None else f"no sound device {wanted!r}"
    why = f" ({reasons[-1]})" if reasons and wanted is not None else ""
    raise PortError(f"{what}{why}; present: {present}. Plug one in, name another, or use a port")


def _let_go(library: Any, device: Any) -> None:
    """Close a device, opened or not, and the context that miniaudio's own close leaves open."""
    context = device.__dict__.pop("_context", None)
    device.close()
    if context is not None:
        library.lib.ma_context_uninit(context)


def _present(library: Any, way: Any) -> list[tuple[str, Any]]:
    """Name and identity of the devices of one backend."""
    with suppress(library.MiniaudioError):
        found = library.Devices(None if way is None else [way]).get_playbacks()
        return [(d["name"], d["id"]) for d in found if not d["name"].startswith(NOWHERE)]
    return []


def _usual_backends(library: Any) -> list[Any]:
    if sys.platform != "linux":
        return [None]  # miniaudio's choice
    return [library.Backend[name] for name in LINUX]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the system's sound libraries write about absent devices off the terminal."""
    if sys.platform != "linux":
        yield
        return
    with _stderr:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def _miniaudio() -> Any:
    try:
        import miniaudio
    except ImportError as error:
        raise MissingExtra(
            "built-in sound needs miniaudio; install it with: pip install miniaudio"
        ) from error
    return miniaudio
