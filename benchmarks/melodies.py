"""Melodies that go on, and melodies from nothing, beside real ones.

    python benchmarks/melodies.py DATA/pop909 [--melody NAME|FILE] [--prepared FILE] [--songs N]

DATA/pop909 is a folder of the corpus, of which the validation songs are read; FILE is what `musegan prepare`
made of its training songs, by default prepared/pop909.npz.

Of each song the first tune of 16 bars is taken. Eight bars are known, eight are judged: the real ones;
ours; those of another song, moved to this one's key; the last four bars twice; and a Markov chain of
order 2 on pitches and lengths of notes, learned from the training songs. From nothing as many melodies
are written, of 16 bars, of which the last eight are judged too.

Told are, in the mean over songs: the share of time in the key (seven notes of C major or A minor), notes a
bar, beats a note, the share of time without a note, the range and the mean interval (semitones), the share
of intervals that are repeats, steps (two semitones at most) and leaps (more than five); the share of bars
whose rhythm one of the four bars before has, and that are one of them whole; the longest run of notes, by
intervals and distances in time, that a training song has too; the share that ends on a note of the tonic
triad. The Frechet distance of the first nine, which are scaled by the real ones, is from the real ones.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.data.corpora import load
from musegan.data.pianorolls import Rolls, gather, melody_shift, open_rolls, pack
from musegan.data.tunes import find_tunes
from musegan.evaluate.frechet import frechet_distance, standardised
from musegan.melodist import Melodist, TuneWishes
from musegan.music.arrangement import END, PITCH, START, Notes, melody_span, no_notes
from musegan.music.form import NEW, form_of
from musegan.music.grid import Grid, grid_of_metres
from musegan.music.pianoroll import trace
from musegan.music.singing import TRIADS, mode_of
from musegan.pretrained import find_model

KNOWN, BARS = 8, 16  # bars that are known, and that there are
SCALE = (0, 2, 4, 5, 7, 9, 11)
JUDGED = ("in key", "notes a bar", "beats a note", "rests", "range", "interval", "repeats", "steps", "leaps")  # fmt: skip
MORE = ("same rhythm", "same bar", "run", "ends home")

Excerpt = tuple[Notes, Grid]  # near C major or A minor, 16 bars


def excerpts(folder: Path, songs: int | None) -> list[Excerpt]:
    """The first tune of each validation song that has one of 16 bars."""
    found = []
    for song in map(melody_span, islice(load("pop909", folder, "validation"), songs)):
        if not len(song.melody):
            continue
        grid, shift = song.grid, melody_shift(song.melody)
        for first, after in find_tunes(gather([pack(song)])).spans.tolist():
            bar = grid.bar_at(int(grid.cell_starts[first]))
            if grid.bar_at(int(grid.cell_starts[after]) - 1) + 1 - bar < BARS:
                continue
            part = grid.bars_between(bar, bar + BARS)
            begin = int(grid.bar_starts[bar])
            line = song.melody.copy()
            line[:, [START, END]] -= begin
            line[:, PITCH] += shift
            line = line[(line[:, START] >= 0) & (line[:, START] < part.steps)]
            line[:, END] = np.minimum(line[:, END], part.steps)
            found.append((line, part))
            break
    return found


def training_lines(rolls: Rolls) -> list[Notes]:
    """The tunes of a prepared corpus as notes in steps, near C major or A minor."""
    lines = []
    for first, after in find_tunes(rolls).spans.tolist():
        steps = rolls.table[first:after, 1]
        bits = np.unpackbits(rolls.planes[first:after, 0], axis=-1)
        roll = np.concatenate([cell[:, :n] for cell, n in zip(bits, steps, strict=True)], 1)
        line = trace(roll)
        line[:, PITCH] += rolls.shift[rolls.song[first]]
        lines.append(line)
    return lines


def tokens(line: Notes) -> npt.NDArray[np.int64]:
    """A line by its intervals and the distances of its onsets, (note - 1,)."""
    far = np.minimum(np.diff(line[:, START]), 63)
    return np.asarray((np.diff(line[:, PITCH]) + 128) * 64 + far, np.int64)


def longest_runs(lines: Sequence[Notes], known: Sequence[Notes]) -> list[int]:
    """The longest run of notes of each line that one of the known lines has too."""
    found = [1 if len(line) else 0 for line in lines]
    heads = [tokens(line).astype(np.uint64) for line in lines]
    pool = [tokens(line).astype(np.uint64) for line in known]
    sums, grams = heads, pool
    for length in range(1, 64):
        there = np.unique(np.concatenate(grams))
        hits = [bool(np.isin(one, there).any()) for one in sums]
        if not any(hits):
            break
        found = [length + 1 if hit else was for hit, was in zip(hits, found, strict=True)]
        sums = [_longer(one, head, length) for one, head in zip(sums, heads, strict=True)]
        grams = [_longer(one, head, length) for one, head in zip(grams, pool, strict=True)]
    return found


def _longer(
    sums: npt.NDArray[np.uint64], head: npt.NDArray[np.uint64], length: int
) -> npt.NDArray[np.uint64]:
    """Hashes of runs of `length` tokens -> of one more."""
    return sums[:-1] * np.uint64(0x9E3779B97F4A7C15) + head[length:]


def figures_of(line: Notes, grid: Grid) -> dict[str, float]:
    """What is told of the bars from `KNOWN` on, see the first lines."""
    begin, end = int(grid.bar_starts[KNOWN]), grid.steps
    new = line[(line[:, START] >= begin) & (line[:, START] < end)]
    if not len(new):
        return dict.fromkeys((*JUDGED, *MORE), 0.0)
    time = np.minimum(new[:, END], end) - new[:, START]
    jumps = np.abs(np.diff(new[:, PITCH])) if len(new) > 1 else np.zeros(1)
    bars = [_bar(line, grid, bar) for bar in range(BARS)]
    before = [bars[bar - 4 : bar] for bar in range(KNOWN, BARS)]
    rhythms = [
        [start for start, _ in bars[bar]] in [[s for s, _ in one] for one in near]
        for bar, near in zip(range(KNOWN, BARS), before, strict=True)
    ]
    wholes = [bars[bar] in near for bar, near in zip(range(KNOWN, BARS), before, strict=True)]
    return {
        "in key": float(time[np.isin(new[:, PITCH] % 12, SCALE)].sum() / time.sum()),
        "notes a bar": len(new) / (BARS - KNOWN),
        "beats a note": float(time.mean() / 4),
        "rests": 1 - float(time.sum()) / (end - begin),
        "range": float(np.ptp(new[:, PITCH])),
        "interval": float(jumps.mean()),
        "repeats": float((jumps == 0).mean()),
        "steps": float(((jumps > 0) & (jumps < 3)).mean()),
        "leaps": float((jumps > 5).mean()),
        "same rhythm": float(np.mean(rhythms)),
        "same bar": float(np.mean(wholes)),
        "ends home": float(new[-1, PITCH] % 12 in TRIADS[mode_of(line)]),
    }


def _bar(line: Notes, grid: Grid, bar: int) -> list[tuple[int, int]]:
    first, after = grid.bar_starts[bar : bar + 2].tolist()
    inside = line[(line[:, START] >= first) & (line[:, START] < after)]
    return [(start - first, pitch) for start, _, pitch, _ in inside.tolist()]


def markov(lines: Sequence[Notes]) -> Callable[[Notes, Grid, np.random.Generator], Notes]:
    """A chain of order 2 on (pitch, steps to the next onset, steps it sounds)."""
    after: dict[object, list[tuple[int, int, int]]] = defaultdict(list)
    for line in lines:
        notes = _events(line)
        for index in range(1, len(notes)):
            after[notes[index - 1][:2]].append(notes[index])
            if index > 1:
                after[notes[index - 2][:2], notes[index - 1][:2]].append(notes[index])

    def go_on(line: Notes, grid: Grid, random: np.random.Generator) -> Notes:
        begin = int(grid.bar_starts[KNOWN])
        known = line[line[:, START] < begin]
        history = _events(known)
        rows, step = [], max(begin, int(known[-1, END]))
        while step < grid.steps:
            two, one = (history[-2][:2], history[-1][:2]), history[-1][:2]
            choices = after.get(two) or after.get(one) or history
            note = choices[int(random.integers(len(choices)))]
            rows.append([step, min(step + note[2], grid.steps), note[0], 80])
            step += note[1]
            history.append(note)
        return np.concatenate([known, np.array(rows, np.int64).reshape(-1, 4)])

    return go_on


def _events(line: Notes) -> list[tuple[int, int, int]]:
    far = np.append(np.diff(line[:, START]), line[-1:, END] - line[-1:, START])
    sounds = np.minimum(line[:, END] - line[:, START], far)
    return list(zip(line[:, PITCH].tolist(), far.tolist(), sounds.tolist(), strict=True))


def from_another(line: Notes, grid: Grid, other: Excerpt) -> Notes:
    """The last bars of another song's excerpt in place of one's own."""
    begin, theirs = int(grid.bar_starts[KNOWN]), int(other[1].bar_starts[KNOWN])
    pasted = other[0][other[0][:, START] >= theirs].copy()
    pasted[:, [START, END]] += begin - theirs
    pasted = pasted[pasted[:, START] < grid.steps]
    return np.concatenate([line[line[:, START] < begin], pasted])


def again(line: Notes, grid: Grid) -> Notes:
    """The four bars before twice more."""
    begin, first = int(grid.bar_starts[KNOWN]), int(grid.bar_starts[KNOWN - 4])
    four = line[(line[:, START] >= first) & (line[:, START] < begin)]
    once, twice = four.copy(), four.copy()
    once[:, [START, END]] += begin - first
    twice[:, [START, END]] += 2 * (begin - first)
    return np.concatenate([line[line[:, START] < begin], once, twice])


def continued(melodist: Melodist, line: Notes, grid: Grid, seed: int) -> Notes:
    """Eight bars known, and eight of ours."""
    missing = grid.cell_starts[:-1] >= grid.bar_starts[KNOWN]
    return melodist.write(line, grid, missing, TuneWishes("pop", seed))


def from_nothing(melodist: Melodist, seed: int) -> Excerpt:
    """A melody of ours, as `musegan compose --from-scratch` writes them."""
    grid = grid_of_metres([(0, 4, 4)], BARS * 1920 - 1, 480)
    bars = np.repeat(form_of(BARS, seed), 2)
    copies = np.where(bars == NEW, NEW, 2 * bars + np.tile([0, 1], BARS))
    wishes = TuneWishes("pop", seed, copies=copies)
    return melodist.write(no_notes(), grid, np.ones(grid.cells, bool), wishes), grid


def measured(rows: Mapping[str, Sequence[Excerpt]], known: Sequence[Notes]) -> dict[str, dict[str, float]]:  # fmt: skip
    """Of each row the means of its figures, and its distance from the first."""
    found = {name: [figures_of(line, grid) for line, grid in some] for name, some in rows.items()}
    table = {
        name: np.array([[one[key] for key in JUDGED] for one in some])
        for name, some in found.items()
    }
    real = next(iter(table.values()))
    told = {}
    for name, some in rows.items():
        means = {key: float(np.mean([one[key] for one in found[name]])) for key in found[name][0]}
        new = [line[line[:, START] >= grid.bar_starts[KNOWN]] for line, grid in some]
        means["run"] = float(np.mean(longest_runs(new, known)))
        scaled = standardised(table[name], real)
        means["frechet"] = frechet_distance(standardised(real, real), scaled)
        told[name] = means
    halves = [standardised(real[part::2], real) for part in (0, 1)]
    told["real"]["frechet"] = frechet_distance(*halves)
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description="Melodies of ours beside real ones.")
    parser.add_argument("data", type=Path, help="folder of POP909")
    parser.add_argument("--melody", default="melody", help="bundled model or weights file")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/pop909.npz"))
    parser.add_argument("--songs", type=int, help="only the first so many")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    melodist = Melodist(find_model(asked.melody))
    known = training_lines(open_rolls(asked.prepared))
    chain = markov(known)
    real = excerpts(asked.data, asked.songs)
    dice = [np.random.default_rng(index) for index in range(len(real))]
    rows: dict[str, list[Excerpt]] = {
        "real": real,
        "ours": [(continued(melodist, x, grid, i), grid) for i, (x, grid) in enumerate(real)],
        "another song's": [
            (from_another(*one, real[index - 1]), one[1]) for index, one in enumerate(real)
        ],
        "four bars again": [(again(*one), one[1]) for one in real],
        "Markov chain": [(chain(*one, rng), one[1]) for one, rng in zip(real, dice, strict=True)],
        "ours, from nothing": [from_nothing(melodist, seed) for seed in range(len(real))],
    }
    told = measured(rows, known)
    console = Console(width=200)
    table = Table(title=f"{len(real)} melodies: eight bars after eight", title_justify="left")
    for heading in ("", *JUDGED, *MORE, "frechet"):
        table.add_column(heading, justify="right")
    for name, means in told.items():
        table.add_row(name, *(f"{means[key]:.2f}" for key in (*JUDGED, *MORE, "frechet")))
    console.print(table)
    figures = {"model": str(asked.melody), "songs": len(real), "rows": told}
    console.print(str(write_result("melodies", figures)))


if __name__ == "__main__":
    main()
