"""A synth in a process of its own: a real one, with a toy in it."""

import os
import signal
import threading
import time
from functools import partial

import pytest
from toys import open_refusing, open_renders

from musegan.errors import UsageError
from musegan.live import renderer as module
from musegan.live import servant
from musegan.live.renderer import Renderer, taken_back
from musegan.music.foresight import Foreseen

pytestmark = pytest.mark.realtime

PATIENCE = 30.0  # seconds until a test gives up
BASS, DRUMS = 1, 9


class Parts:
    """Where pieces go; it writes down what it gets."""

    channels = (BASS,)

    def __init__(self):
        self.serving = False
        self.late_notes = 0
        self.pieces, self.taken = [], []

    def put(self, piece):
        self.pieces.append(piece)

    def take_back(self, channel, seconds, telling):
        self.taken.append((channel, seconds, telling))


def note(begin, end=1e9, channel=BASS, pitch=40):
    return Foreseen(channel, pitch, 80, begin, end, round(begin))


def until(condition, renderer=None):
    gives_up = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < gives_up
        if renderer is not None:
            renderer.watch()
        time.sleep(0.005)
    return found


@pytest.fixture
def parts():
    return Parts()


@pytest.fixture
def renderer(parts):
    made = Renderer(open_renders, parts)
    made.start()
    until(lambda: parts.pieces)  # of what is told at the beginning: nothing
    yield made
    made.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(servant, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(servant, "RETRY_SECONDS", 0.1)


def test_what_is_told_comes_back_as_pieces(renderer, parts):
    assert renderer.alive and parts.serving
    renderer.foresee([note(5.0)], 10.0)
    until(lambda: "piece 1" in parts.pieces)
    renderer.foresee([note(5.0), note(6.0)], 10.0)
    until(lambda: "piece 2" in parts.pieces)
    assert renderer.rendering.count == len(parts.pieces)
    assert parts.taken == [] and renderer.notices == []


def test_it_is_counted_how_long_before_they_are_due_notes_are_there(renderer, parts):
    renderer.foresee([note(time.perf_counter() + 50)], 10.0)
    until(lambda: renderer.ahead.count == 1)
    assert 20_000 < renderer.ahead.percentile(50) <= 50_000
    renderer.foresee([note(time.perf_counter() + 0.001)], 10.0)  # it cannot be there in time
    until(lambda: renderer.ahead.count == 2)
    assert renderer.ahead.percentile(1) < 1
    renderer.foresee([note(renderer._since - 1.0)], 10.0)  # nobody was there
    until(lambda: "piece 3" in parts.pieces)
    assert renderer.ahead.count == 2


def test_other_channels_are_not_told(renderer, parts):
    renderer.foresee([note(5.0, channel=DRUMS)], 10.0)
    until(lambda: "piece 1" in parts.pieces)
    assert renderer.ahead.count == 0


def test_a_process_that_died_is_replaced_and_told_all_again(renderer, parts, impatient):
    renderer.foresee([note(5.0)], 10.0)
    until(lambda: "piece 1" in parts.pieces)
    first = renderer.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not renderer.alive)
    renderer.watch()
    assert not parts.serving
    parts.pieces.clear()
    until(lambda: renderer.alive, renderer)
    assert renderer.pid != first
    until(lambda: "piece 1" in parts.pieces)
    assert parts.serving
    assert renderer.notices == [
        "the synth died; the SoundFont plays while it starts again",
        "the synth is back",
    ]


def test_a_process_that_dies_of_what_it_is_told_is_replaced(renderer, parts, impatient):
    renderer.foresee([], 99)
    until(lambda: not renderer.alive)
    renderer.foresee([], 10.0)
    until(lambda: renderer.alive, renderer)
    until(lambda: "piece 2" in parts.pieces)


def test_a_bug_is_told_in_a_line_and_the_process_replaced(renderer, impatient):
    renderer.foresee([], 98)
    until(lambda: not renderer.alive)
    renderer.foresee([], 10.0)
    until(lambda: renderer.restarts, renderer)
    assert renderer.notices[0] == (
        "the synth died (internal error of the synth, please report it: ValueError('a bug')); "
        "the SoundFont plays while it starts again"
    )


@pytest.mark.parametrize("how", ["sleeps", "stopped"])
def test_a_process_that_hangs_is_replaced(renderer, impatient, how):
    if how == "stopped":
        os.kill(renderer.pid, signal.SIGSTOP)
    renderer.foresee([], 97)
    until(lambda: renderer.restarts, renderer)
    assert renderer.notices[0] == "the synth hangs; the SoundFont plays while it starts again"
    renderer.foresee([], 10.0)
    until(lambda: renderer.alive, renderer)


def test_a_process_that_is_told_nothing_does_not_hang(renderer, impatient):
    renderer.foresee([], 10.0)
    ends = time.monotonic() + 0.7
    until(lambda: time.monotonic() > ends, renderer)
    assert renderer.restarts == 0


def test_that_notes_are_late_is_said_once(renderer, parts):
    for parts.late_notes in (module.LATE_NOTES - 1, module.LATE_NOTES, 100):
        renderer.watch()
    assert renderer.notices == [
        "the synth is late; the SoundFont begins the notes that it is late with"
    ]


def test_what_loading_raises_is_raised_by_start(parts):
    with pytest.raises(UsageError, match="no such file"):
        Renderer(partial(open_refusing, UsageError), parts).start()


def test_closing_ends_the_process_and_its_threads(parts):
    renderer = Renderer(open_renders, parts)
    renderer.start()
    renderer.close()
    renderer.close()
    assert renderer.pid is None and not renderer.alive
    names = {"to the synth", "from the synth"}
    until(lambda: not names & {thread.name for thread in threading.enumerate()})
    renderer.foresee([note(5.0)], 10.0)


def keyed(*notes):
    return {(n.channel, n.place, n.pitch): n for n in notes}


def test_notes_that_are_gone_are_taken_back_from_where_they_began():
    known = keyed(note(5), note(7), note(6, channel=DRUMS))
    assert taken_back(known, keyed(note(6, channel=DRUMS)), 5.5) == {BASS: 5}
    assert taken_back(known, keyed(note(5), note(6, channel=DRUMS)), 5.5) == {BASS: 7}


def test_notes_that_are_over_or_new_or_as_before_take_nothing_back():
    known = keyed(note(1, 2), note(5))
    assert taken_back(known, keyed(note(5), note(6)), 3) == {}


def test_a_note_that_was_moved_is_taken_back_and_one_that_ends_a_moment_after():
    known = keyed(note(5))
    moved = {key: n._replace(begin=4.8) for key, n in known.items()}
    assert taken_back(known, moved, 1) == {BASS: 4.8}
    nearly = {key: n._replace(begin=5 + 0.9 * module.MOVED_SECONDS) for key, n in known.items()}
    assert taken_back(known, nearly, 1) == {}
    ended = {key: n._replace(end=5.5) for key, n in known.items()}
    assert taken_back(known, ended, 5.2) == {BASS: 5.5 + module.GRACE_SECONDS}
    assert taken_back(ended, known, 5.2) == {}
