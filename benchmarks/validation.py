"""POP909's validation songs, for benchmarks that a band plays them in."""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from musegan.data.corpora import load
from musegan.music.arrangement import Arrangement, melody_span


def on_songs(description: str) -> argparse.ArgumentParser:
    """A parser of DATA, --model and --songs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", type=Path, help="folder of POP909")
    parser.add_argument("--model", default="band", help="bundled model or weights file")
    parser.add_argument("--songs", type=int, help="only the first so many")
    return parser


def songs_of(asked: argparse.Namespace) -> Iterator[Arrangement]:
    """The songs that were asked for, from the melody's first bar to its last."""
    for song in islice(load("pop909", asked.data, "validation"), asked.songs):
        yield melody_span(song)
