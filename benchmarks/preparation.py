"""How fast POP909 is prepared for training: every song read, cut into cells, packed and saved.

    python benchmarks/preparation.py DATA/pop909 [--jobs N] [--turns N]

All songs of the folder are prepared, of either split, by so many processes; the start of the
processes and the writing of the file count.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import write_result

from musegan.data import pianorolls, preparation

TARGET = 60.0  # seconds for 818 songs with two processes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="POP909's folder of songs")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3, help="the best and the median are told")
    asked = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pop909.npz")
        for _ in range(asked.turns):
            began = time.perf_counter()
            rolls = preparation.prepare("pop909", asked.folder, "all", jobs=asked.jobs)
            pianorolls.save(rolls, path)
            spent.append(time.perf_counter() - began)
        size = path.stat().st_size
    best, median = min(spent), sorted(spent)[len(spent) // 2]
    figures: dict[str, Any] = {
        "load_before": load,
        "jobs": asked.jobs,
        "songs": len(rolls.names),
        "cells": len(rolls.song),
        "seconds": round(best, 2),
        "seconds_median": round(median, 2),
        "songs_per_second": round(len(rolls.names) / best, 1),
        "megabytes": round(size / 1e6, 2),
        "target_seconds": TARGET,
        "margin": round(TARGET / best, 2),
    }
    for name, value in figures.items():
        print(f"{name:18} {value}")
    print(write_result("preparation", figures))


if __name__ == "__main__":
    main()
