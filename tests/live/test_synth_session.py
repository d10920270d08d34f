"""A live session whose band a synth plays, all but its processes, by a hand-set clock: what is heard.

Conductor, foresight, renderer, the synth and the live synthesizer are the real ones; rendering takes the
time that a test says.
"""

import numpy as np
import pytest
from synthmodels import small_synth
from test_conductor import Clock, Steady, scale

from musegan.audio.ahead import AheadParts
from musegan.audio.casting import Seat
from musegan.audio.livesynth import LIVE_RATE, LiveSynth
from musegan.live.conductor import Conductor
from musegan.live.controls import Control
from musegan.live.lineup import CHANNELS
from musegan.live.renderer import Renderer
from musegan.live.setup import Setup
from musegan.live.wanted import Wanted
from musegan.music.band import Role
from musegan.music.metre import Metre
from musegan.sounding.ahead import AheadPlayer

pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
BLOCK = 144
PART = CHANNELS[Role.STRINGS]
ENTERS = 0.1 + 2 + 2  # seconds from the start: a bar of count-in, one of listening
LEAD = 0.042


class Speaker:
    """An output without a device: it keeps what is sent for the synthesizer."""

    name, lead_seconds = "speaker", LEAD

    def __init__(self, synth, clock):
        self.synth, self.clock, self.sent = synth, clock, []

    def send(self, message, due=None):
        self.synth.send(message, due)
        self.sent.append((message, due))

    def close(self):
        pass

    def onsets(self):
        return [due - Clock.now for m, due in self.sent if m[0] == 0x90 | PART and m[2]]


class Session:
    """The strings alone, each half bar a held note, after a scale at 120 beats a minute."""

    def __init__(self, model, cost=0.012):
        self.clock = Clock()
        start = self.clock.now
        self.parts = AheadParts([PART], start - 1)
        self.parts.serving = True
        self.speaker = Speaker(LiveSynth(ahead=self.parts), self.clock)
        self.renderer = Renderer(lambda: None, self.parts, self.clock)
        seats = {PART: Seat("flute", 48, 36, 96)}
        self.player = AheadPlayer(model, seats, {PART: 1.0}, start - 1, 0)
        self.conductor = Conductor(
            Setup(metre=Metre(), eager=True, count_in=1, wanted=Wanted(roles=(Role.STRINGS,))),
            Steady(),
            self.speaker,
            script=scale(40),
            tell=self.renderer.foresee,
            clock=self.clock,
        )
        self.cost, self.free, self.told = cost, start, 0
        self.made, self.blocks = None, []
        self.conductor.begin(start)

    def run(self, until, rendering=True):
        """Let time pass until so many seconds from the start; returns all that was heard, (frame, 2)."""
        while (now := Clock.now + len(self.blocks) * BLOCK / LIVE_RATE) < Clock.now + until:
            self.clock.now = now
            self.conductor.turn(now)
            if rendering:
                self.render(now)
            block = self.speaker.synth.render(BLOCK, now)
            self.blocks.append(np.frombuffer(bytes(block), np.float32).reshape(-1, 2))
        return np.concatenate(self.blocks)

    def render(self, now):
        """What the renderer's process does up to a moment."""
        while self.free <= now:
            if self.made is not None:
                self.parts.put(self.made)
                self.made = None
            if self.renderer._telling.number != self.told:
                self.told = self.renderer._telling.number
                self.player.tell(self.renderer._telling, self.free)
            made = self.player.render(self.free)
            self.made = None if made is None else made[0]
            self.free += self.cost if made is not None else 0.002


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_synth(tmp_path_factory.mktemp("model"))


@pytest.fixture
def session(model):
    return Session(model)


def at(sound, seconds, long=0.05):
    return sound[round(seconds * LIVE_RATE) : round((seconds + long) * LIVE_RATE), 0]


def level(sound):
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean()))


def steepest(sound):
    return float(np.abs(np.diff(sound[:, 0])).max())


