"""Whether parts that are given, and the bars around a gap, are heard: on real songs.

    python benchmarks/filling.py DATA/pop909 [--model NAME|FILE] [--songs N] [--seeds N]

DATA/pop909 is a folder of the corpus, of which the validation songs are read.

A part beside another: the bass is written from the melody alone, and to the real piano that is given;
and the piano likewise to the real bass. Told is the share of its pitch classes, step by step, that the
real other part plays in the same beat; the share of its onsets that are onsets of the other; how
both together agree with the melody; and its notes a bar. Beside it stand the real part, and that of
another song.

Bars written anew: of a band, the real one or ours of one seed, four bars are written anew by another
seed, twice a song. Told is, at the two borders, what rhythm the bars on either side have in common
(steps with an onset in both, of those with one in either, mean over roles) and how far their registers
are apart (semitones); the Frechet distance of the four bars around a border from those of the band
as it was; how the new bars agree with the melody; and how many of their notes were there before.
Beside it stand the band left as it is, four bars that know only what is before them, and the four
bars of the other seed's own band, pasted in.

Variations: of our bands a share of half bars is written anew, drawn role by role. Told is, of whole songs,
how the bass agrees with the piano (as above) and both with the melody, the rhythm that neighbouring
bars have in common, and the Frechet distance from the bands as they were. Beside it stand half bars of
another seed's band, pasted in.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table
from seams import AROUND, BARS, JUDGED, Band, Figures, Seams, add_seams, mean, with_stretch
from validation import on_songs, songs_of

from musegan.arranging import Arranger, Wishes
from musegan.evaluate.features import features
from musegan.evaluate.frechet import frechet_distance, standardised
from musegan.music.arrangement import END, PITCH, START, Arrangement, Notes
from musegan.music.band import ROLES, Role
from musegan.music.harmony import centroid_distance, notes_in_chord
from musegan.music.sections import heard_with, played_cells
from musegan.music.sounding import onsets, pooled, sounding_classes, top_pitches
from musegan.music.texture import groove
from musegan.pretrained import find_model

STRETCHES = 2  # of a song
SHARES = (0.1, 0.3, 0.6)  # of half bars


def own_seed(song: Arrangement, seed: int) -> int:
    """No two songs share theirs."""
    return zlib.crc32(song.name.encode()) + seed


def agreement(part: Notes, other: Notes, song: Arrangement) -> float:
    """The share of a part's pitch classes, step by step, that the other plays in the same beat."""
    steps, beats = song.grid.steps, song.grid.beat_starts
    sounding = sounding_classes(part, steps) > 0
    chords = pooled(sounding_classes(other, steps), beats) > 0
    sounding &= chords.any(1, keepdims=True)
    return float((sounding & chords).sum() / sounding.sum()) if sounding.any() else float("nan")


def together(part: Notes, other: Notes, song: Arrangement) -> float:
    """The share of a part's onsets with an onset of the other at the same step."""
    struck = onsets(part, song.grid.steps) > 0
    both = struck & (onsets(other, song.grid.steps) > 0)
    return float(both.sum() / struck.sum()) if struck.any() else float("nan")


def part_figures(part: Notes, other: Notes, song: Arrangement) -> Figures:
    steps, beats = song.grid.steps, song.grid.beat_starts
    heard = pooled(sounding_classes(np.concatenate([part, other]), steps), beats)
    line = top_pitches(song.melody, steps)
    return {
        "in_the_other": agreement(part, other, song),
        "onsets_together": together(part, other, song),
        "MCTD": centroid_distance(line, heard),
        "NiC": notes_in_chord(line, heard),
        "notes_a_bar": len(part) / song.grid.bars,
    }


