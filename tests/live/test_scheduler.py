"""Messages that wait, and notes that sound."""

import numpy as np
import pytest

from musegan.live.events import is_note_off
from musegan.live.scheduler import Scheduler, Sounding, silence

ON, OFF = bytes([0x90, 60, 80]), bytes([0x80, 60, 0])


def test_messages_come_when_their_position_has_come_and_in_order():
    scheduler = Scheduler()
    for quarter in (3.0, 1.0, 2.0):
        scheduler.push(quarter, bytes([0x90, int(quarter), 80]))
    assert scheduler.next_quarter == 1.0
    assert list(scheduler.pop(0.99)) == []
    assert [(quarter, message[1]) for quarter, message in scheduler.pop(2.0)] == [(1, 1), (2, 2)]
    assert len(scheduler) == 1
    assert [message[1] for _, message in scheduler.pop(99)] == [3]
    assert scheduler.next_quarter is None


def test_a_note_ends_before_the_next_begins_at_the_same_position():
    scheduler = Scheduler()
    for message in (ON, OFF, bytes([0x91, 50, 80]), bytes([0x91, 50, 0])):
        scheduler.push(1.0, message)
    popped = [message for _, message in scheduler.pop(1.0)]
    assert popped == [OFF, bytes([0x91, 50, 0]), ON, bytes([0x91, 50, 80])]


def test_messages_of_one_position_keep_their_order():
    scheduler = Scheduler()
    messages = [b"\xfa", b"\xf8", bytes([0xB0, 7, 100]), bytes([0xC0, 5]), ON]
    for message in messages:
        scheduler.push(0.0, message)
    assert [message for _, message in scheduler.pop(0.0)] == messages


def test_what_waits_for_a_channel_can_be_taken_back():
    scheduler = Scheduler()
    for channel in (0, 1, 9):
        scheduler.push(channel, bytes([0x90 | channel, 60, 80]))
        scheduler.push(channel + 0.5, bytes([0x80 | channel, 60, 0]))
    scheduler.push(2.0, b"\xf8")  # the clock's 8 is no channel
    scheduler.drop(1)
    scheduler.drop(8)
    assert [quarter for quarter, _ in scheduler.pop(99)] == [0, 0.5, 2, 9, 9.5]


def test_all_that_waits_can_be_taken_back():
    scheduler = Scheduler()
    scheduler.push(1.0, ON)
    scheduler.push(2.0, b"\xf8")
    scheduler.drop()
    assert len(scheduler) == 0 and list(scheduler.pop(99)) == []


def test_dropping_and_pushing_while_popping_is_safe():
    scheduler = Scheduler()
    for step in range(20):
        scheduler.push(step, bytes([0x90 | step % 2, 60, 80]))
    seen = []
    for quarter, _ in scheduler.pop(99):
        seen.append(quarter)
        if quarter == 4:
            scheduler.drop(1)
            scheduler.push(5.5, ON)
    assert seen == [0, 1, 2, 3, 4, 5.5, 6, 8, 10, 12, 14, 16, 18]


@pytest.mark.parametrize("seed", range(5))
def test_any_messages_come_out_sorted(seed):
    rng = np.random.default_rng(seed)
    scheduler, popped = Scheduler(), []
    for now in range(50):
        for _ in range(rng.integers(10)):
            message = bytes([0x90, int(rng.integers(128)), int(rng.integers(2))])
            scheduler.push(now + int(rng.integers(8)) / 4, message)
        popped += [(quarter, not is_note_off(message)) for quarter, message in scheduler.pop(now)]
    assert len(popped) > 100
    assert popped == sorted(popped, key=lambda entry: entry[0])
    assert all(quarter <= 49 for quarter, _ in popped)


@pytest.mark.parametrize(
    ("message", "ends"),
    [(OFF, True), (ON, False), (bytes([0x95, 60, 0]), True), (bytes([0x85, 60, 99]), True),
     (b"\xf8", False), (bytes([0xC0, 0]), False), (bytes([0xB0, 123, 0]), False)],
)  # fmt: skip
def test_what_ends_a_note(message, ends):
    assert is_note_off(message) is ends


def test_what_was_begun_and_not_ended_sounds():
    sounding = Sounding()
    for message in (ON, bytes([0x90, 55, 80]), bytes([0x93, 60, 80]), OFF, b"\xf8", b"\xc0\x01"):
        assert sounding.sent(message) is None
    assert sounding.pitches(0) == (55,) and sounding.pitches(3) == (60,)
    assert len(sounding) == 2
    assert sounding.releases(3) == [bytes([0x83, 60, 0])]
    assert sounding.releases() == [bytes([0x80, 55, 0]), bytes([0x83, 60, 0])]
    assert sounding.releases(5) == []


def test_a_note_struck_again_is_ended_before():
    sounding = Sounding()
    assert sounding.sent(ON) is None
    assert sounding.sent(bytes([0x90, 60, 30])) == OFF
    assert len(sounding) == 1
    sounding.sent(bytes([0x90, 60, 0]))
    assert len(sounding) == 0
    assert sounding.sent(ON) is None


def test_sending_the_releases_ends_everything():
    sounding = Sounding()
    for channel in range(16):
        sounding.sent(bytes([0x90 | channel, 40 + channel, 1]))
    for message in sounding.releases():
        sounding.sent(message)
    assert len(sounding) == 0


def test_silence_lifts_the_pedal_and_ends_all_notes_on_every_channel():
    messages = list(silence())
    assert messages[:2] == [bytes([0xB0, 64, 0]), bytes([0xB0, 123, 0])]
    assert [message[0] & 0x0F for message in messages] == [c for c in range(16) for _ in range(2)]
