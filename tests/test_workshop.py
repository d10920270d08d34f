import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from musegan.catalogue import Entry
from musegan.errors import CheckpointError, ConfigError, MidiError, MuseganError, UsageError
from musegan.files import written_aside
from musegan.workshop import work_through

ERRORS = {
    "midi": MidiError("midi.mid: is\nempty"),
    "usage": UsageError("no such track"),
    "config": ConfigError("no such style"),
    "disk": OSError(28, "No space left on device", "out/disk.mid"),
    "bug": KeyError("x"),
}


def entries(*names):
    return [Entry(Path(f"{name}.mid"), name) for name in names]


def open_worker():
    return work


def work(entry):
    if entry.stem in ERRORS:
        raise ERRORS[entry.stem]
    return {"files": [entry.stem], "process": os.getpid()}


def open_without_model():
    raise CheckpointError("no model")


def die(entry):
    os.kill(os.getpid(), signal.SIGKILL)


def open_fatal():
    return die


def write_slowly(entry, folder):
    if entry.stem == "fast":
        while not list(folder.glob(".slow-*")):  # until the other is in the middle of its work
            time.sleep(0.01)
        return {}
    with written_aside(folder / "slow.mid") as aside:
        aside.write_bytes(b"half")
        time.sleep(60)
    return {}


def open_slow(folder):
    return partial(write_slowly, folder=folder)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_goes_wrong_with_one_input_is_told_and_the_rest_is_done(jobs):
    names = ["first", "midi", "usage", "disk", "bug", "last"]
    outcomes = {o.entry.stem: o for o in work_through(entries(*names), open_worker, jobs)}
    assert outcomes.keys() == set(names)
    assert outcomes["first"].report["files"] == ["first"]
    assert outcomes["last"].error == ""
    assert outcomes["midi"].error == "midi.mid: is empty"
    assert outcomes["disk"].error == "out/disk.mid: No space left on device"
    assert "internal error" in outcomes["bug"].error and "KeyError('x')" in outcomes["bug"].error
    assert [name for name in names if outcomes[name].misused] == ["usage"]


def test_one_job_works_here_and_in_order():
    outcomes = list(work_through(entries("b", "a"), open_worker))
    assert [outcome.entry.stem for outcome in outcomes] == ["b", "a"]
    assert {outcome.report["process"] for outcome in outcomes} == {os.getpid()}


def test_more_jobs_work_elsewhere():
    outcomes = list(work_through(entries(*"abcdef"), open_worker, 2))
    assert os.getpid() not in {outcome.report["process"] for outcome in outcomes}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_impossible_setting_stops_everything(jobs):
    with pytest.raises(ConfigError, match="no such style"):
        list(work_through(entries("config", "first"), open_worker, jobs))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_that_cannot_be_opened_stops_everything(jobs):
    with pytest.raises(CheckpointError, match="no model"):
        list(work_through(entries("a", "b"), open_without_model, jobs))


def test_a_worker_that_dies_is_told_in_one_line():
    with pytest.raises(MuseganError, match="a worker process died"):
        list(work_through(entries("a", "b"), open_fatal, 2))


def test_leaving_early_leaves_nothing_half_written(tmp_path):
    outcomes = work_through(entries("slow", "fast"), partial(open_slow, tmp_path), 2)
    assert next(outcomes).entry.stem == "fast"
    assert list(tmp_path.glob(".slow-*"))
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 8
    assert list(tmp_path.iterdir()) == []


def test_no_inputs_need_no_worker():
    assert list(work_through([], open_without_model)) == []
