"""Preparing corpora: every song read, cut into cells and packed, on all cores."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from musegan.data.corpora import Split, find_songs, read_song
from musegan.data.pianorolls import Packed, Rolls, gather, pack


def prepare(
    corpus: str,
    folder: Path,
    split: Split = "train",
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Rolls:
    """Read one split of a corpus into packed cells; `progress` is told (songs done, of all).

    Raises:
        CorpusError: the corpus is missing, or none of its songs can be used.
    """
    songs = find_songs(corpus, folder, split)
    packed: list[Packed] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = pool.map(partial(_pack_song, corpus), songs, chunksize=8)
        for done, song in enumerate(results, 1):
            if song is not None:
                packed.append(song)
            progress(done, len(songs))
    return gather(packed)


def _pack_song(corpus: str, song: Path) -> Packed | None:
    arrangement = read_song(corpus, song)
    return None if arrangement is None else pack(arrangement)


def describe(rolls: Rolls) -> str:
    """One line: songs, cells, and how many songs have each role."""
    have = np.asarray(rolls.present).sum(0)
    return (
        f"{len(rolls.names)} songs, {len(rolls.song)} cells, songs with each role: {have.tolist()}"
    )