def measure_parts(
    arranger: Arranger, songs: Sequence[Arrangement], seeds: int
) -> dict[str, dict[str, Figures]]:
    """The bass beside the piano, and the piano beside the bass."""
    pairs = ((Role.BASS, Role.PIANO), (Role.PIANO, Role.BASS))
    rows: dict[str, dict[str, list[Figures]]] = {role.value: {} for role, _ in pairs}

    def add(role: Role, name: str, figures: Figures) -> None:
        rows[role.value].setdefault(name, []).append(figures)

    for number, song in enumerate(songs):
        later = songs[(number + 1) % len(songs)]
        for role, other in pairs:
            real = song.band[other]
            add(role, "real", part_figures(song.band[role], real, song))
            strange = later.band[role][later.band[role][:, END] <= song.grid.steps]
            add(role, "another song's", part_figures(strange, real, song))
            for seed in range(seeds):
                wishes = Wishes([role], song.style, own_seed(song, seed))
                alone = arranger.arrange(song.melody, song.grid, wishes)[role]
                fitted = arranger.arrange(song.melody, song.grid, wishes, {other: real})[role]
                add(role, "from the melody alone", part_figures(alone, real, song))
                add(role, f"to the {other.value} that is given", part_figures(fitted, real, song))
    return {
        role: {
            name: {key: mean([one[key] for one in found]) for key in found[0]}
            for name, found in of.items()
        }
        for role, of in rows.items()
    }


def gaps_of(base: Band, song: Arrangement, first: int, cells_after: int) -> dict[Role, Any]:
    grid = song.grid
    low, high = np.searchsorted(grid.cell_starts, grid.bar_starts[[first, first + BARS]])
    cells = np.arange(grid.cells)
    gap = (cells >= low) & (cells < high + cells_after)
    return {role: gap.copy() for role in base}


def measure_stretches(
    arranger: Arranger, songs: Sequence[Arrangement], seeds: int
) -> dict[str, dict[str, Figures]]:
    """Bars written anew in real bands and in ours."""
    found: dict[str, dict[str, Seams]] = {"real": {}, "ours": {}}
    window = arranger.generator.cells
    for song in songs:
        for seed in range(seeds):
            wishes = [Wishes(ROLES, song.style, own_seed(song, 2 * seed + k)) for k in (0, 1)]
            ours, other = (arranger.arrange(song.melody, song.grid, wish) for wish in wishes)
            low, high = played_cells(heard_with(song.melody, song.band), song.grid)
            bar = np.searchsorted(
                song.grid.bar_starts, song.grid.cell_starts[[low, high - 1]], "right"
            )
            choices = np.arange(bar[0] + AROUND, bar[1] - AROUND - BARS)
            rng = np.random.default_rng(own_seed(song, seed))
            picked = rng.choice(choices, min(STRETCHES, len(choices)), replace=False)
            for name, base in (("real", song.band), ("ours", ours)):
                pasted = {role: part for role, part in other.items() if role in base}
                again = Wishes((), song.style, wishes[1].seed)
                for first in picked.tolist():
                    bands = {
                        "left as it is": base,
                        "written anew": with_new(arranger, song, base, again, first, 0),
                        "knowing what is before alone": with_new(
                            arranger, song, base, again, first, window
                        ),
                        "another seed's, pasted in": with_stretch(base, pasted, song, first),
                    }
                    for row, band in bands.items():
                        add_seams(found[name].setdefault(row, Seams()), band, base, song, first)
    return {
        name: {
            row: seams.figures(np.concatenate(rows["left as it is"].rows))
            for row, seams in rows.items()
        }
        for name, rows in found.items()
    }


def pasted_cells(
    base: Band, other: Band, song: Arrangement, gaps: Mapping[Role, Any]
) -> dict[Role, Notes]:
    """A band with what another's roles begin in some cells in place of its own, cut at their ends."""
    grid, mixed = song.grid, {}
    for role, part in base.items():
        anew = np.repeat(gaps[role], np.diff(grid.cell_starts))
        edges = np.flatnonzero(np.diff(anew.astype(np.int8))) + 1
        both = [part[~anew[part[:, START]]], other[role][anew[other[role][:, START]]]]
        notes = np.concatenate(both)
        border = np.append(edges, grid.steps)[np.searchsorted(edges, notes[:, START], "right")]
        notes[:, END] = np.minimum(notes[:, END], border)
        mixed[role] = notes[np.lexsort((notes[:, PITCH], notes[:, START]))]
    return mixed


