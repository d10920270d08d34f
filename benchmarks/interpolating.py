"""Whether the bands between two are bands: on real songs.

    python benchmarks/interpolating.py DATA/pop909 [--model NAME|FILE] [--songs N] [--steps N]

DATA/pop909 is a folder of the corpus, of which the validation songs are read. For each song two
seeds write a band, and two paths are gone between them: through the noise of the seeds, and through
the latents of the two bands' half bars. Told is for each step how much it has in common with the
ends (notes that begin at the same step, at the same pitch, of the notes of both: Jaccard), with the step
before it, the harmony with the melody, and notes a bar.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table
from validation import on_songs, songs_of

from musegan.arranging import Arranger, Wishes
from musegan.interpolating import shares_of
from musegan.music.arrangement import PITCH, START, Arrangement, Notes
from musegan.music.band import ROLES, Role
from musegan.music.harmony import centroid_distance, notes_in_chord
from musegan.music.sounding import pooled, sounding_classes, top_pitches
from musegan.pretrained import find_model

Band = Mapping[Role, Notes]
COLUMNS = ("with the first", "with the last", "with the one before", "MCTD", "NiC", "notes a bar")


def strikes(band: Band) -> set[tuple[str, int, int]]:
    """What begins where, of all roles."""
    return {
        (role.value, start, pitch)
        for role, part in band.items()
        for start, pitch in part[:, [START, PITCH]].tolist()
    }


def in_common(one: Band, other: Band) -> float:
    """The Jaccard index of what two bands strike."""
    a, b = strikes(one), strikes(other)
    return len(a & b) / max(len(a | b), 1)


def measured(path: Sequence[Band], song: Arrangement) -> list[list[float]]:
    """The columns of each step of one path."""
    steps, beats = song.grid.steps, song.grid.beat_starts
    line = top_pitches(song.melody, steps)
    rows = []
    for number, band in enumerate(path):
        pitched = np.concatenate([part for role, part in band.items() if role is not Role.DRUMS])
        heard = pooled(sounding_classes(pitched, steps), beats)
        rows.append(
            [
                in_common(band, path[0]),
                in_common(band, path[-1]),
                in_common(band, path[number - 1]) if number else float("nan"),
                centroid_distance(line, heard),
                notes_in_chord(line, heard),
                sum(map(len, band.values())) / song.grid.bars,
            ]
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the result."""
    parser = on_songs("Whether the bands between two are bands.")
    parser.add_argument("--steps", type=int, default=5, help="of a path, its ends among them")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    arranger = Arranger(find_model(asked.model))
    found: dict[str, list[list[list[float]]]] = {"noise": [], "latents": []}
    shares = shares_of(asked.steps)
    for song in songs_of(asked):
        seed = zlib.crc32(song.name.encode())
        wishes = Wishes(ROLES, song.style, seed, towards=seed + 1)
        noise = [
            arranger.arrange(song.melody, song.grid, replace(wishes, share=share))
            for share in shares
        ]
        ends = noise[0], noise[-1]
        latents = [
            arranger.blend(song.melody, song.grid, ends, ROLES, share) for share in shares[1:-1]
        ]
        found["noise"].append(measured(noise, song))
        found["latents"].append(measured([ends[0], *latents, ends[1]], song))
    if not found["noise"]:
        raise SystemExit(f"{asked.data}: none of the validation songs can be read")
    console, figures = Console(), {}
    for name, songs in found.items():
        means = np.ma.masked_invalid(np.array(songs)).mean(0).filled(np.nan)
        table = Table("share", *COLUMNS, title=f"Through the {name}", title_justify="left")
        figures[name] = []
        for share, row in zip(shares, means.tolist(), strict=True):
            table.add_row(f"{share:.2f}", *(f"{value:.3f}" for value in row))
            values = {c: None if np.isnan(v) else v for c, v in zip(COLUMNS, row, strict=True)}
            figures[name].append({"share": share, **values})
        console.print(table)
    facts = {"model": str(asked.model), "songs": len(found["noise"])}
    console.print(str(write_result("interpolating", {**facts, **figures})))


if __name__ == "__main__":
    main()
