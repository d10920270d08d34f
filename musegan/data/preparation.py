"""Preparing corpora: every song read, cut into cells and packed, on all cores."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from musegan.data.corpora import CORPORA, Split, find_songs
from musegan.data.pianorolls import Packed, Rolls, gather, pack
from musegan.errors import MidiError


def prepare(
    corpus: str,
    folder: Path,
    split: Split = "train",
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    skipped: Callable[[str], None] = lambda line: None,
) -> Rolls:
    """Read one split of a corpus into packed cells.

    `progress` is told (songs done, of all); `skipped` which song cannot be used and why, in a line.

    Raises:
        CorpusError: the corpus is missing, or none of its songs can be used.
    """
    songs = find_songs(corpus, folder, split)
    packed: list[Packed] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = pool.map(partial(_pack_song, corpus), songs, chunksize=8)
        for done, song in enumerate(results, 1):
            if isinstance(song, Packed):
                packed.append(song)
            else:
                skipped(song)
            progress(done, len(songs))
    return gather(packed)


def _pack_song(corpus: str, song: Path) -> Packed | str:
    """One song, or why it cannot be used."""
    try:
        arrangement = CORPORA[corpus].read(song)
    except MidiError as error:
        line = str(error)
        return line if song.name in line else f"{song.name}: {line}"
    if not len(arrangement.melody) or not arrangement.band:
        return f"{song.name}: has no {'band' if len(arrangement.melody) else 'melody'}"
    return pack(arrangement)


def describe(rolls: Rolls) -> str:
    """One line: songs, cells, and how many songs have each role."""
    have = np.asarray(rolls.present).sum(0)
    return (
        f"{len(rolls.names)} songs, {len(rolls.song)} cells, songs with each role: {have.tolist()}"
    )
