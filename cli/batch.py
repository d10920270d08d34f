"""A command's job on all of its inputs: what may be written, progress, outcomes, the exit code."""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from musegan.catalogue import MIDI_SUFFIXES, Entry, find_inputs, name_results, open_output
from musegan.errors import UsageError
from musegan.files import write_whole
from musegan.workshop import OpenWorker, Outcome, work_through

from .main import FAILED, INTERRUPTED, MISUSED


@dataclass(frozen=True)
class Batch:
    """What a command was asked to do."""

    command: str
    inputs: tuple[str, ...]
    output: Path
    formats: tuple[str, ...]
    variations: int = 1
    jobs: int = 1
    overwrite: bool = False
    report: Path | None = None
    suffixes: frozenset[str] = MIDI_SUFFIXES  # of the inputs that folders are searched for
    kind: str = "MIDI file"
    unit: str = "songs"
    entries: tuple[Entry, ...] = ()  # instead of inputs: results that come of no file


def targets_of(entry: Entry, output: Path, formats: Sequence[str], variation: int) -> list[Path]:
    """The files of one variation."""
    return [entry.result(output, suffix, variation) for suffix in formats]


def check_report(report: Path | None) -> None:
    """Raise UsageError where a report could not be written when the work is done."""
    if report is not None:
        check_file(report, "--report")


def check_file(file: Path, option: str) -> None:
    """Raise UsageError where the file of an option could not be written when the work is done."""
    folder = file.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{option} {file}: its folder does not exist")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{option} {file}: cannot be written: {reason}") from error


def run_batch(batch: Batch, open_worker: OpenWorker) -> int:
    """Do the job; returns the exit code. Raises UsageError if nothing can be written at all."""
    sources, missing = find_inputs(batch.inputs, batch.output, batch.suffixes, batch.kind)
    open_output(batch.output)
    entries = list(batch.entries) or name_results(sources, batch.variations)
    _check_report_of(batch, entries)
    signal.signal(signal.SIGTERM, _interrupt)
    progress = Progress(batch.command, len(entries) + len(missing), batch.unit)
    for lost in missing:
        progress.refuse(lost.source, lost.reason, misused=True)
    able = []
    for entry in entries:
        reason = _objection(entry, batch)
        if reason:
            progress.refuse(str(entry.source), reason, misused=False)
        else:
            able.append(entry)
    code = 0
    outcomes = work_through(able, open_worker, batch.jobs)
    try:
        for outcome in outcomes:
            progress.add(outcome)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        outcomes.close()  # type: ignore[attr-defined]
        progress.close()
        if batch.report is not None:
            write_whole(batch.report, (json.dumps(progress.rows, indent=2) + "\n").encode())
    if code:
        done = sum(row["error"] is None for row in progress.rows)
        click.echo(
            f"musegan {batch.command}: interrupted; {done} of {progress.total} done", err=True
        )
        return code
    return progress.code


class Progress:
    """Tells what was done, on standard output, and what was not, on standard error."""

    def __init__(self, command: str, total: int, unit: str = "songs") -> None:
        self.command, self.unit = command, unit
        self.total = total
        self.rows: list[dict[str, Any]] = []
        self.misused = 0
        self.began = time.perf_counter()
        self.live = sys.stderr.isatty()
        self._draw("")

    @property
    def code(self) -> int:
        """0 if all was done, 2 if nothing was asked for that can be, 1 if some inputs failed."""
        if not self.total or self.misused == self.total:
            return MISUSED
        return FAILED if any(row["error"] for row in self.rows) else 0

    def refuse(self, source: str, reason: str, *, misused: bool) -> None:
        """Note an input that is not tried."""
        self._fail(source, reason)
        self.misused += misused
        self.rows.append({"input": source, "error": reason, "seconds": 0.0})
        self._draw(source)

    def add(self, outcome: Outcome) -> None:
        """Note what became of an input."""
        source = str(outcome.entry.source)
        row: dict[str, Any] = {"input": source, "error": outcome.error or None}
        row |= {"seconds": round(outcome.seconds, 3), **outcome.report}
        self.rows.append(row)
        self.misused += outcome.misused
        if outcome.error:
            self._fail(source, outcome.error)
        else:
            self._clear()
            files = ", ".join(str(name) for name in outcome.report.get("files", []))
            click.echo(f"{source} -> {files} ({outcome.seconds:.1f} s)")
            for notice in outcome.report.get("notices", []):
                click.echo(f"    {notice}")
        self._draw(source)

    def close(self) -> None:
        """Take the progress line away."""
        self._clear()

    def _fail(self, source: str, reason: str) -> None:
        self._clear()
        line = reason if reason.startswith(source) else f"{source}: {reason}"
        click.echo(f"musegan {self.command}: {' '.join(line.split())}", err=True)

    def _draw(self, source: str) -> None:
        if not self.live or len(self.rows) == self.total:
            return
        done, spent = len(self.rows), time.perf_counter() - self.began
        rate = f" · {done / spent:.1f} {self.unit}/s" if done and spent > 1 else ""
        last = f" · {Path(source).name}" if source else ""
        click.echo(f"\r\x1b[K{done} of {self.total}{rate}{last}"[:100], nl=False, err=True)

    def _clear(self) -> None:
        if self.live:
            click.echo("\r\x1b[K", nl=False, err=True)


def _check_report_of(batch: Batch, entries: Sequence[Entry]) -> None:
    """Raise UsageError where the report could not be written, or would replace what it may not."""
    report = batch.report
    if report is None:
        return
    check_report(report)
    place = report.resolve()
    for entry in entries:
        variations = range(1, batch.variations + 1)
        results = [targets_of(entry, batch.output, batch.formats, each) for each in variations]
        if place in {path.resolve() for path in chain([entry.source], *results)}:
            raise UsageError(f"--report {report}: is an input or a result; choose another file")
    if report.exists() and not batch.overwrite:
        raise UsageError(f"--report {report}: is there already; --overwrite replaces it")


def _objection(entry: Entry, batch: Batch) -> str:
    """Why an entry must not be worked on; empty if it may."""
    for variation in range(1, batch.variations + 1):
        for path in targets_of(entry, batch.output, batch.formats, variation):
            if path.is_dir():
                return f"{path} is a folder; move it, or choose another folder with -o"
            if path.exists() and entry.source.exists() and path.samefile(entry.source):
                return f"its result would replace it; choose another folder than {batch.output}"
            if path.exists() and not batch.overwrite:
                return f"{path} is there already; --overwrite replaces it"
    return ""


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
