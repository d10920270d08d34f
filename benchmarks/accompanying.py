"""How soon a band that plays along has written a bar: quiet, and with every processor kept busy.

    python benchmarks/accompanying.py [--model NAME|FILE] [--bars N]

A melody is made here, in 4/4, phrases of eight bars in the form AABA, and accompanied as in live
playing: each half bar is written from a cue that tells what was heard and played so far, all five
roles, on one thread, with the generator's own priority. A bar is its two half bars, one after the
other, from the cue to the notes; "at once" is a bar that one cue asks for. It is done twice: once with
the machine as it is, and once with a process for each processor that does nothing but compute; those
end by themselves, or when they are no longer needed.

A margin above 1 is better than the target.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from composing import melody
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.accompanying import Improviser
from musegan.live.priority import GENERATOR, become_real_time
from musegan.music.band import ROLES, notes_of_track
from musegan.music.cue import Answer, Cue
from musegan.music.song import written_grid
from musegan.pretrained import FOLDER, find_model
from musegan.rehearsing import accompany

TARGETS = {"quiet": 10.0, "busy": 40.0}  # ms a bar, p99
REST = 3.0  # of what an answer took; who never rests loses real-time priority for a while
WARM_UP = 20  # bars
LONGEST = 300.0  # seconds after which what keeps the processors busy ends in any case
HOG = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: sum(range(9999))"


class Timed:
    """An improviser whose every answer is of all roles and timed."""

    def __init__(self, path: Path) -> None:
        self.improviser = Improviser(path)
        self.seconds: list[float] = []
        self.at_once: list[float] = []  # of whole bars

    def answer(self, cue: Cue) -> Answer:
        whole = replace(cue, plays=ROLES)
        if cue.number % 2 == 0:
            began = time.perf_counter()
            self.improviser.answer(replace(whole, cells=2))
            self.at_once.append(time.perf_counter() - began)
        began = time.perf_counter()
        answer = self.improviser.answer(whole)
        self.seconds.append(time.perf_counter() - began)
        self.improviser.remember(whole, answer)  # as the live generator does when nobody waits
        time.sleep(REST * self.seconds[-1])
        return answer


@contextmanager
def busy_processors() -> Iterator[int]:
    """Keep every processor busy; yields how many processes do."""
    count = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    hogs = [subprocess.Popen([sys.executable, "-c", HOG, str(LONGEST)]) for _ in range(count)]
    try:
        time.sleep(1.0)
        yield count
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def time_bars(model: Path, bars: int) -> dict[str, float]:
    """Percentiles in milliseconds of so many bars, after some that warm up."""
    score = melody(1 + WARM_UP + bars, seed=1)
    grid = written_grid(score, 0)
    timed = Timed(model)
    accompany(grid.quantise(notes_of_track(score.tracks[0])), grid, timed, roles=ROLES, seed=1)
    cells = 1e3 * np.array(timed.seconds[2 * WARM_UP : 2 * (WARM_UP + bars)])
    taken = cells.reshape(-1, 2).sum(1)
    at_once = 1e3 * np.array(timed.at_once[WARM_UP : WARM_UP + bars])
    figures: dict[str, float] = {"bars": len(taken)}
    for name, times in (("bar", taken), ("half_bar", cells), ("bar_at_once", at_once)):
        p50, p90, p99 = np.percentile(times, [50, 90, 99]).tolist()
        figures |= {f"{name}_p50_ms": p50, f"{name}_p90_ms": p90, f"{name}_p99_ms": p99}
        figures[f"{name}_max_ms"] = float(times.max())
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    bundled = "live" if (FOLDER / "live.safetensors").is_file() else "band"
    parser.add_argument("--model", default=bundled, help="a bundled model or a weights file")
    parser.add_argument("--bars", type=int, default=500)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    become_real_time(GENERATOR)
    path = find_model(asked.model)
    figures: dict[str, Any] = {
        "model": path.stem,
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "quiet": time_bars(path, asked.bars),
    }
    with busy_processors() as hogs:
        figures["busy"] = {"hogs": hogs, **time_bars(path, asked.bars)}
    table = Table(title=f"{len(ROLES)} roles, ms", title_justify="left")
    for heading in ("", "of", "p50", "p90", "p99", "max", "target p99", "margin"):
        table.add_column(heading, justify="right" if heading else "left")
    margins = {}
    for name, target in TARGETS.items():
        found = figures[name]
        for what in ("bar_at_once", "half_bar", "bar"):
            margin = target / found[f"{what}_p99_ms"]
            margins[f"{name} {what}"] = {"target": target, "margin": round(margin, 2)}
            times = (f"{found[f'{what}_{which}_ms']:.1f}" for which in ("p50", "p90", "p99", "max"))
            words = what.replace("_", " ")
            table.add_row(name, words, *times, f"≤ {target:g}", f"{margin:.2f}")
        figures[name] = {k: round(v, 3) if isinstance(v, float) else v for k, v in found.items()}
    Console().print(table)
    Console().print(str(write_result("accompanying", {**figures, "targets": margins})))


if __name__ == "__main__":
    main()
