"""MIDI ports: names as rules, and cables that come and go in a real JACK."""

import os
import sys
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from jackrig import SAMPLE_RATE, eventually, parse_dump

from musegan.audio.soundfont import find_soundfont
from musegan.audio.waveform import read_sound
from musegan.errors import MissingExtra, PortError
from musegan.live.drivers import server_of
from musegan.live.portnames import (
    ALSA,
    JACK,
    OURS,
    WINDOWS,
    Port,
    choose,
    shown,
    without_bridges,
)
from musegan.live.ports import InputPort, OutputPort, is_wanted, list_inputs, list_outputs

pytestmark = pytest.mark.realtime

SOON = 1.0  # seconds in which a change is noticed
KEYS = ("nanoKEY2:nanoKEY2 MIDI 1", "LPK25:LPK25 MIDI 1", "LPK25 II:LPK25 II MIDI 1")


# Names.


def test_part_of_a_name_is_enough_in_any_case():
    assert choose("NANO", KEYS) == 0
    assert choose("25 ii", KEYS) == 2


def test_a_whole_name_wins_over_a_part_of_another():
    assert choose("keys", ["my keys", "keys"]) == 1
    assert choose("KEYS", ["my keys", "keys"]) == 1


def test_a_name_that_two_ports_have_asks_for_more_of_it():
    with pytest.raises(PortError) as error:
        choose("lpk", KEYS)
    assert str(error.value) == (
        "'lpk' may be 2 MIDI inputs: 'LPK25:LPK25 MIDI 1', 'LPK25 II:LPK25 II MIDI 1'; "
        "give more of the name"
    )


def test_a_name_that_no_port_has_lists_those_there_are():
    with pytest.raises(PortError) as error:
        choose("roland", KEYS[:2], "output")
    assert str(error.value) == (
        "no MIDI output has 'roland' in its name; present: 'nanoKEY2:nanoKEY2 MIDI 1', "
        "'LPK25:LPK25 MIDI 1'; `musegan ports` lists them"
    )


def test_without_any_port_one_line_says_what_to_do():
    with pytest.raises(
        PortError, match=r"^there is no MIDI input; plug .* --input keys, .*--melody"
    ):
        choose("roland", [])


def test_names_are_shown_without_the_numbers_that_change():
    found = [
        Port(ALSA, "nanoKEY2:nanoKEY2 MIDI 1 20:0"),
        Port(ALSA, "LPK25:LPK25 MIDI 1 24:0"),
        Port(ALSA, "LPK25:LPK25 MIDI 1 28:0"),
        Port(WINDOWS, "Keystation 3"),
        Port(JACK, "kbd:out"),
    ]
    assert shown(found) == [
        "nanoKEY2:nanoKEY2 MIDI 1",
        "LPK25:LPK25 MIDI 1 24:0",  # twins keep theirs
        "LPK25:LPK25 MIDI 1 28:0",
        "Keystation",
        "kbd:out",
    ]


def test_what_jack_repeats_of_alsa_is_left_out():
    keyboard = Port(ALSA, "LPK25:LPK25 MIDI 1 20:0")
    bridge = Port(JACK, "a2j:LPK25 [20] (capture): LPK25 MIDI 1")
    pipewire = Port(JACK, "Midi-Bridge:LPK25 1:(capture_0) LPK25 MIDI 1")
    program = Port(JACK, "kbd:out")
    assert without_bridges([keyboard, bridge, pipewire, program]) == [keyboard, program]
    assert without_bridges([bridge, program]) == [bridge, program]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("musegan:musegan 128:0", True),
        ("musegan-in:musegan", True),
        ("musegan-out-01:musegan", True),
        ("musegan", True),  # CoreMIDI names no clients
        ("musegan-fan:out", False),
        ("my musegan:out", False),
    ],
)
def test_our_own_ports_are_known(name, ours):
    assert bool(OURS.match(name)) is ours


