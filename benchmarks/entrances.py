"""How guitar and strings come and go in the corpora: what the habits of `music/sections.py` are taken from.

    python benchmarks/entrances.py DATA

DATA holds pop909, simutrans and freedoom; of each its training songs, in phrases of four bars from the
melody's first bar to its last. `stays`, `returns` and `yields` are of a logistic regression on whether
the role played in the phrase before and on how many notes are sung, over the song's mean, less 1;
`breathes` is the share of the phrases it plays in of which it leaves out bars, `sung` and `unsung` how many
of their bars with and without melody, `heard` and `unheard` how many of those after one. Also how much of a
song lies in refrains, of the validation songs.
"""

import argparse
from pathlib import Path

import numpy as np
from machine import write_result
from sklearn.linear_model import LogisticRegression

from musegan.data.corpora import load
from musegan.data.pianorolls import cut
from musegan.music.arrangement import START, Arrangement, melody_span
from musegan.music.band import Role
from musegan.music.pianoroll import draw
from musegan.music.refrain import refrains
from musegan.music.sections import PHRASE_BARS, sounding_bars

CORPORA = ("pop909", "simutrans", "freedoom")
LIKELY = 100.0  # how little the regression is held back


def spans_of(corpus: str, data: Path, split: str) -> list[Arrangement]:
    """The songs of a split in which something is sung, from the melody's first bar to its last."""
    songs = [melody_span(song) for song in load(corpus, data / corpus, split)]
    return [song for song in songs if len(song.melody)]


def habit(songs: list[Arrangement], role: Role) -> dict[str, float]:
    """How a role comes and goes in the songs that have it."""
    told, plays, partial = [], [], []
    left = np.zeros((2, 2))  # bars left out and all, without melody and with
    after = np.zeros((2, 2))  # the same by the bar before
    for song in songs:
        if role not in song.band:
            continue
        starts = song.grid.bar_starts
        sung, there = (sounding_bars(part, song.grid) for part in (song.melody, song.band[role]))
        before_it = np.append(False, sung[:-1])
        first, last = np.flatnonzero(sung)[[0, -1]]
        begins = np.arange(first, last - PHRASE_BARS + 2, PHRASE_BARS)
        notes = np.searchsorted(song.melody[:, START], starts[[begins, begins + PHRASE_BARS]])
        counts = notes[1] - notes[0]
        more = counts / max(1e-9, float(counts.mean())) - 1 if len(counts) else counts
        before = None
        for begin, share in zip(begins, more, strict=True):
            bars = there[begin : begin + PHRASE_BARS]
            if before is not None:
                told.append((2.0 * before - 1, share))
                plays.append(bars.any())
            before = bars.any()
            if before:
                partial.append(not bars.all())
            if before and not bars.all():
                now = np.arange(begin, begin + PHRASE_BARS)
                for melody in (0, 1):
                    for counted, there_then in ((left, sung[now]), (after, before_it[now])):
                        of = there_then == melody
                        counted[melody] += (~bars[of]).sum(), of.sum()
    fit = LogisticRegression(C=LIKELY).fit(told, plays)
    level, (step, slope) = float(fit.intercept_[0]), fit.coef_[0].tolist()
    unsung, with_melody = left[:, 0] / np.maximum(left[:, 1], 1)
    unheard, heard = after[:, 0] / np.maximum(after[:, 1], 1)
    return {
        "phrases": len(plays),
        "share": float(np.mean(plays)),
        "stays": 1 / (1 + float(np.exp(-level - step))),
        "returns": 1 / (1 + float(np.exp(-level + step))),
        "yields": -slope,
        "breathes": float(np.mean(partial)),
        "sung": float(with_melody),
        "unsung": float(unsung),
        "heard": float(heard),
        "unheard": float(unheard),
    }


def in_refrains(songs: list[Arrangement]) -> float:
    """The mean share of a song's half bars whose melody was there before."""
    return float(
        np.mean(
            [
                (refrains(onsets[:, 0] > 0, song.grid.cell_table()) > 0).mean()
                for song in songs
                for onsets in [cut(draw(song.melody, song.grid.steps), song.grid)]
            ]
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    found = {}
    for corpus in CORPORA:
        songs = spans_of(corpus, data, "train")
        roles = [role for role in (Role.GUITAR, Role.STRINGS) if any(role in s.band for s in songs)]
        found[corpus] = {role.value: habit(songs, role) for role in roles}
        for role, figures in found[corpus].items():
            print(corpus, role, *(f"{name} {value:.3g}" for name, value in figures.items()))
        held = spans_of(corpus, data, "validation")
        found[corpus]["in_refrains"] = in_refrains(held)
        print(corpus, f"in refrains {found[corpus]['in_refrains']:.3f} of {len(held)} songs")
    write_result("entrances", {"corpora": found})


if __name__ == "__main__":
    main()
