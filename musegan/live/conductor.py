"""The conductor: the whole of a live session but for its threads, ports and clock.

`turn(now)` is to be called at `next_turn()` at the latest, and whenever something was heard. It hears
the keyboard, lets the accompanist decide, and sends what is due. Seconds are the monotonic clock's,
positions are quarter notes from the first downbeat.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from musegan.live.accompanist import Accompanist, Generator
from musegan.live.controls import Control, control_of_message
from musegan.live.events import CONTROL, NOTE_ON, PEDAL, START, STOP, SYSTEM, Output, is_note_on
from musegan.live.foresight import Foresight, Tell
from musegan.live.keyboard import Keyboard
from musegan.live.lineup import CHANNELS, PLAYER, settings
from musegan.live.metronome import Metronome
from musegan.live.mixer import Mixer
from musegan.live.parts import NoteEvent
from musegan.live.recording import Recording
from musegan.live.scheduler import Scheduler, Sounding, silence
from musegan.live.setup import Setup
from musegan.live.statistics import Distribution
from musegan.live.tempo import ClockFollower, TapTempo, clock_messages
from musegan.live.transport import Transport, within_limits
from musegan.live.wanted import Wanted
from musegan.music.band import DRUM_CHANNEL, ROLES, Role

START_SECONDS = 0.1  # from the start to the first click, so that it is not late
ASLEEP_SECONDS = 2.0  # between two turns: the program was put to sleep, and time stood still
BEFORE = -1e6  # the position of what was played before time began


class Conductor:
    """A session. Not locked: one thread at a time, the engine's."""

    def __init__(
        self,
        setup: Setup,
        generator: Generator,
        output: Output,
        *,
        recording: Recording | None = None,
        script: Iterable[tuple[float, bytes]] = (),
        tell: Tell | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`script` is played in as if by a keyboard: messages by position. `clock` times sending.

        `tell` gets what the band is known to play, whenever that changes; see `Foresight`.
        """
        self.setup, self.output, self.clock = setup, output, clock
        self.recording = recording
        self.keyboard = Keyboard()
        self.transport: Transport | None = None  # None: time has not begun, or stands still
        self.metronome = Metronome(setup.metre, setup.count_in, on=setup.metronome)
        self.taps = TapTempo()
        self.follower = ClockFollower() if setup.tempo_source == "midi" else None
        self.lateness, self.thru_delay = Distribution(), Distribution()
        self.notices: list[str] = []
        self.mixer = Mixer(setup.wanted.roles)
        self._scheduler, self._sounding = Scheduler(), Sounding()
        self._script = Scheduler()
        for quarter, message in script:
            self._script.push(quarter, message)
        self._scripted = len(self._script) > 0
        self._foresight = None if tell is None else Foresight(CHANNELS.values(), tell)
        self._next_tick = 0.0  # position of the next clock tick that was not scheduled yet
        self.first_sent: float | None = None  # when the first note went out, in seconds
        self._last_turn = math.inf
        self._quit = False
        self.accompanist = Accompanist(
            setup.metre,
            self.keyboard,
            generator,
            setup.wanted,
            ask_seconds=setup.ask_seconds,
            decide_seconds=setup.decide_seconds,
            eager=setup.eager,
            last_bar=None if setup.bars is None else setup.bars - 1,
        )

    def begin(self, now: float) -> None:
        """Set the sounds; with a fixed tempo the count-in begins.  Thread: engine."""
        self.set_sounds()
        if self.setup.tempo_source == "fixed":
            first = -self.setup.count_in * self.setup.metre.quarters
            self.transport = Transport(now + START_SECONDS, first, self.setup.qpm)
            self._start_clock(first)
            self._note_tempo(now)

    def set_sounds(self) -> None:
        """Tell the output which sound each channel has, as after it came back.  Thread: engine."""
        for message in settings(thru=self.setup.thru):
            self.output.send(message)

    def turn(
        self,
        now: float,
        messages: Iterable[tuple[bytes, float]] = (),
        controls: Iterable[Control] = (),
    ) -> None:
        """Hear, decide, send.  Thread: engine.

        `messages` come with the moment each was received.
        """
        if now - self._last_turn > ASLEEP_SECONDS and self.follower is None:
            self._wake(now)
        self._last_turn = now
        for message, seconds in messages:
            self.hear(message, seconds)
        for control in controls:
            self.control(control, now)
        if self.follower is not None:
            self._follow(now)
        if self.transport is None:
            self.keyboard.forget(math.inf)  # what was played before time began is over
        else:
            self._play(now)
        self._foresee(now)

    def _play(self, now: float) -> None:
        """Decide, and send what is due."""
        assert self.transport is not None
        self._play_script(now)
        ahead = self.transport.quarter_at(now + self.output.lead_seconds)
        speed = self.transport.qpm / 60
        lead = self.output.lead_seconds
        self._push(self.accompanist.advance(self.transport.quarter_at(now + lead), speed))
        # Once the band has ended, clicks and the clock go no farther than its last note.
        last = self._scheduler.last_quarter if self.accompanist.ended else math.inf
        beat = self.setup.metre.beat_quarters
        for quarter, message in self.metronome.until(min(ahead + beat, last)):
            self._scheduler.push(quarter, message)
        ticks = min(ahead + 1, last)
        if self.setup.send_clock and ticks > self._next_tick:
            for quarter, message in clock_messages(self._next_tick, ticks):
                self._scheduler.push(quarter, message)
            self._next_tick = ticks
        for quarter, message in self._scheduler.pop(ahead):
            due = self.transport.seconds_at(quarter)
            self._send(message, quarter, due)
            if self.first_sent is None:
                self.first_sent = due
            self.lateness.add(1e3 * (self.clock() - (due - lead)))

    def next_turn(self) -> float | None:
        """When `turn` is to be called again at the latest, in seconds; None: when something is heard."""
        if self.transport is None:
            return None
        speed = self.transport.qpm / 60
        wanted = [self.accompanist.next_quarter(speed)] if not self.accompanist.ended else []
        if self._scheduler.next_quarter is not None:
            wanted.append(self._scheduler.next_quarter)
        moments = (
            [self.transport.seconds_at(min(wanted)) - self.output.lead_seconds] if wanted else []
        )
        if self._script.next_quarter is not None:
            moments.append(self.transport.seconds_at(self._script.next_quarter))
        return min(moments, default=None)

    @property
    def ended(self) -> bool:
        """Whether all has sounded, or the player has left."""
        return self._quit or (self.accompanist.ended and self._scheduler.next_quarter is None)

    def position(self, now: float) -> float | None:
        """Where the music is; None where time stands still."""
        return None if self.transport is None else self.transport.quarter_at(now)

    @property
    def notes_on(self) -> int:
        """How many notes were begun and not ended."""
        return len(self._sounding)

    def panic(self) -> None:
        """End every note, on every channel.  Thread: engine, or any when it has ended."""
        self._scheduler.drop()
        if self.setup.send_clock:
            self.output.send(bytes([STOP]))
        now = self.clock()
        self._release(now)
        for message in silence():
            self._send(message, self._here(now), None)
        self._foresee(now)

    def sounding(self, role: Role) -> tuple[int, ...]:
        """The pitches that a role sounds, lowest first."""
        return self._sounding.pitches(CHANNELS[role])

    # Hearing

    def hear(self, message: bytes, seconds: float) -> None:
        """Take a message of a keyboard, received at a moment."""
        if not message or message[0] >= SYSTEM:
            if self.follower is not None:
                self.follower.hear(message, seconds)
            return
        control = control_of_message(message)
        if control is not None:
            self.control(control, seconds)
            return
        if self.setup.tempo_source == "tap" and self.transport is None and is_note_on(message):
            self._tap(seconds)
        quarter = self.transport.quarter_at(seconds) if self.transport else BEFORE
        self._hear_at(quarter, message, seconds)

    def _hear_at(self, quarter: float, message: bytes, seconds: float) -> None:
        if not self.keyboard.hear(message, quarter):
            return
        channel = message[0] & 0x0F
        played = message
        if channel != DRUM_CHANNEL:
            played = bytes([message[0] & 0xF0 | PLAYER]) + message[1:]
        if self.setup.thru:
            self._send(played, quarter, None)
            self.thru_delay.add(1e3 * (self.clock() - seconds))
        elif self.recording is not None and self.transport is not None:
            self.recording.add(quarter, played)

    def _play_script(self, now: float) -> None:
        """Hear what the script has come to; when it is over, the band ends."""
        assert self.transport is not None
        for quarter, message in self._script.pop(self.transport.quarter_at(now)):
            self._hear_at(quarter, message, self.transport.seconds_at(quarter))
        if self._scripted and not len(self._script):
            self._scripted = False
            if self.setup.bars is None:
                self.accompanist.finish()

    def keyboard_lost(self, now: float) -> None:
        """End what the player held: the keyboard is gone."""
        self.keyboard.let_go(self._here(now))
        for message in [*self._sounding.releases(PLAYER), bytes([CONTROL | PLAYER, PEDAL, 0])]:
            self._send(message, self._here(now), None)

    # Controls

    def control(self, control: Control, now: float) -> None:
        """Do what the player asks for, by a key or a controller."""
        kind = control.kind
        if kind in ("mute", "solo"):
            self._mute(control, now)
        elif kind == "style":
            self.accompanist.wanted = self.wanted.styled(control.value, self.setup.styles)
        elif kind == "temperature":
            self.accompanist.wanted = self.wanted.warmed(control.value, control.step)
        elif kind == "tempo" and self.transport is not None and self.follower is None:
            step = control.step * self.setup.metre.beat_quarters
            self.transport = self.transport.retimed(now, within_limits(self.transport.qpm + step))
            self._note_tempo(now)
        elif kind == "tap":
            self._tap(now)
        elif kind == "fill":
            self.accompanist.fill()
        elif kind == "metronome":
            self.metronome.on = not self.metronome.on if control.on is None else control.on
        elif kind == "toggle":
            if self.accompanist.plan == "stopped":
                self.accompanist.resume(self._here(now))
            else:
                self._silence(ROLES, now)
                self._push(self.accompanist.stop(self._here(now)))
        elif kind == "end":
            self.accompanist.finish()
        elif kind == "quit":
            self._quit = True

    @property
    def wanted(self) -> Wanted:
        """What the player wants of the band now."""
        return self.accompanist.wanted

    def _mute(self, control: Control, now: float) -> None:
        """Who plays: all but the muted, or one alone."""
        self.mixer.change(control)
        roles = self.mixer.playing
        gone = [role for role in self.wanted.roles if role not in roles]
        self.accompanist.wanted = replace(self.wanted, roles=roles)
        self._silence(gone, now)
        self.accompanist.mute(gone, self._here(now))

    def _tap(self, now: float) -> None:
        """Take a tap: of the count-in where time has not begun, else of a new tempo."""
        beats = self.taps.tap(now)
        if self.follower is not None or beats is None:
            return
        metre = self.setup.metre
        qpm = within_limits(beats * metre.beat_quarters)
        if self.transport is not None:
            if self.taps.taps > 3:
                self.transport = self.transport.retimed(now, qpm)
                self._note_tempo(now)
            return
        if self.taps.taps >= metre.count_in_taps:
            self.transport = Transport(now, -metre.beat_quarters, qpm)
            self.metronome.move(0.0)
            self._start_clock(0.0)
            self._note_tempo(now)

    # Time

    def hush(self, now: float) -> None:
        """End what sounds, without losing the place.  Thread: engine."""
        self.keyboard_lost(now)
        self._release(now)

    def _wake(self, now: float) -> None:
        """Go on where the music was when the program was put to sleep."""
        if self.transport is not None:
            here = self.transport.quarter_at(self._last_turn)
            self.transport = self.transport.moved(now, here)
            self.hush(now)

    def _follow(self, now: float) -> None:
        """Take the position from the other machine's clock, while it runs."""
        assert self.follower is not None
        lost = self.follower.running and self.follower.lost(now)
        transport = None if lost else self.follower.transport
        if transport is None:
            if self.transport is not None:
                self._scheduler.drop()
                self._release(now)
                self.transport = None
                self.notices.append(
                    "the clock is gone; the band waits for it"
                    if lost
                    else "the clock stopped; the band waits for it"
                )
            return
        if self.transport is None:
            self._jump(transport.quarter_at(now))
        self.transport = transport
        self._note_tempo(now)

    def _jump(self, quarter: float) -> None:
        """Go on at another position, after the clock stood still."""
        self.keyboard.let_go(quarter)
        self.keyboard.notes.clear()
        self.accompanist.jump(quarter)
        self.metronome.move(quarter)

    def _start_clock(self, first: float) -> None:
        """Tell followers of our clock to start on the first downbeat; it ticks from now on."""
        self._next_tick = first
        if self.setup.send_clock:
            self._scheduler.push(0.0, bytes([START]))

    def _here(self, now: float | None = None) -> float:
        """The position now; 0 where time stands still."""
        if self.transport is None:
            return 0.0
        return self.transport.quarter_at(self.clock() if now is None else now)

    def _note_tempo(self, now: float) -> None:
        if self.recording is not None and self.transport is not None:
            self.recording.set_tempo(self._here(now), self.transport.qpm)

    # Sending

    def _push(self, events: Iterable[NoteEvent]) -> None:
        for event in events:
            message = bytes([NOTE_ON | CHANNELS[event.role], event.pitch, event.velocity])
            self._scheduler.push(event.quarter, message)
            if self._foresight is not None:
                self._foresight.change()

    def _send(self, message: bytes, quarter: float, due: float | None) -> None:
        """Send a message, and before it the end of a note that it strikes again."""
        if message[0] < SYSTEM:
            before = self._sounding.sent(message)
            if before is not None:
                self.output.send(before, due)
            if self.recording is not None and self.transport is not None:
                self.recording.add(quarter, message)
            if self._foresight is not None and due is not None:
                self._foresight.sent(message, quarter, due)
        self.output.send(message, due)

    def _foresee(self, now: float) -> None:
        """Let be known what will sound, where that has changed."""
        if self._foresight is not None:
            until = self.setup.metre.quarter_of_cell(self.accompanist.cell)
            self._foresight.turn(now, self.transport, self._scheduler.waiting, until)

    def _release(self, now: float, role: Role | None = None) -> None:
        """End what sounds, of a role or of all."""
        channel = None if role is None else CHANNELS[role]
        for message in self._sounding.releases(channel):
            self._send(message, self._here(now), None)
        if self._foresight is not None:
            self._foresight.let_go(CHANNELS.values() if channel is None else [channel], now)

    def _silence(self, roles: Sequence[Role], now: float) -> None:
        """End what these roles sound, and take back what they were about to."""
        for role in roles:
            self._scheduler.drop(CHANNELS[role])
            self._release(now, role)
