"""The engine's thread: it plays, and however it ends, notes end."""

import threading
import time
from collections import Counter

import pytest
from test_conductor import Ear, Steady, scale

from musegan.live.conductor import Conductor
from musegan.live.engine import Engine
from musegan.live.setup import Setup
from musegan.music.metre import Metre

pytestmark = pytest.mark.realtime


class Running(Ear):
    """An ear by the real clock."""

    def __init__(self):
        super().__init__(clock=None)

    def send(self, message, due=None):
        self.heard.append((time.perf_counter(), message, due))


def engine(**setup):
    ear = Running()
    script = setup.pop("script", ())
    conductor = Conductor(Setup(metre=Metre(), **setup), Steady(), ear, script=script)
    return Engine(conductor), ear


def left_on(ear):
    sounding = Counter()
    for _, message, _ in ear.heard:
        kind, key = message[0] & 0xF0, (message[0] & 0x0F, *message[1:2])
        if kind == 0x90 and message[2]:
            sounding[key] += 1
        elif kind in (0x80, 0x90):
            sounding.pop(key, None)
    return sounding


def wait(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_it_plays_to_the_end_by_itself_and_finishes():
    playing, ear = engine(qpm=400, script=scale(3), count_in=0, bars=4)
    playing.start()
    assert playing.finished.wait(10)
    playing.stop()
    assert playing.failure is None
    assert any(m[0] == 0x91 and m[2] for _, m, _ in ear.heard)
    assert left_on(ear) == Counter()


def test_a_key_that_a_driver_hears_sounds_through_without_waiting_for_a_turn():
    playing, ear = engine(thru=True, qpm=40)
    playing.start()
    wait(lambda: playing.conductor.transport is not None)
    playing.hear(bytes([0x90, 61, 100]), time.perf_counter())
    wait(lambda: any(m == bytes([0x90, 61, 100]) for _, m, _ in ear.heard), 1)
    playing.stop()
    assert left_on(ear) == Counter()


def test_a_bug_ends_the_thread_and_every_note_and_is_kept_for_who_started_it():
    playing, ear = engine(qpm=400, script=scale(8), count_in=0)
    playing.start()
    wait(lambda: playing.conductor.notes_on > 0)

    def fail(now):
        raise ZeroDivisionError("a bug")

    playing.call(fail)
    assert playing.finished.wait(5)
    playing.stop()
    assert isinstance(playing.failure, ZeroDivisionError)
    assert left_on(ear) == Counter()


def test_stopping_from_another_thread_ends_every_note():
    playing, ear = engine(qpm=400, script=scale(64), count_in=0)
    playing.start()
    wait(lambda: playing.conductor.notes_on > 0)
    playing.stop()
    assert left_on(ear) == Counter()
    assert not [t for t in threading.enumerate() if t.name == "musegan engine"]


def test_what_was_played_before_it_began_is_none_of_it():
    playing, _ = engine(thru=True)
    playing.hear(bytes([0x90, 61, 100]), time.perf_counter())
    playing.start()
    wait(lambda: playing.conductor.transport is not None)
    time.sleep(0.05)
    playing.stop()
    assert playing.conductor.keyboard.notes == []


def test_why_there_is_no_real_time_priority_is_said(monkeypatch):
    import os

    if not hasattr(os, "sched_setscheduler"):
        pytest.skip("this system has no SCHED_FIFO")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    playing, _ = engine(qpm=400, count_in=0, bars=1)
    playing.start()
    playing.finished.wait(5)
    playing.stop()
    assert "real-time priority" in playing.priority_problem