def measure_variations(arranger: Arranger, songs: Sequence[Arrangement]) -> dict[str, Figures]:
    """Our bands with a share of their half bars written anew."""
    rows: dict[str, list[Figures]] = {}
    windows: dict[str, list[npt.NDArray[np.float64]]] = {}
    for song in songs:
        seed = own_seed(song, 0)
        base, other = (
            arranger.arrange(song.melody, song.grid, Wishes(ROLES, song.style, seed + k))
            for k in (0, 1)
        )
        bands: dict[str, Band] = {"left as it is": base}
        for share in SHARES:
            draws = np.random.default_rng(seed).random((song.grid.cells, len(base)))
            gaps = {role: draws[:, k] < share for k, role in enumerate(base)}
            again = Wishes((), song.style, seed + 1)
            whole = arranger.arrange(song.melody, song.grid, again, base, gaps)
            bands[f"{share} written anew"] = {**base, **whole}
            bands[f"{share} another seed's, pasted in"] = pasted_cells(base, other, song, gaps)
        for name, band in bands.items():
            found = part_figures(band[Role.BASS], band[Role.PIANO], song)
            grooves = [groove(part, song.grid.bar_starts) for part in band.values() if len(part)]
            own, old = ({(r, a, p) for r, part in b.items() for a, _, p, _ in part.tolist()} for b in (band, base))  # fmt: skip
            kept = len(own & old) / max(len(own), 1)
            rows.setdefault(name, []).append({**found, "groove": mean(grooves), "kept": kept})
            judged = features(
                song.melody, band, song.grid.bar_starts, song.grid.beat_starts, JUDGED
            )
            windows.setdefault(name, []).append(judged)
    reference = np.concatenate(windows["left as it is"])
    scaled = standardised(reference, reference)
    return {
        name: {
            **{key: mean([one[key] for one in found]) for key in found[0]},
            "frechet": frechet_distance(
                scaled, standardised(np.concatenate(windows[name]), reference)
            ),
        }
        for name, found in rows.items()
    }


def with_new(
    arranger: Arranger, song: Arrangement, base: Band, again: Wishes, first: int, cells_after: int
) -> dict[Role, Notes]:
    """The stretch written anew; with `cells_after` without knowing so many cells after it."""
    gaps = gaps_of(base, song, first, cells_after)
    whole = arranger.arrange(song.melody, song.grid, again, base, gaps)
    if cells_after:
        return with_stretch(base, whole, song, first)
    return {role: whole.get(role, part) for role, part in base.items()}


def shown(title: str, rows: Mapping[str, Figures], headings: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in headings.values():
        table.add_column(heading, justify="right")
    for name, figures in rows.items():
        table.add_row(name, *(f"{figures[key]:.3f}" for key in headings))
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the result."""
    parser = on_songs("Whether what is given is heard.")
    parser.add_argument("--seeds", type=int, default=1, help="bands a song")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    arranger = Arranger(find_model(asked.model))
    songs = [song for song in songs_of(asked) if all(role in song.band for role in JUDGED)]
    parts = measure_parts(arranger, songs, asked.seeds)
    stretches = measure_stretches(arranger, songs, asked.seeds)
    variations = measure_variations(arranger, songs)
    console = Console()
    of_parts = {
        "in_the_other": "in the other's chord",
        "onsets_together": "onsets together",
        "MCTD": "MCTD",
        "NiC": "NiC",
        "notes_a_bar": "notes a bar",
    }
    of_seams = {
        "rhythm_before": "rhythm, before",
        "rhythm_after": "after",
        "register": "register",
        "frechet": "Frechet",
        "NiC": "NiC",
        "same_onsets": "notes as before",
    }
    for role, rows in parts.items():
        console.print(shown(f"The {role} beside the real other part", rows, of_parts))
    for whose, rows in stretches.items():
        console.print(shown(f"Four bars of a band that is {whose}", rows, of_seams))
    of_variations = {
        "in_the_other": "bass in piano's chord",
        "MCTD": "MCTD",
        "NiC": "NiC",
        "groove": "groove",
        "frechet": "Frechet",
        "kept": "notes as before",
    }
    console.print(shown("Half bars of ours", variations, of_variations))
    figures = {"model": str(asked.model), "songs": len(songs), "seeds": asked.seeds}
    console.print(
        str(
            write_result(
                "filling",
                {**figures, "parts": parts, "stretches": stretches, "variations": variations},
            )
        )
    )


if __name__ == "__main__":
    main()
