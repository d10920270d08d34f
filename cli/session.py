"""A live session: opens what `musegan play` needs, keeps house while the engine plays, and closes it.

However a session ends (by itself, by E or Q, by Ctrl-C, by SIGTERM, by a bug), every note is ended, and
a recording that was asked for is whole.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from musegan.errors import ConfigError, MissingExtra, PortError, UsageError
from musegan.files import write_whole
from musegan.live.accompanist import Wanted
from musegan.live.computerkeys import ComputerKeys
from musegan.live.conductor import CHANNELS, PLAYER, Conductor, Setup
from musegan.live.controls import Control
from musegan.live.engine import Engine
from musegan.live.events import Output
from musegan.live.priority import HOUSE, become_real_time
from musegan.live.recording import Recording
from musegan.live.script import Script, read_script
from musegan.live.status import Status
from musegan.live.worker import Improvise, Worker
from musegan.music.arrangement import no_notes
from musegan.music.band import PARTS, ROLES
from musegan.music.cue import Answer, Cue
from musegan.music.melody import top_line
from musegan.music.metre import Metre, parse_metre
from musegan.pretrained import FOLDER, find_model, read_config

from .main import INTERRUPTED
from .stage import Stage
from .terminal import raw_keys

if TYPE_CHECKING:
    from musegan.accompanying import Improviser

HOUSE_SECONDS = 0.05  # between two looks at keys and screen
WATCH_SECONDS = 0.2  # between two looks at ports, device and generator
PROCESS_START = time.perf_counter()  # as near as we can tell, where the system does not
LAST_SOUND_SECONDS = 1.5  # for built-in sound to die away
BEGIN_SECONDS = 4.0  # from the start of the process until time begins, with a generator or without
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WARM_UPS = 3  # cues that are answered before the first that counts
SWITCH_SECONDS = 0.0005  # that another thread of ours may keep the engine waiting
TITLES = {PLAYER: ("Melody", 0)} | {CHANNELS[r]: (PARTS[r].title, PARTS[r].program) for r in ROLES}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    input_port: str | None
    output_port: str
    melody: Path | None
    melody_track: str | None
    model: str | None
    style: str | None
    tracks: tuple[str, ...]
    tempo: float | None
    tap: bool
    clock: str | None
    send_clock: bool
    metre: str | None
    count_in: int
    metronome: bool
    thru: bool | None
    record: Path | None
    wav: Path | None
    bars: int | None
    stats: Path | None
    seed: int
    temperature: float
    device: str | None
    buffer_ms: int | None
    soundfont: Path | None
    overwrite: bool


class Nowhere:
    """An output that nobody hears."""

    name = "none"
    lead_seconds = 0.0

    def send(self, message: bytes, due: float | None = None) -> None:
        """Let it be."""

    def close(self) -> None:
        """Nothing to let go."""


def run(request: Request) -> int:
    """Play until the music ends; returns the exit code."""
    check(request)
    metre = parse_metre(request.metre) if request.metre else None
    script = None
    if request.melody is not None:
        script = read_script(request.melody, request.melody_track, metre)
        metre = script.metre
    setup, model = planned(request, metre or Metre(), script)
    with ExitStack() as stack:
        stack.enter_context(terminated_as_interrupted())
        os.environ |= ONE_THREAD  # read when the generator's process loads its libraries
        worker = Worker(partial(open_improviser, str(model)))
        stack.callback(worker.close)
        worker.launch()
        session = Session(request, setup, script, worker, stack)
        worker.wait(BEGIN_SECONDS - (time.perf_counter() - process_start()))
        return session.play()


def check(request: Request) -> None:
    """Refuse what cannot be before anything is opened."""
    for path in (request.record, request.wav, request.stats):
        if path is None:
            continue
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: its folder does not exist")
        if path.exists() and not request.overwrite:
            raise UsageError(f"{path} is there already; --overwrite replaces it")
    chosen = [name for name, is_set in (("--tempo", request.tempo is not None), ("--tap", request.tap), ("--clock", request.clock is not None)) if is_set]  # fmt: skip
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} both say where the tempo comes from; give one")
    if request.melody is not None and (request.tap or request.clock):
        raise UsageError(f"{chosen[0]} needs somebody who plays; leave --melody or it out")
    if request.melody is not None and not request.melody.is_file():
        raise UsageError(f"--melody {request.melody}: no such file")
    if request.clock and request.input_port == "keys":
        raise UsageError("--clock midi needs a MIDI input; the computer's keys send no clock")


def planned(request: Request, metre: Metre, script: Script | None) -> tuple[Setup, Path]:
    """How the session goes, and the weights of its band."""
    usual = "live" if (FOLDER / "live.safetensors").is_file() else "band"
    model = find_model(request.model or usual)
    styles = tuple(read_config(model).get("data", {}).get("styles", ()))
    if request.style is not None and request.style not in styles:
        raise ConfigError(f"no style {request.style!r}; this model knows {', '.join(styles)}")
    qpm = 120.0 * metre.beat_quarters if script is None else script.qpm
    if request.tempo is not None:
        qpm = min(max(request.tempo * metre.beat_quarters, 20.0), 400.0)
    thru = request.output_port == "sound" if request.thru is None else request.thru
    wanted = Wanted(
        roles=tuple(role for role in ROLES if role.value in request.tracks),
        style=request.style or (styles[0] if styles else None),
        temperature=request.temperature,
        seed=request.seed,
    )
    setup = Setup(
        metre=metre,
        qpm=qpm,
        tempo_source="tap" if request.tap else "midi" if request.clock else "fixed",
        count_in=request.count_in,
        metronome=request.metronome,
        thru=thru,
        send_clock=request.send_clock,
        styles=styles,
        bars=request.bars,
        wanted=wanted,
    )
    return setup, model


def open_improviser(model: str) -> Improvise:
    """Load the model in the worker's process, and write a bar so that the first is not slow."""
    import torch

    from musegan.accompanying import Improviser

    torch.set_num_threads(1)
    follower = Follower(Improviser(Path(model)))
    places = Metre().places(0, 16)
    places[:, 0] -= places[8, 0]
    for _ in range(WARM_UPS):
        cue = Cue(no_notes(), {}, places, ROLES, 8)
        follower.rest(cue, follower(cue))
    return follower


