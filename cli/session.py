"""A live session: opens what `musegan play` needs, keeps house while the engine plays, and closes it.

However a session ends (by itself, by E or Q, by Ctrl-C, by SIGTERM, by a bug), every note is ended, and
a recording that was asked for is whole.
"""

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import click

from musegan import __version__
from musegan.errors import MissingExtra, MuseganError, PortError
from musegan.files import write_whole
from musegan.live.computerkeys import ComputerKeys
from musegan.live.conductor import Conductor
from musegan.live.controls import Control
from musegan.live.engine import Engine
from musegan.live.events import Nowhere, Output
from musegan.live.lineup import TITLES
from musegan.live.priority import HOUSE, become_real_time
from musegan.live.recording import Recording
from musegan.live.script import Script, read_script
from musegan.live.servant import Servant
from musegan.live.setup import Setup
from musegan.live.status import Status
from musegan.live.worker import Worker
from musegan.music.band import ROLES
from musegan.music.metre import Metre, parse_metre

from .ahead import Ahead, ahead_of
from .follower import ONE_THREAD, open_improviser
from .main import INTERRUPTED
from .playback import write_playback
from .processor import Processor, process_start
from .request import Request, check, planned
from .results import kit_of
from .signals import terminated_as_interrupted, uninterrupted
from .stage import Stage
from .terminal import raw_keys

HOUSE_SECONDS = 0.05  # between two looks at keys and screen
WATCH_SECONDS = 0.2  # between two looks at ports, device and generator
LAST_SOUND_SECONDS = 1.5  # for built-in sound to die away
BEGIN_SECONDS = 4.0  # from the start of the process until time begins, with a generator or without
SWITCH_SECONDS = 0.0005  # that another thread of ours may keep the engine waiting


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
        ahead = ahead_of(request, stack)
        session = Session(request, setup, script, worker, ahead, stack)
        if not worker.wait(BEGIN_SECONDS - (time.perf_counter() - process_start())):
            session.notices.append("the band is still being loaded; it plays once it is there")
        if ahead is not None:
            session.notices += ahead.wait(BEGIN_SECONDS - (time.perf_counter() - process_start()))
        return session.play()


class Session:
    """What is open while a session lasts."""

    def __init__(
        self,
        request: Request,
        setup: Setup,
        script: Script | None,
        worker: Worker,
        ahead: Ahead | None,
        stack: ExitStack,
    ) -> None:
        self.request, self.setup, self.worker, self.ahead = request, setup, worker, ahead
        self.servants: list[Servant] = [worker] if ahead is None else [worker, ahead.renderer]
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
        self.kit = kit_of(request.drums)
        self.output = self._open_output()
        self.conductor = Conductor(
            setup,
            worker,
            self.output,
            recording=self.recording,
            script=script.messages if script else (),
            tell=None if ahead is None else ahead.renderer.foresee,
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
                kit=self.kit,
                ahead=None if self.ahead is None else self.ahead.parts,
                device=self.request.device,
                buffer_ms=self.request.buffer_ms or BUFFER_MS,
            )
            self.stack.callback(speaker.close)
            if self.request.wav is not None:
                made = self.request.instruments.made_by()
                comment = f"made by musegan {__version__}, play, seed {self.request.seed}{made}"
                speaker.record(self.request.wav, comment)
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
                wanted or "all",
                self.engine.hear,
                timing=self.request.clock is not None,
                on_lost=lambda: self.engine.call(self.conductor.keyboard_lost),
            )
        except (PortError, MissingExtra) as error:
            if wanted is not None or self.request.clock or not sys.stdin.isatty():
                raise
            self.notices.append(f"no MIDI keyboard: the computer's keys play ({error})")
            self.keys_play = True
            return "the computer's keys"
        self.stack.callback(port.close)
        self.reconnects_of.append(lambda: port.reconnects)

        self.polls.append(port.poll)
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
        become_real_time(HOUSE)  # or the engine would wait for whoever keeps this thread waiting
        self.engine.start()
        code = 0
        try:
            self._keep_house(stage, reader)
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            with uninterrupted():
                self.engine.stop()
                self._tell(stage)
                stage.close()
                self._keep()
        if self.engine.failure is not None:
            failure = self.engine.failure
            raise MuseganError(f"internal error, please report it: {failure!r}") from failure
        if self.speaker is not None and not code:
            time.sleep(LAST_SOUND_SECONDS)
        self._write_sound()
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
            muted=tuple(r for r in conductor.mixer.roles if r not in wanted.roles),
            melody=conductor.keyboard.held,
            band={role: conductor.sounding(role) for role in ROLES},
            late_bars=len(accompanist.late_bars),
            lateness_p99_ms=conductor.lateness.percentile(99),
            generation_p50_ms=self.worker.generation.percentile(50),
            late_notes=None if self.ahead is None else self.ahead.parts.late_notes,
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
        for servant in tuple(self.servants):
            try:
                servant.look_after()
            except MuseganError as error:
                if servant is self.worker:
                    raise
                self.servants.remove(servant)  # no reason to end the music
                self.notices.append(f"{error}; the SoundFont plays on")
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
        told = [servant.notices for servant in self.servants]
        for notices in (self.notices, self.conductor.notices, *told):
            while notices:
                stage.notice(notices.pop(0))

    # Ending

    def _keep(self) -> None:
        """Write what was played, and how it went."""
        request = self.request
        if self.recording is not None and request.record is not None:
            write_whole(request.record, self.recording.midi())
            click.echo(f"written: {request.record}")
        if request.stats is not None:
            write_whole(request.stats, (json.dumps(self.statistics(), indent=2) + "\n").encode())

    def _write_sound(self) -> None:
        """Finish the WAV file of what was heard, or play the recording into it."""
        wav = self.request.wav
        if self.speaker is not None:
            self.speaker.close()
            if wav is not None and self.speaker.recording.error:
                click.echo(f"{wav}: {self.speaker.recording.error}", err=True)
        elif wav is not None and self.recording is not None:
            click.echo(f"playing the recording into {wav}")
            request = self.request
            midi = self.recording.midi()
            write_playback(wav, midi, request.instruments, self.kit, request.seed)
        if wav is not None:
            click.echo(f"written: {wav}")

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
        if self.ahead is not None:
            figures["synth"] = self.ahead.as_json()
        return figures

    def _first_click_seconds(self) -> float | None:
        """From the start of the process to the first click; None where nothing clicked."""
        clicked = self.conductor.first_sent
        return None if clicked is None else round(clicked - process_start(), 3)
