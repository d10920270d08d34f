"""Where the parts of the bundled band lie, beside people's: in their register, on the others' chords, in the key.

    python benchmarks/registers.py DATA

DATA holds pop909, lieder, freedoom and simutrans; of each its validation songs (40 at most), seed 0. `leaps` is
the share of a pitched part's half bars whose pitches, each counted once, lie more than seven semitones in the mean
from those of the half bar before; of the time that the bass sounds `in_chord` is the share in which others sound
its pitch class in that half bar, and `on_root` how many half bars it begins on the root of the major or minor
triad that most of their time goes to; `in_scale` is the share of the time of pitched parts in the scale that the
melody is in, in songs whose melody changes it.
"""

import argparse
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from machine import write_result

from musegan.arranging import Arranger, Wishes
from musegan.data.corpora import load
from musegan.evaluate.table import corpus_roles
from musegan.models.codebook import roots
from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes, melody_span
from musegan.music.band import Role
from musegan.music.modulation import scales_of
from musegan.pretrained import find_model

CORPORA = ("pop909", "lieder", "freedoom", "simutrans")
SONGS = 40
FAR = 7  # semitones
SCALE = (0, 2, 4, 5, 7, 9, 11)


def in_cells(part: Notes, song: Arrangement) -> list[Notes]:
    """What of a part sounds in each half bar, cut at its ends."""
    found = []
    for start, end in pairwise(song.grid.cell_starts.tolist()):
        notes = part[(part[:, START] < end) & (part[:, END] > start)].copy()
        notes[:, [START, END]] = notes[:, [START, END]].clip(start, end)
        found.append(notes)
    return found


def classes_of(notes: Notes) -> np.ndarray:
    """For how many steps each pitch class sounds, (12,)."""
    return np.bincount(notes[:, PITCH] % 12, notes[:, END] - notes[:, START], 12)


def lie(song: Arrangement, band: dict[Role, Notes]) -> dict[str, list[float]]:
    """The measures of one song, as lists to be pooled."""
    told: defaultdict[str, list[float]] = defaultdict(list)
    cells = {role: in_cells(part, song) for role, part in band.items() if role is not Role.DRUMS}
    for role, own in cells.items():
        heights = [np.unique(notes[:, PITCH]).mean() if len(notes) else np.nan for notes in own]
        apart = np.abs(np.diff(heights))
        told[f"leaps/{role.value}"] += (apart[np.isfinite(apart)] > FAR).tolist()
    others = [own for role, own in cells.items() if role is not Role.BASS]
    for index, notes in enumerate(cells.get(Role.BASS, [])):
        chord = sum((classes_of(own[index]) for own in others), np.zeros(12))
        if len(notes) and chord.any():
            told["in_chord"].append(
                float(classes_of(notes) @ (chord > 0)) / classes_of(notes).sum()
            )
            root = int(roots(torch.from_numpy(chord[None])).argmax())
            told["on_root"].append(notes[0, PITCH] % 12 == root)
    scales = scales_of(song.melody, song.grid.bar_starts[:-1])
    if len(set(scales.tolist())) > 1:
        for part in (part for role, part in band.items() if role is not Role.DRUMS):
            bars = np.searchsorted(song.grid.bar_starts, part[:, START], "right") - 1
            inside = np.isin((part[:, PITCH] + scales[bars]) % 12, SCALE)
            told["in_scale"] += np.repeat(inside, part[:, END] - part[:, START]).tolist()
    return told


def measured(arranger: Arranger, corpus: str, data: Path) -> dict[str, dict[str, float]]:
    """The means over a corpus, of the band and of people."""
    songs = [melody_span(song) for song in load(corpus, data / corpus, "validation")][:SONGS]
    roles = corpus_roles(songs)
    pooled: dict[str, defaultdict[str, list[float]]] = {
        who: defaultdict(list) for who in ("ours", "people")
    }
    for song in songs:
        if not len(song.melody):
            continue
        style = song.style if song.style in arranger.styles else None
        written = arranger.arrange(song.melody, song.grid, Wishes(roles, style))
        for who, band in (("ours", written), ("people", dict(song.band))):
            for name, values in lie(song, band).items():
                pooled[who][name] += values
    return {
        who: {name: round(float(np.mean(values)), 3) for name, values in told.items() if values}
        for who, told in pooled.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    torch.set_num_threads(1)
    arranger = Arranger(find_model("band"))
    told = {corpus: measured(arranger, corpus, data) for corpus in CORPORA}
    for corpus, rows in told.items():
        for who, values in rows.items():
            print(corpus, who, values)
    write_result("registers", told)


if __name__ == "__main__":
    main()