@pytest.mark.parametrize(
    ("message", "always", "with_timing"),
    [
        (b"\x90\x3c\x40", True, True),
        (b"\xfa", True, True),  # start
        (b"\xf8", False, True),  # clock
        (b"\xf1\x01", False, True),  # quarter frame
        (b"\xfe", False, False),  # active sensing
        (b"\xf0\x7e\xf7", False, False),  # sysex
        (b"\x01\xf7", False, False),  # the rest of one
        (b"", False, False),
    ],
)
def test_sysex_and_sensing_are_ignored_and_a_clock_unless_asked_for(message, always, with_timing):
    assert is_wanted(message, timing=False) is always
    assert is_wanted(message, timing=True) is with_timing


def test_a_line_of_the_monitor_is_read():
    line = "  22592: 90 3c 40 note on  (channel  0): pitch  60, velocity  64"
    assert parse_dump(line) == (22592, b"\x90\x3c\x40")
    assert parse_dump("  1: f8 real-time clock") == (1, b"\xf8")
    assert parse_dump("Unregistering") is None


def test_without_the_library_the_line_to_install_it_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(MissingExtra, match=r"pip install 'musegan\[live\]'"):
        list_inputs()
    with pytest.raises(MissingExtra):
        OutputPort("synth")


# No server.


def test_without_any_server_there_are_no_ports_and_no_noise(monkeypatch, capfd):
    pytest.importorskip("rtmidi", reason="pip install 'musegan[live]'")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "musegan-test-nobody")
    monkeypatch.delenv("JACK_NO_START_SERVER", raising=False)
    if list_inputs() + list_outputs():
        pytest.skip("this machine has MIDI ports without JACK")
    assert (list_inputs(), list_outputs()) == ([], [])
    for wanted in ("all", "nanoKEY"):
        with pytest.raises(PortError, match=r"^there is no MIDI input; plug a keyboard in"):
            InputPort(wanted, lambda message, seconds: None)
    with pytest.raises(PortError, match=r"^there is no MIDI output; plug a synthesizer in"):
        OutputPort("all")
    assert capfd.readouterr() == ("", "")


# JACK. `jack_midiseq` plays, `jack_midi_dump` listens.


class Ear(list):
    """What a port received, as (message, seconds)."""

    def __call__(self, message, seconds):
        self.append((message, seconds))

    @property
    def onsets(self):
        return [(message[1], seconds) for message, seconds in self if message[0] == 0x90]


@pytest.fixture
def opened():
    """Opens ports that are closed at the end, before the server is."""
    pytest.importorskip("rtmidi", reason="pip install 'musegan[live]'")
    these = []

    def open_port(kind, *arguments, **options):
        these.append(kind(*arguments, **options))
        return these[-1]

    yield open_port
    for port in these:
        port.close()


def lines_until(port, count, seconds=5.0):
    """Poll as the housekeeping does until `count` lines were said."""
    said = []
    eventually(lambda: said.extend(port.poll()) or len(said) >= count, seconds)
    return said


