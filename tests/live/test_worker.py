"""A generator in a process of its own: a real one, with a toy in it."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from toys import open_dying, open_hanging, open_once, open_patient, open_quick, open_refusing

from musegan.errors import CheckpointError, ConfigError, MuseganError
from musegan.live import servant as module
from musegan.live import worker as cues
from musegan.live.worker import Worker
from musegan.music.band import Role
from musegan.music.cue import Cue
from musegan.music.metre import Metre

pytestmark = pytest.mark.realtime

PATIENCE = 30.0  # seconds until a test gives up; a process starts in less than one


def cue(number=0, notes=4, seed=0):
    melody = np.tile(np.array([-2, -1, 60, 80]), (notes, 1))
    return Cue(melody, {}, Metre().places(0, 8), (Role.BASS,), number, seed=seed)


def until(condition, worker=None):
    """Poll until a condition holds; the worker is looked after meanwhile, as by a session."""
    gives_up = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < gives_up
        if worker is not None:
            worker.look_after()
        time.sleep(0.005)
    return found


def bass(answer):
    return answer[Role.BASS][0, 2]


def next_answer(worker):
    return bass(until(worker.answer))


@pytest.fixture
def started():
    """Start workers, and close them at the end."""
    workers = []

    def start(open_improvise):
        workers.append(Worker(open_improvise))
        workers[-1].start()
        return workers[-1]

    yield start
    for each in workers:
        each.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "STUCK_SECONDS", 0.2)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)


def test_a_cue_is_answered_and_taken_once(started):
    worker = started(open_quick)
    assert worker.alive
    assert worker.answer() is None
    for number in (3, 7):
        worker.ask(cue(number))
        assert next_answer(worker) == 36 + number
        assert worker.answer() is None
    assert worker.generation.count == 2
    assert worker.restarts == 0 and worker.notices == []


def test_an_answer_to_an_older_cue_is_not_taken_for_the_newers(started, tmp_path):
    worker = started(partial(open_patient, tmp_path))
    worker.ask(cue(1))
    until((tmp_path / "got1").exists)
    worker.ask(cue(2))
    (tmp_path / "go1").touch()
    until((tmp_path / "got2").exists)  # so the first is answered
    assert worker.answer() is None
    (tmp_path / "go2").touch()
    assert next_answer(worker) == 38


def test_an_answer_that_nobody_fetched_is_not_taken_for_the_next(started, tmp_path):
    worker = started(partial(open_patient, tmp_path))
    (tmp_path / "go1").touch()
    worker.ask(cue(1))
    until(worker._connection.poll)
    worker.ask(cue(2))
    until((tmp_path / "got2").exists)
    assert worker.answer() is None
    (tmp_path / "go2").touch()
    assert next_answer(worker) == 38


def test_a_cue_that_comes_while_another_is_answered_has_its_answer_after_it(started, tmp_path):
    worker = started(partial(open_patient, tmp_path))
    (tmp_path / "go3").touch()
    worker.ask(cue(1))
    until((tmp_path / "got1").exists)
    (tmp_path / "go1").touch()
    worker.ask(cue(2))
    until(lambda: worker.answer() is not None or worker.generation.count == 1)
    worker.ask(cue(3))
    (tmp_path / "go2").touch()
    assert next_answer(worker) == 39


def test_asking_never_blocks_when_the_process_does_not_read(started):
    worker = started(open_quick)
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        long = cue(notes=100_000)  # more than any pipe holds
        for _ in range(200):  # it would wait for ever
            worker.ask(long)
            assert worker.answer() is None
        assert worker._outbox.qsize() <= cues.MOST_UNANSWERED
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    until(lambda: worker.answer() is not None or worker.generation.count)
    worker.ask(cue(5))
    assert next_answer(worker) == 41


def test_a_killed_process_is_noticed_replaced_and_answers_again(started, impatient):
    worker = started(open_quick)
    first = worker.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: worker.restarts, worker)
    assert not worker.alive
    worker.ask(cue(1))  # lost
    assert worker.answer() is None
    until(lambda: worker.alive, worker)
    assert worker.pid != first
    worker.ask(cue(2))
    assert next_answer(worker) == 38
    assert worker.restarts == 1
    assert worker.notices == [
        "the generator died; the band repeats while it starts again",
        "the generator is back",
    ]


def test_a_death_that_the_band_notices_first_is_told_too(started, impatient):
    worker = started(open_quick)
    os.kill(worker.pid, signal.SIGKILL)

    def band_notices():
        worker.ask(cue())
        assert worker.answer() is None
        return not worker.alive

    until(band_notices)
    until(lambda: worker.alive, worker)
    assert worker.notices[0] == "the generator died; the band repeats while it starts again"
    worker.ask(cue(2))
    assert next_answer(worker) == 38


def test_a_process_that_dies_of_a_cue_is_replaced(started, impatient):
    worker = started(open_quick)
    worker.ask(cue(seed=99))
    until(lambda: worker.restarts, worker)
    until(lambda: worker.alive, worker)
    worker.ask(cue(2))
    assert next_answer(worker) == 38


def test_a_process_that_hangs_is_replaced_though_it_was_started_just_now(
    started, impatient, tmp_path
):
    worker = started(partial(open_patient, tmp_path))
    first = worker.pid
    worker.ask(cue(1))
    began = time.monotonic()
    until(lambda: worker.restarts, worker)
    assert time.monotonic() - began > 0.2
    until(lambda: worker.alive, worker)
    assert worker.pid != first
    (tmp_path / "go2").touch()
    worker.ask(cue(2))
    assert next_answer(worker) == 38
    assert worker.notices[0] == "the generator hangs; the band repeats while it starts again"


def test_a_stopped_process_with_a_full_pipe_is_replaced(started, impatient):
    worker = started(open_quick)
    os.kill(worker.pid, signal.SIGSTOP)
    worker.ask(cue(1, notes=50_000))
    until(lambda: worker.restarts, worker)
    until(lambda: worker.alive, worker)
    worker.ask(cue(2))
    assert next_answer(worker) == 38


def test_a_process_whose_answer_nobody_fetched_does_not_hang(started, impatient, monkeypatch):
    worker = started(open_quick)
    worker.ask(cue(1))
    until(worker._connection.poll)
    monkeypatch.setattr(module, "STUCK_SECONDS", -1.0)  # as if that were long ago
    worker.watch()
    assert worker.alive and worker.restarts == 0 and worker.notices == []


def test_a_process_that_nobody_asks_does_not_hang(started, impatient):
    worker = started(open_quick)
    worker.ask(cue(1))
    next_answer(worker)
    ends = time.monotonic() + 0.5
    until(lambda: time.monotonic() > ends, worker)
    assert worker.restarts == 0 and worker.notices == []


def test_a_process_that_loads_too_long_is_replaced(started, impatient, monkeypatch):
    worker = started(open_quick)
    monkeypatch.setattr(worker, "_open", open_hanging)
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: worker.restarts == 1, worker)
    monkeypatch.setattr(worker, "_open", open_quick)
    monkeypatch.setattr(module, "START_SECONDS", 0.2)
    until(lambda: worker.restarts == 2, worker)
    monkeypatch.setattr(module, "START_SECONDS", 60.0)
    until(lambda: worker.alive, worker)


def test_a_model_that_is_gone_is_tried_again_and_not_taken_on(started, impatient, tmp_path):
    worker = started(partial(open_once, tmp_path))
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: worker.restarts == 2, worker)
    assert not worker.alive
    (tmp_path / "loaded").unlink()
    until(lambda: worker.alive, worker)
    assert worker.notices[-1] == "the generator is back"


def test_a_process_that_dies_while_a_session_waits_for_it_is_replaced(impatient):
    worker = Worker(open_hanging)
    try:
        worker.launch()
        worker.look_after()
        assert not worker.alive and not worker.notices
        worker._open = open_quick
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: worker.restarts == 1, worker)
        assert worker.notices == [
            "the generator's process died while it loaded the model; "
            "`musegan doctor` says what is installed; it is started again"
        ]
        until(lambda: worker.alive, worker)
        assert worker.notices[-1] == "the generator is back"
        worker.ask(cue())
        assert next_answer(worker) == 36
    finally:
        worker.close()


@pytest.mark.parametrize("kind", [CheckpointError, ConfigError])
def test_a_model_that_cannot_be_used_is_told_by_looking_after_it(kind):
    worker = Worker(partial(open_refusing, kind))
    try:
        worker.launch()
        with pytest.raises(kind, match=r"model\.safetensors: no such file"):
            until(lambda: worker.alive, worker)
        assert worker.restarts == 0
    finally:
        worker.close()


@pytest.mark.parametrize("kind", [CheckpointError, ConfigError])
def test_what_loading_raises_is_raised_by_start(started, kind):
    with pytest.raises(kind, match=r"model\.safetensors: no such file"):
        started(partial(open_refusing, kind))


def test_a_process_that_dies_while_it_loads_is_told_by_start(started):
    with pytest.raises(MuseganError, match="died while it loaded the model; `musegan doctor`"):
        started(open_dying)


def test_a_process_that_never_finishes_loading_is_told_by_start(started, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0.2)
    with pytest.raises(MuseganError, match="took too long while it loaded the model"):
        started(open_hanging)


def test_closing_ends_the_process_and_its_thread_and_may_be_done_twice(started):
    worker = started(open_quick)
    process = worker._process
    worker.close()
    assert not process.is_alive() and process.exitcode == -signal.SIGKILL
    assert worker.pid is None and not worker.alive
    assert "to the generator" not in [thread.name for thread in threading.enumerate()]
    worker.ask(cue())
    assert worker.answer() is None
    worker.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_replacing_processes_keeps_no_files_open(started, impatient):
    worker = started(open_quick)
    counts = []
    for restart in (1, 2):
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda restart=restart: worker.restarts == restart, worker)
        until(lambda: worker.alive, worker)
        counts.append(len(os.listdir("/proc/self/fd")))
    assert counts[0] == counts[-1]


def test_a_worker_that_was_not_started_answers_nothing_and_closes():
    worker = Worker(open_quick)
    worker.ask(cue())
    assert worker.answer() is None and worker.pid is None
    worker.close()
