"""How soon pictures are ready to train on, and how fast batches of them are drawn.

    python benchmarks/galleries.py [--tiles FOLDER] [--turns N]

Known sets that are here are opened by their names, their training splits whole; those that are not
are left out. A folder of photos is made here, 300 JPEG files of 1600 x 1200, and read twice: file
by file, and as it was kept. Batches of 64 are drawn on the processor, by one thread. Beside the
seconds that pass stand those the processor worked, which other work on the machine does not lengthen.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from machine import write_result
from PIL import Image

from musegan.config import ImageData
from musegan.data import keeping
from musegan.data.galleries import open_gallery
from musegan.data.sources import source_of
from musegan.errors import CorpusError

PHOTOS, SHAPE = 300, (1600, 1200)
TARGET = 2.0  # seconds that the processor works on 3,500 tiles
SETS = {
    "fashion-mnist": ImageData(),
    "mnist": ImageData(source="mnist"),
    "digits": ImageData(source="digits"),
    "emoji": ImageData(source="emoji", channels=3),
}
SOURCES = {
    "images": ImageData(source="digits", flip=True),
    "stacks of 3": ImageData(source="digits", stack=3),
    "captions": ImageData(source="digits", captions=True, channels=3),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiles", type=Path, help="a folder of small pictures in class folders")
    parser.add_argument("--turns", type=int, default=3, help="the best is told")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    sets = dict(SETS)
    if asked.tiles:
        sets["tiles"] = ImageData(source=str(asked.tiles.resolve()), channels=3)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    figures: dict[str, Any] = {"load_before": load, "opened": {}, "drawn": {}}
    for name, data in sets.items():
        try:
            figures["opened"][name] = opened(data, asked.turns)
        except CorpusError as error:
            print(f"{name}: left out ({error})")
    with tempfile.TemporaryDirectory() as folder:
        keeping.FOLDER = Path(folder, "kept")  # nothing of an earlier run, and nothing left behind
        data = ImageData(source=folder + "/photos", channels=3, side=64)
        write_photos(Path(data.source))
        figures["opened"]["photos"] = opened(data, 1)
        keeping.PATIENCE = 0.0
        open_gallery(data)
        figures["opened"]["photos, kept"] = opened(data, asked.turns)
    for name, data in SOURCES.items():
        passed, worked = drawn(data, asked.turns)
        figures["drawn"][name] = {
            "milliseconds": round(1000 * passed, 3),
            "processor_milliseconds": round(1000 * worked, 3),
        }
    if "tiles" in figures["opened"]:
        figures["target_seconds"] = TARGET
        figures["margin"] = round(TARGET / figures["opened"]["tiles"]["processor_seconds"], 2)
    for kind in ("opened", "drawn"):
        for name, values in figures[kind].items():
            print(f"{kind:8} {name:14} {values}")
    print(write_result("galleries", figures))


def opened(data: ImageData, turns: int) -> dict[str, Any]:
    """How long opening a training split takes, and how large it is."""
    passed, worked = best(lambda: open_gallery(data), turns)
    images = open_gallery(data).images
    return {
        "seconds": round(passed, 3),
        "processor_seconds": round(worked, 3),
        "images": len(images),
        "megabytes": round(images.nbytes / 1e6, 1),
    }


def drawn(data: ImageData, turns: int) -> tuple[float, float]:
    """Seconds a batch of 64, passed and worked."""
    source = source_of(open_gallery(data), data, 64, torch.device("cpu"))
    passed, worked = best(
        lambda: [source.draw(np.random.default_rng(i)) for i in range(100)], turns
    )
    return passed / 100, worked / 100


def best(job: Callable[[], object], turns: int) -> tuple[float, float]:
    """Of the fastest turn: seconds that passed, and that the processor worked."""
    spent = []
    for _ in range(turns):
        began, worked = time.perf_counter(), time.process_time()
        job()
        spent.append((time.perf_counter() - began, time.process_time() - worked))
    return min(spent)


def write_photos(folder: Path) -> None:
    """Blurred noise, as large on disk as photos are."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PHOTOS):
        coarse = Image.fromarray(rng.integers(256, size=(12, 16, 3), dtype=np.uint8))
        photo = coarse.resize(SHAPE, Image.Resampling.BICUBIC).effect_spread(4)
        photo.save(folder / f"{number}.jpg", quality=90)


if __name__ == "__main__":
    main()