class Follower:
    """An improviser that follows a keyboard: of chords the top line is the melody."""

    def __init__(self, improviser: "Improviser") -> None:
        self.improviser = improviser

    def __call__(self, cue: Cue) -> Answer:
        """Answer a cue."""
        return self.improviser.answer(replace(cue, melody=top_line(cue.melody)))

    def rest(self, cue: Cue, answer: Answer) -> None:
        """Get ready for the next."""
        self.improviser.remember(replace(cue, melody=top_line(cue.melody)), answer)


class Session:
    """What is open while a session lasts."""

    def __init__(
        self,
        request: Request,
        setup: Setup,
        script: Script | None,
        worker: Worker,
        stack: ExitStack,
    ) -> None:
        self.request, self.setup, self.worker = request, setup, worker
        self.began = time.perf_counter()
        self.notices: list[str] = list(script.notices) if script else []
        self.reconnects_of: list[Callable[[], int]] = []
        self.polls: list[Callable[[], list[str]]] = []
        self.stack = stack
        self.cpu = Processor()
        self._told_priority = self._speaker_lost = False
        self._speaker_restarts = 0
        self._input_connected: Callable[[], bool] = lambda: True
        self._output_connected: Callable[[], bool] = lambda: True
        renders = request.wav is not None and request.output_port != "sound"
        self.recording = Recording(setup.metre, TITLES) if request.record or renders else None
        self.speaker: Any = None
        self.engine: Engine
        self.output = self._open_output()
        self.conductor = Conductor(
            setup,
            worker,
            self.output,
            recording=self.recording,
            script=script.messages if script else (),
        )
        self.engine = Engine(self.conductor)
        self.keys_play = False
        self.input_name = self._open_input()

    # Opening

    def _open_output(self) -> Output:
        wanted = self.request.output_port
        if wanted == "none":
            return Nowhere()
        if wanted == "sound":
            from musegan.audio.speaker import BUFFER_MS, Speaker

            speaker = Speaker(
                self.request.soundfont,
                device=self.request.device,
                buffer_ms=self.request.buffer_ms or BUFFER_MS,
            )
            self.stack.callback(speaker.close)
            if self.request.wav is not None:
                speaker.record(self.request.wav)
            try:
                speaker.start()
            except PortError as error:
                raise PortError(
                    f"{error}; or --output PORT, or --output none with --wav"
                ) from error
            self.speaker = speaker
            self.polls.append(self._watch_speaker)
            self._output_connected = lambda: speaker.alive
            return speaker
        from musegan.live.ports import OutputPort

        port = OutputPort(wanted, on_open=lambda: self.engine.call(self._set_sounds))
        self.stack.callback(port.close)
        self.polls.append(port.poll)
        self._output_connected = lambda: port.connected
        self.reconnects_of.append(lambda: port.reconnects)
        return port

    def _open_input(self) -> str:
        wanted = self.request.input_port
        if self.request.melody is not None and wanted is None:
            return f"{self.request.melody.name}"
        if wanted == "keys":
            if not sys.stdin.isatty():
                raise PortError(
                    "the computer's keys play in a terminal only; give --melody FILE.mid"
                )
            self.keys_play = True
            return "the computer's keys"
        from musegan.live.ports import InputPort

        try:
            port = InputPort(
                wanted or "all", self.engine.hear, timing=self.request.clock is not None
            )
        except (PortError, MissingExtra) as error:
            if wanted is not None or self.request.clock or not sys.stdin.isatty():
                raise
            self.notices.append(f"no MIDI keyboard: the computer's keys play ({error})")
            self.keys_play = True
            return "the computer's keys"
        self.stack.callback(port.close)
        self.reconnects_of.append(lambda: port.reconnects)

        def poll() -> list[str]:
            lines = port.poll()
            if lines and not port.connected:
                self.engine.call(self.conductor.keyboard_lost)
            return lines

        self.polls.append(poll)
        self._input_connected = lambda: port.connected
        return port.name

    # Playing

    def play(self) -> int:
        """Run the engine and keep house; returns the exit code."""
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.collect()
        gc.freeze()  # what is here stays; later collections are short
        stage = self.stack.enter_context(Stage(self.setup.metre))
        reader = self.stack.enter_context(raw_keys(stage.again, self._hush))
        code = 0
        become_real_time(HOUSE)  # or the engine would wait for whoever keeps this thread waiting
        self.engine.start()
        try:
            self._keep_house(stage, reader)
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            self.engine.stop()
            self._tell(stage)
        if self.speaker is not None and not code:
            time.sleep(LAST_SOUND_SECONDS)
        stage.close()
        self._finish()
        if self.engine.failure is not None:
            raise self.engine.failure
        return code

    def _keep_house(self, stage: Stage, reader: Callable[[], str]) -> None:
        """Look after keys, screen, ports, device and generator until the engine has finished."""
        computer_keys = ComputerKeys()
        watched = 0.0
        while not self.engine.finished.wait(HOUSE_SECONDS):
            now = time.perf_counter()
            for pressed in reader():
                for made in computer_keys.press(pressed, now):
                    if isinstance(made, Control):
                        self._control(made, stage)
                    elif self.keys_play:
                        self.engine.hear(made, now)
            for message in computer_keys.due(now):
                if self.keys_play:
                    self.engine.hear(message, now)
            if now - watched >= WATCH_SECONDS:
                watched = now
                self._watch()
            self._tell(stage)
            stage.show(self._status(now))

    def _control(self, control: Control, stage: Stage) -> None:
        if control.kind == "help":
            stage.toggle_help()
        else:
            self.engine.control(control)

    def _status(self, now: float) -> Status:
        """What there is to see; figures that the engine changes meanwhile may differ by a moment."""
        conductor, metre = self.conductor, self.setup.metre
        accompanist, wanted = conductor.accompanist, conductor.wanted
        here = conductor.position(now)
        return Status(
            bar=1 if here is None else max(metre.bar_at(here), -self.setup.count_in) + 1,
            beat=0 if here is None else metre.beat_at(here) + 1,
            qpm=self.setup.qpm if conductor.transport is None else conductor.transport.qpm,
            style=wanted.style or "",
            temperature=wanted.temperature,
            key=accompanist.key_name,
            plan=self._plan(here),
            playing=accompanist.playing,
            muted=tuple(r for r in self.setup.wanted.roles if r not in wanted.roles),
            melody=conductor.keyboard.held,
            band={role: conductor.sounding(role) for role in ROLES},
            late_bars=len(accompanist.late_bars),
            lateness_p99_ms=conductor.lateness.percentile(99),
            generation_p50_ms=self.worker.generation.percentile(50),
            cpu_percent=self.cpu.percent(now),
            input=self.input_name,
            output=self.output.name,
            input_connected=self._input_connected(),
            output_connected=self._output_connected(),
        )

    def _plan(self, here: float | None) -> str:
        """What the band does, in the words of the stage."""
        if here is None:
            return {"tap": "tap the tempo", "midi": "waiting for the clock"}.get(
                self.setup.tempo_source, "starting"
            )
        if here < 0:
            return "count-in"
        return (
            "holding the last harmony"
            if self.conductor.accompanist.holding
            else self.conductor.accompanist.plan
        )

    def _watch(self) -> None:
        if self.worker.alive or self.worker.restarts or self.worker.wait(0):
            self.worker.watch()
        for poll in self.polls:
            self.notices += poll()

    def _watch_speaker(self) -> list[str]:
        """Open the sound device again where it has gone."""
        if self.speaker.alive:
            self._speaker_lost = False
            return []
        lines = [] if self._speaker_lost else ["the sound device is gone; the band goes on unheard"]
        self._speaker_lost = not self.speaker.restart()
        if not self._speaker_lost:
            self._speaker_restarts += 1
            lines.append("the sound device is back")
        return lines

    def _hush(self) -> None:
        """Let nothing sound on while the program is put to sleep."""
        done = threading.Event()

        def hush(now: float) -> None:
            self.conductor.hush(now)
            done.set()

        self.engine.call(hush)
        done.wait(0.2)

    def _set_sounds(self, now: float) -> None:
        self.conductor.set_sounds()

    def _tell(self, stage: Stage) -> None:
        """Pass on what the player should know."""
        if self.engine.priority_problem and not self._told_priority:
            self._told_priority = True
            self.notices.append(self.engine.priority_problem)
        told = [*self.notices, *self.conductor.notices, *self.worker.notices]
        self.notices.clear()
        self.conductor.notices.clear()
        self.worker.notices.clear()
        for line in told:
            stage.notice(line)

    # Ending

    def _finish(self) -> None:
        """Write what was asked for."""
        request = self.request
        if self.recording is not None:
            midi = self.recording.midi()
            if request.record is not None:
                write_whole(request.record, midi)
                click.echo(f"written: {request.record}")
            if request.wav is not None and self.speaker is None:
                from musegan.audio.soundfont import render
                from musegan.audio.synthesizer import SYNTH_RATE
                from musegan.audio.waveform import write_wav

                title = request.wav.stem
                write_wav(request.wav, render(midi, request.soundfont), SYNTH_RATE, title=title, comment="made by musegan play")  # fmt: skip
                click.echo(f"written: {request.wav}")
        if self.speaker is not None:
            self.speaker.close()
            if request.wav is not None:
                click.echo(f"written: {request.wav}")
        if request.stats is not None:
            write_whole(request.stats, (json.dumps(self.statistics(), indent=2) + "\n").encode())

    def statistics(self) -> dict[str, Any]:
        """How the session went."""
        accompanist = self.conductor.accompanist
        figures: dict[str, Any] = {
            "bars": accompanist.bars_played,
            "late_bars": len(accompanist.late_bars),
            "cells": accompanist.decided_cells,
            "late_cells": accompanist.late_cells,
            "generation_ms": self.worker.generation.as_json(),
            "lateness_ms": self.conductor.lateness.as_json(),
            "thru_ms": self.conductor.thru_delay.as_json(),
            "realtime_priority": not self.engine.priority_problem,
            "notes_left_on": self.conductor.notes_on,
            "reconnects": sum(count() for count in self.reconnects_of) + self._speaker_restarts,
            "generator_restarts": self.worker.restarts,
            "first_click_seconds": self._first_click_seconds(),
            "seconds": round(time.perf_counter() - self.began, 3),
            "input": self.input_name,
            "output": self.output.name,
        }
        if self.speaker is not None:
            counts = self.speaker.counts
            figures["sound"] = {"underruns": counts.underruns, "late_events": counts.late_events}
        return figures

    def _first_click_seconds(self) -> float | None:
        """From the start of the process to the first click; None where nothing clicked."""
        clicked = self.conductor.first_sent
        return None if clicked is None else round(clicked - process_start(), 3)


class Processor:
    """How busy this process and its generator keep a processor."""

    def __init__(self) -> None:
        self._last = (time.perf_counter(), self._spent())
        self._percent = 0.0

    def percent(self, now: float) -> float:
        """Percent of one processor over the last second or so."""
        since, spent = self._last
        if now - since > 1:
            self._percent = 100 * (self._spent() - spent) / (now - since)
            self._last = now, self._spent()
        return self._percent

    @staticmethod
    def _spent() -> float:
        return time.process_time()


def process_start() -> float:
    """When this process began, on the monotonic clock; where the system tells, else now."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        boot = time.clock_gettime(time.CLOCK_BOOTTIME) - time.perf_counter()
        return ticks - boot
    except (OSError, ValueError, IndexError, AttributeError):
        return PROCESS_START


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end a session as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    usual = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in usual.items():
            signal.signal(getattr(signal, name), handler)