def test_a_keyboards_notes_arrive_in_order_and_in_time(jack, opened):
    # A scale of eight notes, a sixteenth of a second apart.
    step = SAMPLE_RATE // 16
    jack.sequencer("kbd", 8 * step, *[(i * step, 60 + i, step // 2) for i in range(8)])
    ear = Ear()
    port = opened(InputPort, "KBD", ear)
    assert (port.name, port.connected, port.reconnects) == ("kbd:out", True, 0)
    began = time.perf_counter()
    eventually(lambda: len(ear.onsets) >= 17)
    heard, ended = ear.onsets, time.perf_counter()
    pitches = [pitch for pitch, _ in heard]
    assert all((after - before) % 8 == 1 for before, after in pairwise(pitches))
    assert began - 0.1 < heard[0][1] < heard[-1][1] < ended
    gaps = [after - before for (_, before), (_, after) in pairwise(heard)]
    assert min(gaps) > 0
    assert sorted(gaps)[len(gaps) // 2] == pytest.approx(1 / 16, abs=0.01)
    assert sum(gaps) / len(gaps) == pytest.approx(1 / 16, abs=0.01)
    assert port.poll() == []


def test_what_is_sent_arrives_exactly(jack, opened):
    monitor = jack.monitor("monitor")
    port = opened(OutputPort, "monitor")
    assert (port.name, port.lead_seconds, port.connected) == ("monitor:input", 0.0, True)
    sent = [b"\xc3\x21", b"\xb3\x07\x64", b"\xe3\x00\x40", b"\xd3\x10"]
    for pitch in range(40, 80):
        sent += [bytes((0x93, pitch, 100)), bytes((0x83, pitch, 0))]
    for message in sent:
        port.send(message, time.perf_counter())
    eventually(lambda: len(monitor.messages()) >= len(sent))
    time.sleep(0.05)
    assert monitor.messages() == sent


def test_a_keyboard_that_is_unplugged_and_plugged_in_again_plays_on(jack, opened):
    keyboard = jack.sequencer("kbd", 4800, (0, 60, 2400))
    ear = Ear()
    port = opened(InputPort, "kbd", ear)
    eventually(lambda: ear.onsets)
    jack.stop(keyboard)
    pulled = time.monotonic()
    assert lines_until(port, 1) == ["keyboard 'kbd:out' is gone; the band goes on"]
    assert time.monotonic() - pulled < SOON
    assert not port.connected
    assert port.poll() == []
    ear.clear()
    jack.sequencer("kbd", 4800, (0, 72, 2400))
    plugged = time.monotonic()
    assert lines_until(port, 1) == ["keyboard 'kbd:out' is back"]
    eventually(lambda: ear.onsets)
    assert time.monotonic() - plugged < SOON
    assert {pitch for pitch, _ in ear.onsets} == {72}
    assert (port.connected, port.reconnects) == (True, 1)


def test_a_keyboard_started_anew_between_two_looks_plays_on(jack, opened):
    keyboard = jack.sequencer("kbd", 4800, (0, 60, 2400))
    ear = Ear()
    port = opened(InputPort, "kbd", ear)
    assert port.poll() == []
    jack.stop(keyboard)
    jack.sequencer("kbd", 4800, (0, 72, 2400))
    assert lines_until(port, 2) == [
        "keyboard 'kbd:out' is gone; the band goes on",
        "keyboard 'kbd:out' is back",
    ]
    eventually(lambda: 72 in [pitch for pitch, _ in ear.onsets])
    assert port.poll() == []


def test_a_synthesizer_that_comes_back_is_told_everything_again(jack, opened):
    monitor = jack.monitor("synth")
    opens = []
    port = opened(OutputPort, "synth", on_open=lambda: opens.append(port.send(b"\xc0\x05")))
    assert opens == []
    jack.stop(monitor.process)
    assert lines_until(port, 1) == ["MIDI output 'synth:input' is gone; the band goes on"]
    port.send(b"\x90\x3c\x40")  # is lost
    again = jack.monitor("synth")
    assert lines_until(port, 1) == ["MIDI output 'synth:input' is back"]
    assert (len(opens), port.reconnects, port.connected) == (1, 1, True)
    assert eventually(again.messages) == [b"\xc0\x05"]


def test_a_server_that_is_killed_and_started_again_is_survived(jack, opened):
    keyboard, monitor = jack.sequencer("kbd", 4800, (0, 60, 2400)), jack.monitor("synth")
    ear = Ear()
    source, target = opened(InputPort, "kbd", ear), opened(OutputPort, "synth")
    virtual = opened(InputPort, "virtual", ear)
    eventually(lambda: ear.onsets)
    jack.kill_server()
    for process in (keyboard, monitor.process):
        jack.stop(process)
    began = time.monotonic()
    for _ in range(4000):  # more than rtmidi holds before it waits for ever
        target.send(b"\x90\x3c\x40")
    assert time.monotonic() - began < SOON
    assert lines_until(source, 1) == ["keyboard 'kbd:out' is gone; the band goes on"]
    assert lines_until(target, 1) == ["MIDI output 'synth:input' is gone; the band goes on"]
    assert lines_until(virtual, 1) == ["the virtual MIDI input is gone; the band goes on"]
    assert not source.connected and not target.connected
    assert (list_inputs(), source.poll(), target.poll()) == ([], [], [])
    target.send(b"\x90\x3c\x40")

    jack.serve()
    ear.clear()
    jack.sequencer("kbd", 4800, (0, 72, 2400))
    again = jack.monitor("synth")
    assert lines_until(source, 1) == ["keyboard 'kbd:out' is back"]
    assert lines_until(target, 1) == ["MIDI output 'synth:input' is back"]
    assert lines_until(virtual, 1) == ["the virtual MIDI input is back"]
    eventually(lambda: ear.onsets)
    assert {pitch for pitch, _ in ear.onsets} == {72}
    target.send(b"\x90\x30\x40")
    assert eventually(again.messages) == [b"\x90\x30\x40"]


def test_a_server_started_anew_between_two_looks_is_noticed(jack, opened):
    keyboard = jack.sequencer("kbd", 4800, (0, 60, 2400))
    ear = Ear()
    port = opened(InputPort, "kbd", ear)
    before = server_of(JACK)
    jack.kill_server()
    jack.stop(keyboard)
    jack.serve()
    jack.sequencer("kbd", 4800, (0, 72, 2400))
    assert before is not None and server_of(JACK) not in (None, before)
    assert lines_until(port, 2) == [
        "keyboard 'kbd:out' is gone; the band goes on",
        "keyboard 'kbd:out' is back",
    ]
    eventually(lambda: 72 in [pitch for pitch, _ in ear.onsets])


def test_of_two_keyboards_one_must_be_named(jack, opened):
    jack.sequencer("upper", 4800, (0, 72, 2400))
    jack.sequencer("lower", 4800, (0, 48, 2400))
    assert list_inputs() == ["upper:out", "lower:out"]
    for wanted, problem in {
        "out": "'out' may be 2 MIDI inputs: 'upper:out', 'lower:out'; give more of the name",
        "roland": "no MIDI input has 'roland' in its name; present: 'upper:out', 'lower:out'; "
        "`musegan ports` lists them",
    }.items():
        with pytest.raises(PortError) as error:
            InputPort(wanted, Ear())
        assert str(error.value) == problem
    ear = Ear()
    opened(InputPort, "low", ear)
    eventually(lambda: len(ear.onsets) > 4)
    assert {pitch for pitch, _ in ear.onsets} == {48}


def test_all_keyboards_are_heard_also_those_that_come_later(jack, opened):
    jack.sequencer("one", 4800, (0, 61, 2400))
    second = jack.sequencer("two", 4800, (0, 62, 2400))
    ear = Ear()
    port = opened(InputPort, "all", ear)
    assert port.name == "one:out, two:out"
    eventually(lambda: {pitch for pitch, _ in ear.onsets} == {61, 62})
    jack.sequencer("three", 4800, (0, 63, 2400))
    assert lines_until(port, 1) == ["keyboard 'three:out' is here"]
    eventually(lambda: {pitch for pitch, _ in ear.onsets} == {61, 62, 63})
    jack.stop(second)
    assert lines_until(port, 1) == ["keyboard 'two:out' is gone; the band goes on"]
    assert port.connected
    jack.sequencer("two", 4800, (0, 64, 2400))
    assert lines_until(port, 1) == ["keyboard 'two:out' is back"]
    eventually(lambda: 64 in [pitch for pitch, _ in ear.onsets])
    assert port.reconnects == 1


def test_other_programs_connect_to_virtual_ports(jack, opened):
    ear = Ear()
    source = opened(InputPort, "virtual", ear)
    target = opened(OutputPort, "virtual")
    assert (source.name, target.name) == ("musegan", "musegan")
    assert (list_inputs(), list_outputs()) == ([], [])  # ours are left out
    jack.sequencer("kbd", 4800, (0, 60, 2400))
    jack.connect("kbd:out", "musegan-in:musegan")
    monitor = jack.monitor("monitor", "musegan-out:musegan")
    eventually(lambda: ear.onsets)
    target.send(b"\x90\x3c\x40")
    assert eventually(monitor.messages) == [b"\x90\x3c\x40"]
    assert (source.poll(), target.poll()) == ([], [])


def test_looking_leaves_nothing_open(jack):
    pytest.importorskip("rtmidi", reason="pip install 'musegan[live]'")
    list_inputs()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        list_inputs()
        list_outputs()
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_sent_to_a_synthesizer_sounds(jack, opened, tmp_path):
    jack.synthesizer("synth", find_soundfont())
    port = opened(OutputPort, "synth")
    recorder = jack.recorder(tmp_path / "heard.wav", 1, "synth:left", "synth:right")
    silence = jack.recorder(tmp_path / "silence.wav", 1, "system:capture_1")
    sounding = iter(range(36, 96))
    while recorder.poll() is None and (pitch := next(sounding, None)):
        port.send(bytes((0x90, pitch, 100)))
        time.sleep(0.05)
    recorder.wait(10)
    silence.wait(10)
    samples, rate = read_sound(tmp_path / "heard.wav")
    assert (len(samples), rate) == (2, SAMPLE_RATE)
    assert 0.01 < np.abs(samples).max() <= 1
    assert np.abs(read_sound(tmp_path / "silence.wav")[0]).max() == 0


def test_keys_pressed_on_a_screen_are_heard(jack, opened):
    piano = jack.piano()
    ear = Ear()
    opened(InputPort, "jack-keyboard", ear)
    for pitch in (60, 64, 67):
        piano.press(pitch)
        piano.release(pitch)
    eventually(lambda: len(ear.onsets) >= 3)
    assert [pitch for pitch, _ in ear.onsets] == [60, 64, 67]


@pytest.mark.parametrize("timing", [False, True])
def test_a_clock_is_heard_where_it_is_asked_for(jack, opened, timing):
    jack.start("jack_midi_clock", "-b", "240")
    jack.wait_for("jack_midi_clock:mclk_out")
    ear = Ear()
    opened(InputPort, "mclk", ear, timing=timing)
    jack.roll()
    eventually(lambda: b"\xfa" in [message for message, _ in ear])
    time.sleep(0.2)
    assert ([message for message, _ in ear].count(b"\xf8") > 10) is timing


def test_a_port_may_be_closed_while_notes_pour_in(jack, opened):
    jack.sequencer("kbd", 256, *[(i * 16, 40 + i, 8) for i in range(8)])
    for _ in range(5):
        ear = Ear()
        port = InputPort("kbd", ear)
        eventually(lambda heard=ear: len(heard) > 20)
        port.close()
        heard = len(ear)
        time.sleep(0.02)
        assert len(ear) == heard
        assert (port.poll(), port.connected) == ([], False)


def test_a_port_may_be_closed_while_a_note_waits_for_a_busy_interpreter(jack, opened):
    jack.sequencer("kbd", 256, *[(i * 16, 40 + i, 8) for i in range(8)])
    over = threading.Event()
    others = [threading.Thread(target=_keep_busy, args=(over,)) for _ in range(2)]
    for other in others:
        other.start()
    try:
        for _ in range(20):
            ear = Ear()
            port = InputPort("kbd", ear)
            eventually(lambda heard=ear: len(heard) > 5)
            port.close()
            # What rtmidi called the ear with is freed now; these would be made in its place.
            pairs = [(index, None) for index in range(100)]
            heard = len(ear)
            time.sleep(0.02)
            assert len(ear) == heard
            assert pairs == [(index, None) for index in range(100)]
    finally:
        over.set()
        for other in others:
            other.join()


def _keep_busy(over):
    while not over.is_set():
        sum(range(3000))