def test_every_note_is_the_synths_and_begins_when_it_is_due(session):
    heard = session.run(10.2)
    assert session.parts.notes == len(session.speaker.onsets()) >= 6
    assert session.parts.late_notes == 0
    assert session.speaker.onsets()[0] == pytest.approx(ENTERS)
    assert level(at(heard, ENTERS - 0.1)) < 1e-5
    assert level(at(heard, ENTERS)) > 1e-3
    usual = [level(at(heard, ENTERS + n, 0.9)) for n in range(6)]
    assert min(usual) > 0.5 * max(usual)


@pytest.mark.parametrize("control", [Control("mute", role=Role.STRINGS), Control("toggle")])
def test_who_is_muted_or_stopped_dies_away_at_once_without_a_click_and_comes_back(session, control):
    before = session.run(7.3)
    session.conductor.control(control, session.clock.now)
    heard = session.run(9.0)
    usual = level(at(before, 7.2, 0.1))
    assert level(at(heard, 7.45)) < 0.3 * usual
    assert level(at(heard, 8.3, 0.7)) < 1e-4  # no note that was decided before begins
    assert steepest(heard[round(7.25 * LIVE_RATE) :]) <= 1.1 * steepest(
        before[round(5 * LIVE_RATE) :]
    )
    session.conductor.control(control, session.clock.now)
    heard = session.run(15.0)
    assert level(at(heard, 14, 0.9)) > 0.5 * usual
    assert session.parts.late_notes == 0


def test_another_tempo_moves_notes_that_are_rendered_already(session):
    before = session.run(6.9)
    session.conductor.control(Control("tempo", step=-60), session.clock.now)
    heard = session.run(12.0)
    assert steepest(heard[round(6.8 * LIVE_RATE) :]) <= 1.2 * steepest(
        before[round(5 * LIVE_RATE) :]
    )
    coming = [onset for onset in session.speaker.onsets() if onset > 7]
    assert np.diff(coming) == pytest.approx(2.0)
    assert session.parts.late_notes == 0


def test_while_nobody_renders_the_soundfont_plays_and_the_synth_takes_over(session):
    heard = session.run(6.0, rendering=False)
    late = session.parts.late_notes
    assert late == session.parts.notes >= 2
    assert level(at(heard, 5.0, 0.9)) > 1e-3
    session.free = session.clock.now
    heard = session.run(10.0)
    assert session.parts.late_notes == late
    assert level(at(heard, 8.0, 0.9)) > 1e-3


def test_where_rendering_stops_no_note_falls_silent(session):
    heard = session.run(7.3)
    heard = session.run(12.0, rendering=False)
    levels = [level(at(heard, seconds, 0.1)) for seconds in np.arange(7.3, 11.9, 0.1)]
    assert min(levels) > 1e-3
    assert session.parts.late_notes >= 3


@pytest.mark.parametrize("cost", [0.05, 0.2])
def test_a_synth_that_is_slow_makes_nothing_late_but_itself(model, cost):
    slow = Session(model, cost)
    heard = slow.run(12.0)
    onsets = [onset for onset in slow.speaker.onsets() if onset < 11]
    for onset in onsets:
        assert level(at(heard, onset, 0.1)) > 1e-3
    # What is decided .14 s before it is due cannot be rendered in .2 s.
    assert (slow.parts.late_notes > 0) == (cost > 0.15)


def test_panic_lets_everything_die_away(session):
    session.run(7.3)
    session.conductor.panic()
    while len(session.blocks) * BLOCK / LIVE_RATE < 9.0:
        now = Clock.now + len(session.blocks) * BLOCK / LIVE_RATE
        session.clock.now = now
        session.render(now)
        block = session.speaker.synth.render(BLOCK, now)
        session.blocks.append(np.frombuffer(bytes(block), np.float32).reshape(-1, 2))
    heard = np.concatenate(session.blocks)
    assert level(at(heard, 8.3, 0.7)) < 1e-5
    assert steepest(heard[round(7.25 * LIVE_RATE) :]) <= 1.1 * steepest(
        heard[: round(7.25 * LIVE_RATE)]
    )
