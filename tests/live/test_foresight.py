"""What a band is known to play, told whenever it changes."""

import math

import pytest

from musegan.live.foresight import MOVED_SECONDS, PAST_SECONDS, Foresight
from musegan.live.scheduler import Scheduler
from musegan.live.transport import Transport

SLOW = Transport(10.0, 0.0, 60.0)  # a quarter a second; position 0 at 10 s
BASS, PIANO, OTHER = 1, 2, 7


class Told:
    """A foresight of two channels, and what it told."""

    def __init__(self):
        self.tellings = []
        self.waiting = Scheduler()
        self.foresight = Foresight(
            [BASS, PIANO], lambda notes, until: self.tellings.append((notes, until))
        )

    def push(self, channel, pitch, begin, end=None):
        self.waiting.push(begin, bytes([0x90 | channel, pitch, 80]))
        if end is not None:
            self.waiting.push(end, bytes([0x90 | channel, pitch, 0]))
        self.foresight.change()

    def send_until(self, quarter, transport=SLOW):
        for due, message in self.waiting.pop(quarter):
            self.foresight.sent(message, due, transport.seconds_at(due))

    def turn(self, now, transport=SLOW, until=4.0):
        self.foresight.turn(now, transport, self.waiting.waiting, until)

    @property
    def notes(self):
        """Of the last telling: channel, pitch, begin, end, in order."""
        return sorted((n.channel, n.pitch, n.begin, n.end) for n in self.tellings[-1][0])


@pytest.fixture
def told():
    return Told()


def test_notes_that_wait_are_told_in_seconds_with_their_ends(told):
    told.push(BASS, 40, 0, 2)
    told.push(PIANO, 60, 1)
    told.turn(9.9)
    assert told.notes == [(BASS, 40, 10, 12), (PIANO, 60, 11, math.inf)]
    assert told.tellings[-1][1] == 14
    assert {(n.velocity, n.place) for n in told.tellings[-1][0]} == {(80, 0), (80, 480)}


def test_nothing_is_told_while_all_goes_as_told(told):
    told.push(BASS, 40, 0, 2)
    told.turn(9.9)
    told.send_until(1)
    told.turn(11)
    told.send_until(3)
    told.turn(13)
    assert len(told.tellings) == 1


def test_notes_that_sound_or_die_away_are_told_with_those_to_come(told):
    told.push(BASS, 40, 0, 1)
    told.push(PIANO, 60, 0)
    told.send_until(1)
    told.push(BASS, 43, 2, 3)
    told.turn(11.5)
    assert told.notes == [(BASS, 40, 10, 11), (BASS, 43, 12, 13), (PIANO, 60, 10, math.inf)]


def test_the_end_of_a_held_note_is_told_once_it_is_decided(told):
    told.push(PIANO, 60, 0)
    told.send_until(1)
    told.turn(11)
    told.waiting.push(2.5, bytes([0x90 | PIANO, 60, 0]))
    told.foresight.change()
    told.turn(11.1)
    assert told.notes == [(PIANO, 60, 10, 12.5)]


def test_a_note_that_is_struck_again_ends_there(told):
    told.push(PIANO, 60, 0)
    told.push(PIANO, 60, 1, 2)
    told.turn(9.9)
    assert told.notes == [(PIANO, 60, 10, 11), (PIANO, 60, 11, 12)]
    told.send_until(1.5)
    told.foresight.change()
    told.turn(11.5)
    assert told.notes == [(PIANO, 60, 10, 11), (PIANO, 60, 11, 12)]


def test_what_is_long_over_is_told_no_more(told):
    told.push(BASS, 40, 0, 1)
    told.send_until(2)
    told.foresight.change()
    told.turn(11 + PAST_SECONDS - 0.1)
    assert told.notes == [(BASS, 40, 10, 11)]
    told.foresight.change()
    told.turn(11 + PAST_SECONDS + 0.1)
    assert told.notes == []


def test_channels_that_are_let_go_have_ended_and_begin_nothing(told):
    told.push(BASS, 40, 0)
    told.push(BASS, 43, 1.5)
    told.push(PIANO, 60, 0)
    told.send_until(2)  # sent, and due later
    told.turn(11)
    told.foresight.let_go([BASS], 11.2)
    told.turn(11.2)
    assert told.notes == [(BASS, 40, 10, 11.2), (PIANO, 60, 10, math.inf)]


def test_a_note_that_was_sent_to_end_later_ends_when_it_is_let_go(told):
    told.push(BASS, 40, 0, 1)
    told.send_until(2)
    told.foresight.let_go([BASS], 10.5)
    told.turn(10.5)
    assert told.notes == [(BASS, 40, 10, 10.5)]


def test_another_tempo_moves_what_waits_and_is_told(told):
    told.push(BASS, 40, 0, 2)
    told.turn(9.9)
    told.send_until(1)
    fast = SLOW.retimed(11, 120)
    told.turn(11, fast)
    assert told.notes == [(BASS, 40, 10, 11.5)]
    assert told.tellings[-1][1] == 12.5


@pytest.mark.parametrize(("moved", "tellings"), [(0.4, 1), (1.1, 2)])
def test_a_clock_that_trembles_a_little_is_not_told(told, moved, tellings):
    told.push(BASS, 40, 0, 2)
    told.turn(9.9)
    told.turn(10, SLOW.moved(10 + moved * MOVED_SECONDS, 0.0))
    assert len(told.tellings) == tellings


def test_other_channels_and_messages_are_not_told(told):
    told.push(OTHER, 60, 0, 1)
    told.waiting.push(0.5, bytes([0xB0 | BASS, 7, 100]))
    told.foresight.sent(bytes([0xC0 | BASS, 3]), 0, 10)
    told.turn(9.9)
    assert told.notes == []


def test_while_time_stands_still_only_what_was_is_told(told):
    told.push(BASS, 40, 0)
    told.send_until(1)
    told.push(BASS, 43, 2)
    told.turn(11, None)
    assert told.notes == [(BASS, 40, 10, math.inf)]
