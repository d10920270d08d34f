"""A whole session by a hand-set clock: what is sent, when, and what is asked for meanwhile."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from musegan.live.conductor import Conductor
from musegan.live.controls import Control
from musegan.live.lineup import CHANNELS, METRONOME, PLAYER
from musegan.live.recording import Recording
from musegan.live.setup import Setup
from musegan.live.wanted import Wanted
from musegan.music.band import ROLES, Role
from musegan.music.metre import Metre, parse_metre

START = 1000.0


class Clock:
    now = START

    def __call__(self):
        return self.now


@dataclass
class Ear:
    """An output that writes down what it gets, and when."""

    clock: Clock
    lead_seconds: float = 0.0
    name: str = "ear"
    heard: list = field(default_factory=list)

    def send(self, message, due=None):
        self.heard.append((round(self.clock.now - START, 6), message, due))

    def close(self):
        pass

    def notes(self, channel):
        return [(at, m[1]) for at, m, _ in self.heard if m[0] == 0x90 | channel and m[2]]


class Steady:
    """A generator that answers at once: a bass note a half bar, a chord, a hat on every beat."""

    alive = True

    def __init__(self):
        self.cues = []

    def ask(self, cue):
        self.cues.append(cue)

    def answer(self):
        cue = self.cues[-1]
        steps = int(cue.places[np.searchsorted(cue.places[:, 0], 0), 1])
        parts = {
            Role.DRUMS: [(s, s + 1, 42, 80) for s in range(0, steps, 4)],
            Role.BASS: [(0, steps, 36, 80)],
            Role.PIANO: [(0, steps - 1, p, 80) for p in (60, 64, 67)],
            Role.GUITAR: [(0, 2, 52, 80)],
            Role.STRINGS: [(0, steps, 72, 80)],
        }
        return {role: np.array(parts[role], np.int64) for role in cue.plays}


def scale(bars, quarters=4):
    """A script: a quarter note on every quarter."""
    pitches = (60, 62, 64, 65, 67, 69, 71, 72)
    rows = []
    for quarter in range(int(bars * quarters)):
        pitch = pitches[quarter % 8]
        rows += [(quarter, bytes([0x90, pitch, 90])), (quarter + 0.9, bytes([0x80, pitch, 0]))]
    return rows


class Stand:
    """A conductor with its clock in our hand."""

    def __init__(self, *, script=(), lead=0.0, generator=None, tell=None, **setup):
        self.clock = Clock()
        self.ear = Ear(self.clock, lead)
        self.generator = generator or Steady()
        setup.setdefault("metre", Metre())
        self.recording = Recording(
            setup["metre"], {PLAYER: ("Melody", 0)} | {c: (r.value, 0) for r, c in CHANNELS.items()}
        )
        self.conductor = Conductor(
            Setup(**setup),
            self.generator,
            self.ear,
            recording=self.recording,
            script=script,
            tell=tell,
            clock=self.clock,
        )
        self.conductor.begin(START)

    def run(self, seconds, heard=()):
        """Let time pass; `heard` are messages at seconds from the start."""
        heard = sorted(heard)
        end = START + seconds
        while self.clock.now < end and not self.conductor.ended:
            due = [m for m in heard if m[0] + START <= self.clock.now + 1e-9]
            heard = heard[len(due) :]
            self.conductor.turn(self.clock.now, [(m, at + START) for at, m in due])
            wake = self.conductor.next_turn()
            moments = [end] if wake is None else [end, max(wake, self.clock.now + 1e-6)]
            if heard:
                moments.append(heard[0][0] + START)
            self.clock.now = min(moments)

    def left_on(self):
        sounding = Counter()
        for _, message, _ in self.ear.heard:
            kind, key = message[0] & 0xF0, (message[0] & 0x0F, *message[1:2])
            if kind == 0x90 and message[2]:
                sounding[key] += 1
            elif kind in (0x80, 0x90):
                sounding.pop(key, None)
        return sounding


def test_the_count_in_clicks_on_the_beats_and_then_falls_silent():
    stand = Stand(qpm=120)
    stand.run(6)
    assert [at for at, _ in stand.ear.notes(METRONOME)] == [0.1, 0.6, 1.1, 1.6]
    velocities = [m[2] for _, m, _ in stand.ear.heard if m[0] == 0x90 | METRONOME and m[2]]
    assert velocities[0] > velocities[1] == velocities[2]


def test_a_metronome_goes_on_clicking_at_a_dotted_quarter_in_six_eight():
    stand = Stand(metre=parse_metre("6/8"), qpm=90, metronome=True)  # 60 dotted quarters
    stand.run(6.05)
    assert [at for at, _ in stand.ear.notes(METRONOME)] == [0.1, 1.1, 2.1, 3.1, 4.1, 5.1]


def test_the_band_comes_in_with_the_second_bar_to_the_moment():
    stand = Stand(qpm=120, script=scale(4))
    stand.run(8)
    first = min(at for role in ROLES for at, _ in stand.ear.notes(CHANNELS[role]))
    assert first == pytest.approx(0.1 + 2 + 2)


def test_a_script_that_is_over_ends_with_a_cadence_and_no_note_left_on():
    stand = Stand(qpm=120, script=scale(8))
    stand.run(60)
    assert stand.conductor.ended
    last = [pitch % 12 for at, pitch in stand.ear.notes(CHANNELS[Role.PIANO])[-3:]]
    assert sorted(last) == [0, 4, 7]
    assert stand.left_on() == Counter()


def test_a_metronome_and_a_clock_end_with_the_bands_last_note():
    plain = Stand(qpm=120, script=scale(8))
    plain.run(60)
    stand = Stand(qpm=120, script=scale(8), metronome=True, send_clock=True)
    stand.run(60)
    assert stand.conductor.ended
    assert stand.left_on() == Counter()
    last = plain.ear.heard[-1][0]
    for kind, near in ((0xF8, 0.5 / 24), (0x90 | METRONOME, 0.55)):
        at = [when for when, message, _ in stand.ear.heard if message[0] == kind]
        assert last - near - 1e-3 <= at[-1] <= last + 0.1


def test_an_output_that_wants_messages_early_gets_them_early_with_their_moment():
    stand = Stand(qpm=120, script=scale(4), lead=0.05)
    stand.run(8)
    timed = [(at, due - START) for at, m, due in stand.ear.heard if due is not None]
    assert timed
    assert all(at == pytest.approx(due - 0.05, abs=1e-5) for at, due in timed)


def test_an_hour_drifts_by_less_than_a_millisecond():
    stand = Stand(qpm=137.3, metronome=True)
    stand.run(3600)
    clicks = stand.ear.notes(METRONOME)
    number = len(clicks) - 1
    assert clicks[-1][0] == pytest.approx(0.1 + number * 60 / 137.3, abs=1e-3)
    assert number > 8000


def test_an_hour_of_playing_leaves_no_note_on_and_is_never_late():
    stand = Stand(qpm=200, script=scale(3000), bars=3000)
    stand.run(3700)
    assert stand.conductor.ended
    assert stand.left_on() == Counter()
    assert stand.conductor.accompanist.late_cells == 0
    assert stand.conductor.accompanist.bars_played > 2990
    assert len(stand.conductor.keyboard.notes) < 2000


def test_the_players_notes_sound_at_once_with_thru_and_not_without():
    heard = [(3.0, bytes([0x93, 60, 90])), (3.2, bytes([0x83, 60, 0]))]
    stand = Stand(qpm=120, thru=True)
    stand.run(4, heard)
    assert (3.0, bytes([0x90, 60, 90]), None) in stand.ear.heard
    silent = Stand(qpm=120)
    silent.run(4, heard)
    assert silent.ear.notes(PLAYER) == []


def test_pedal_bends_and_pressure_pass_through():
    messages = [bytes([0xB2, 64, 127]), bytes([0xE2, 1, 70]), bytes([0xD2, 55])]
    stand = Stand(thru=True)
    stand.run(4, [(3 + i / 10, m) for i, m in enumerate(messages)])
    passed = {m for _, m, _ in stand.ear.heard}
    assert {bytes([0xB0, 64, 127]), bytes([0xE0, 1, 70]), bytes([0xD0, 55])} <= passed


def test_clock_and_sensing_of_a_keyboard_do_nothing_with_a_tempo_of_our_own():
    ticks = [(2 + i * 0.02, bytes([0xF8])) for i in range(100)]
    stand = Stand(thru=True)
    stand.run(5, [*ticks, (3.0, bytes([0xFE]))])
    assert stand.conductor.transport.qpm == 120
    assert all(m[0] not in (0xF8, 0xFE) for _, m, _ in stand.ear.heard)


def test_a_muted_role_falls_silent_at_once_and_comes_back():
    stand = Stand(qpm=120, script=scale(16))
    stand.run(6.5)
    stand.conductor.control(Control("mute", role=Role.BASS), stand.clock.now)
    assert stand.conductor.sounding(Role.BASS) == ()
    before = len(stand.ear.notes(CHANNELS[Role.BASS]))
    stand.run(10)
    assert len(stand.ear.notes(CHANNELS[Role.BASS])) == before
    stand.conductor.control(Control("mute", role=Role.BASS), stand.clock.now)
    stand.run(14)
    assert len(stand.ear.notes(CHANNELS[Role.BASS])) > before


def test_a_solo_leaves_one_role_and_again_all():
    stand = Stand(qpm=120, script=scale(16))
    stand.run(6.5)
    stand.conductor.control(Control("solo", role=Role.PIANO), stand.clock.now)
    assert stand.conductor.wanted.roles == (Role.PIANO,)
    stand.conductor.control(Control("solo", role=Role.PIANO), stand.clock.now)
    assert stand.conductor.wanted.roles == ROLES


def test_a_role_that_was_not_asked_for_cannot_be_called_in():
    stand = Stand(wanted=Wanted(roles=(Role.DRUMS, Role.BASS)))
    stand.conductor.control(Control("mute", role=Role.PIANO, on=True), START)
    assert stand.conductor.wanted.roles == (Role.DRUMS, Role.BASS)


def test_styles_follow_one_another_and_numbers_choose():
    stand = Stand(styles=("pop", "rock"), wanted=Wanted(style="pop"))
    stand.conductor.control(Control("style"), START)
    assert stand.conductor.wanted.style == "rock"
    stand.conductor.control(Control("style"), START)
    assert stand.conductor.wanted.style == "pop"
    stand.conductor.control(Control("style", value=1), START)
    stand.conductor.control(Control("style", value=7), START)
    assert stand.conductor.wanted.style == "rock"


def test_a_new_tempo_begins_where_the_music_is():
    stand = Stand(qpm=120, metronome=True)
    stand.run(2.1)  # the first downbeat
    stand.conductor.control(Control("tempo", step=60.0), stand.clock.now)
    stand.run(4)
    clicks = [at for at, _ in stand.ear.notes(METRONOME) if at > 2]
    assert np.diff(clicks) == pytest.approx(60 / 180, abs=1e-5)


@pytest.mark.parametrize(
    ("metre", "taps"), [("4/4", 4), ("3/4", 3), ("6/8", 4), ("5/4", 5), ("3/8", 4)]
)
def test_taps_count_in_a_bar_or_two(metre, taps):
    assert parse_metre(metre).count_in_taps == taps


def test_tapped_on_a_key_the_music_begins_with_the_next_beat():
    stand = Stand(tempo_source="tap", metronome=True)
    assert stand.conductor.transport is None
    taps = [(1 + i * 0.4, bytes([0x90, 60, 90])) for i in range(4)]
    stand.run(2.9, taps)
    assert stand.conductor.transport.qpm == pytest.approx(150)
    assert stand.conductor.position(START + 1 + 4 * 0.4) == pytest.approx(0)
    assert [at for at, _ in stand.ear.notes(METRONOME)] == pytest.approx([2.6], abs=1e-4)


def test_another_machines_clock_starts_stops_and_continues_the_band():
    stand = Stand(tempo_source="midi", metronome=True)
    tick = 60 / 120 / 24
    start = [(0.99, bytes([0xFA]))]
    ticks = [(1.0 + i * tick, bytes([0xF8])) for i in range(400)]
    stand.run(1.0 + 400 * tick, start + ticks)
    assert stand.conductor.transport.qpm == pytest.approx(120, rel=1e-3)
    assert stand.conductor.position(START + 5) == pytest.approx(8, abs=0.02)
    stand.conductor.turn(stand.clock.now, [(bytes([0xFC]), stand.clock.now)])
    assert stand.conductor.transport is None
    assert stand.conductor.notes_on == 0
    assert any("stopped" in line for line in stand.conductor.notices)


def test_a_clock_that_is_lost_silences_the_band_and_is_told():
    stand = Stand(tempo_source="midi", metronome=True)
    tick = 60 / 120 / 24
    ticks = [(1.0 + i * tick, bytes([0xF8])) for i in range(200)]
    stand.run(1.0 + 200 * tick, [(0.99, bytes([0xFA])), *ticks])
    stand.clock.now += 1
    stand.conductor.turn(stand.clock.now)
    assert stand.conductor.transport is None
    assert any("gone" in line for line in stand.conductor.notices)


def test_our_clock_starts_on_the_first_downbeat_and_ticks_24_to_the_quarter():
    stand = Stand(qpm=120, send_clock=True)
    stand.run(4.05)
    sent = [(at, m[0]) for at, m, _ in stand.ear.heard if m[0] in (0xF8, 0xFA)]
    assert next(at for at, kind in sent if kind == 0xFA) == pytest.approx(2.1)
    ticks = [at for at, kind in sent if kind == 0xF8]
    assert np.diff(ticks) == pytest.approx(0.5 / 24, abs=2e-6)
    stand.conductor.panic()
    assert stand.ear.heard[-1][1] != bytes([0xF8])
    assert any(m == bytes([0xFC]) for _, m, _ in stand.ear.heard)


def test_space_stops_the_band_at_once_and_starts_it_again():
    stand = Stand(qpm=120, script=scale(32))
    stand.run(7)
    stand.conductor.control(Control("toggle"), stand.clock.now)
    assert stand.conductor.notes_on == 0
    count = len(stand.ear.heard)
    stand.run(9)
    assert not [m for _, m, _ in stand.ear.heard[count:] if m[0] & 0xF0 == 0x90 and m[2]]
    stand.conductor.control(Control("toggle"), stand.clock.now)
    stand.run(16)
    assert [m for _, m, _ in stand.ear.heard[count:] if m[0] == 0x91 and m[2]]


def test_quitting_is_at_once_and_the_end_is_a_cadence():
    stand = Stand(qpm=120, script=scale(32))
    stand.run(7)
    stand.conductor.control(Control("quit"), stand.clock.now)
    assert stand.conductor.ended
    other = Stand(qpm=120, script=scale(32))
    other.run(7)
    other.conductor.control(Control("end"), other.clock.now)
    assert not other.conductor.ended
    other.run(20)
    assert other.conductor.ended
    assert other.left_on() == Counter()


def test_panic_ends_what_sounds_and_says_so_on_every_channel():
    stand = Stand(qpm=120, script=scale(16), thru=True)
    stand.run(7.3)
    assert stand.conductor.notes_on
    stand.conductor.panic()
    assert stand.left_on() == Counter()
    assert stand.conductor.notes_on == 0
    assert {m[0] for _, m, _ in stand.ear.heard if m[1:2] == bytes([123])} == set(range(0xB0, 0xC0))


def test_a_keyboard_that_is_lost_holds_nothing_any_more():
    stand = Stand(qpm=120, thru=True)
    stand.run(3, [(2.5, bytes([0x90, 60, 90]))])
    assert stand.conductor.keyboard.held == (60,)
    stand.conductor.keyboard_lost(stand.clock.now)
    assert stand.conductor.keyboard.held == ()
    assert stand.left_on() == Counter()


def test_a_key_struck_and_released_between_two_turns_is_heard():
    stand = Stand(qpm=120)
    stand.run(3)
    both = [(bytes([0x90, 60, 90]), START + 3.0), (bytes([0x80, 60, 0]), START + 3.001)]
    stand.conductor.turn(stand.clock.now, both)
    assert [note.pitch for note in stand.conductor.keyboard.notes] == [60]


def test_a_program_that_was_asleep_goes_on_where_it_was():
    stand = Stand(qpm=120, script=scale(32))
    stand.run(7)
    here = stand.conductor.position(stand.clock.now)
    stand.clock.now += 3600
    stand.conductor.turn(stand.clock.now)
    assert stand.conductor.position(stand.clock.now) == pytest.approx(here, abs=0.6)
    assert stand.conductor.accompanist.late_cells == 0


def test_lateness_is_what_was_sent_less_what_was_due():
    stand = Stand(qpm=120)
    stand.clock.now = START + 0.1 + 0.004
    stand.conductor.turn(stand.clock.now)
    assert stand.conductor.lateness.max == pytest.approx(4, abs=1e-3)


def test_the_recording_holds_the_player_and_the_band():
    from musegan.music.midi import read_midi

    stand = Stand(qpm=100, script=scale(8))
    stand.run(60)
    score = read_midi(stand.recording.midi())
    assert {track.name for track in score.tracks} >= {"Melody", "drums", "bass", "piano"}
    assert score.tempos[0].qpm == pytest.approx(100, abs=1e-3)
    melody = next(track for track in score.tracks if track.name == "Melody")
    assert len(melody.notes) == 32


class Listener:
    """Is told what the band is known to play."""

    def __init__(self):
        self.tellings = []

    def __call__(self, notes, until):
        self.tellings.append((notes, until))


def test_every_note_is_told_before_it_is_sent_with_its_moment():
    told = Listener()
    stand = Stand(qpm=120, script=scale(8), lead=0.04, tell=told, eager=True)
    known = {}
    for hundredth in range(1, 3000):
        count = len(told.tellings)
        stand.run(hundredth / 100)
        for notes, _ in told.tellings[count:]:
            for note in notes:
                key = note.channel, note.pitch, round(note.begin, 6)
                known.setdefault(key, stand.clock.now)
    sent = {
        (m[0] & 15, m[1], round(due, 6)): due
        for _, m, due in stand.ear.heard
        if m[0] & 0xF0 == 0x90 and m[2] and m[0] & 15 in CHANNELS.values()
    }
    assert len(sent) > 50 and sent.keys() == known.keys()
    assert all(due - known[key] > 0.1 for key, due in sent.items())  # asked .14 before


def test_the_ends_that_were_told_last_are_those_that_were_sent():
    told = Listener()
    stand = Stand(qpm=120, script=scale(8), tell=told)
    stand.run(60)
    ends = {(n.channel, n.pitch, round(n.begin, 6)): n.end for t, _ in told.tellings for n in t}
    sounding, checked = {}, 0
    for _, message, due in stand.ear.heard:
        if message[0] & 0xF0 != 0x90 or message[0] & 15 not in CHANNELS.values() or due is None:
            continue
        key = message[0] & 15, message[1]
        if message[2]:
            sounding[key] = round(due, 6)
        elif key in sounding:
            assert ends[(*key, sounding.pop(key))] == pytest.approx(due)
            checked += 1
    assert checked > 50


@pytest.mark.parametrize("control", [Control("mute", role=Role.BASS), Control("toggle")])
def test_who_falls_silent_is_told_to_have_ended(control):
    told = Listener()
    stand = Stand(qpm=120, script=scale(16), tell=told, lead=0.05)
    stand.run(6.5)
    bass, now = CHANNELS[Role.BASS], stand.clock.now
    assert any(note.channel == bass and note.end > now for note in told.tellings[-1][0])
    stand.conductor.control(control, now)
    stand.conductor.turn(now)
    going_on = {note.channel for note in told.tellings[-1][0] if note.end > now}
    assert bass not in going_on
    assert bool(going_on) == (control.kind == "mute")
    assert any(note.channel == bass and note.end == now for note in told.tellings[-1][0])


def test_a_new_tempo_is_told():
    told = Listener()
    stand = Stand(qpm=120, script=scale(16), tell=told)
    stand.run(6.21)
    before = len(told.tellings)
    stand.run(6.26)
    assert len(told.tellings) == before
    stand.conductor.control(Control("tempo", step=30), stand.clock.now)
    stand.conductor.turn(stand.clock.now)
    assert len(told.tellings) == before + 1
    coming = [n.begin for n in told.tellings[-1][0] if n.begin > stand.clock.now]
    stand.run(9)
    sent = [due for _, m, due in stand.ear.heard if due is not None and m[2] and m[0] & 15 < 15]
    assert coming
    assert all(min(abs(due - begin) for due in sent) < 1e-6 for begin in coming)


def test_panic_tells_that_all_has_ended():
    told = Listener()
    stand = Stand(qpm=120, script=scale(16), tell=told)
    stand.run(6.5)
    assert any(note.end > stand.clock.now for note in told.tellings[-1][0])
    stand.conductor.panic()
    assert told.tellings[-1][0]
    assert all(note.end <= stand.clock.now for note in told.tellings[-1][0])
