"""The measures' reference rows on POP909, beside the values measured on all 909 of its songs.

    python benchmarks/reference_rows.py FOLDER

FOLDER holds POP909's folders of songs, each with `beat_midi.txt` and `chord_midi.txt`. Judged is
MELODY against PIANO (our bass and piano together), means over songs. As in the documented values,
bars are of four beats, for tracks from the first downbeat on and for chord templates from the first
beat on. A value further than 0.03 from the documented one (where that is above 1: further than 3 %)
is marked and makes the exit code 1.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from machine import write_result
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from musegan.data.corpora import pop909
from musegan.evaluate.baselines import (
    TRIADS,
    Band,
    a_span_late,
    another_song,
    best_triads,
    chords_as_classes,
    shifted,
    tritone,
)
from musegan.evaluate.confidence import mean_of
from musegan.music.arrangement import PITCH, START, Arrangement, Notes, no_notes
from musegan.music.band import Role
from musegan.music.harmony import Harmony, harmony
from musegan.music.midi import read_midi
from musegan.music.sounding import Counts, pooled, sounding_classes
from musegan.music.texture import Texture, published_texture, qualified_notes, texture

TOLERANCE = 0.03
NAN = float("nan")
Judge = Callable[[Arrangement], Harmony]

HARMONY = (
    ("chord_tones", "CTnCTR"), ("notes_in_chord", "NiC"), ("pitch_consonance", "PCS"),
    ("centroid_distance", "MCTD"), ("consonant", "CR"), ("unsupported", "UR"), ("dissonant", "DR"),
    ("tonal_distance", "TD"), ("published_tonal_distance", "TD pub."),
)  # fmt: skip
DOCUMENTED_HARMONY: Mapping[str, Sequence[float]] = {  # in the order of HARMONY
    "real": (.845, .535, .578, 1.365, .901, .027, .073, 1.126, 1.494),
    "real, pooled per beat": (NAN, .662, .554, 1.328, NAN, NAN, NAN, NAN, NAN),
    "real chord labels": (.905, .721, .556, 1.315, NAN, NAN, NAN, NAN, NAN),
    "a bar late": (.786, .327, .263, 1.599, .821, .026, .152, 1.360, 1.495),
    "another song": (.732, .185, .087, 1.844, .796, .033, .170, 1.643, 1.497),
    "a tritone off": (.673, .015, -.347, 2.222, .696, .027, .277, 2.041, 1.480),
    "random triad a half bar": (.752, .250, .084, 1.767, NAN, NAN, NAN, NAN, NAN),
    "best triad a half bar": (.954, .823, .678, 1.248, NAN, NAN, NAN, NAN, NAN),
    "best triad of the last bar": (.832, .469, .287, 1.522, NAN, NAN, NAN, NAN, NAN),
    "chord labels a bar late": (.828, .446, .250, 1.527, NAN, NAN, NAN, NAN, NAN),
    "another song's chord labels": (.756, .261, .088, 1.754, NAN, NAN, NAN, NAN, NAN),
}  # fmt: skip

TEXTURE = (
    ("empty_bars", "EB"), ("pitch_classes", "UPC"), ("published_pitch_classes", "UPC pub."),
    ("pitches", "pitches"), ("polyphony", "PP ≥2"), ("dense_polyphony", "PP >2"),
    ("qualified_notes", "QN"), ("notes", "notes"), ("groove", "groove"), ("entropy", "entropy"),
    ("scale", "scale"),
)  # fmt: skip
DOCUMENTED_TEXTURE: Mapping[str, Sequence[float]] = {  # in the order of TEXTURE
    "MELODY": (.223, 3.32, 1.84, 3.41, .004, .000, .956, 5.54, .771, 2.53, .981),
    "BRIDGE": (.324, 3.18, 2.00, 3.60, .160, .018, .963, 4.97, .828, 2.65, .967),
    "PIANO": (.010, 4.51, 4.35, 7.70, .770, .551, .968, 13.50, .850, 2.80, .962),
}  # fmt: skip

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_QUALITIES = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "aug": (0, 4, 8), "dim": (0, 3, 6), "sus2": (0, 2, 7),
    "sus4": (0, 5, 7), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10), "7": (0, 4, 7, 10),
    "minmaj7": (0, 3, 7, 11), "maj6": (0, 4, 7, 9), "min6": (0, 3, 7, 9), "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10), "sus4(b7)": (0, 5, 7, 10),
}  # fmt: skip


def backing(band: Band) -> Notes:
    """POP909's PIANO: our bass and piano."""
    parts = [band[role] for role in (Role.BASS, Role.PIANO) if role in band]
    joined = np.concatenate([no_notes(), *parts])
    return joined[np.lexsort((joined[:, PITCH], joined[:, START]))]


def judged(song: Arrangement, band: Band, heard: Counts | None = None) -> Harmony:
    return harmony(song.melody, backing(band), song.grid.beat_starts, heard=heard)


def chord_labels(folder: Path, song: Arrangement) -> Counts:
    """The pitch classes of a song's annotated chords at each step, (step, 12)."""
    classes = np.zeros((song.grid.steps, 12), np.int64)
    for line in (folder / song.name / "chord_midi.txt").read_text().splitlines():
        first, last, label = line.split()
        if label == "N":
            continue
        name, _, quality = label.partition(":")
        root = _NATURALS[name[0]] + name.count("#") - name[1:].count("b")
        # the grid of a performance counts its beats in seconds
        start, end = song.grid.nearest_steps([float(first), float(last)])
        members = [(root + above) % 12 for above in _QUALITIES[quality.partition("/")[0]]]
        classes[start:end, members] = 1
    return classes


def first_beats(folder: Path, song: Arrangement) -> tuple[int, int]:
    """The steps of a song's first annotated beat and of its first downbeat."""
    table = np.loadtxt(folder / song.name / "beat_midi.txt", ndmin=2)
    seconds = [table[0, 0], table[table[:, 2] > 0.5][0, 0]]
    beat, downbeat = song.grid.nearest_steps(seconds).tolist()
    return beat, downbeat


def spans(song: Arrangement, first: int, beats: int) -> npt.NDArray[np.int64]:
    """Edges of spans of so many beats from a step on, to the end; the last may be shorter."""
    steps = song.grid.steps
    return np.unique(np.append(np.arange(first, steps, beats * steps_per_beat(song)), steps))


def steps_per_beat(song: Arrangement) -> int:
    return 6 if song.grid.feel == "triplet" else 4


def harmony_rows(folder: Path, songs: Sequence[Arrangement], seed: int) -> dict[str, Harmony]:
    """A mean over songs for each row of DOCUMENTED_HARMONY."""
    rows: dict[str, list[Harmony]] = {name: [] for name in DOCUMENTED_HARMONY}
    labels = [chord_labels(folder, song) for song in songs]
    random = np.random.default_rng(seed)
    for number, (song, chords) in enumerate(zip(songs, labels, strict=True)):
        grid, other = song.grid, (number + 1) % len(songs)
        origin, _ = first_beats(folder, song)
        halves, bars = spans(song, origin, 2), spans(song, origin, 4)
        per_beat = pooled(sounding_classes(backing(song.band), grid.steps), grid.beat_starts)
        guesses = random.integers(0, len(TRIADS), len(halves) - 1)
        last_bar = a_span_late(best_triads(song.melody, bars))
        bar = 4 * steps_per_beat(song)
        late = np.concatenate([np.zeros((bar, 12), np.int64), chords[:-bar]])
        foreign = np.zeros_like(chords)
        shared = min(len(chords), len(labels[other]))
        foreign[:shared] = labels[other][:shared]
        for name, band, heard in (
            ("real", song.band, None),
            ("real, pooled per beat", song.band, per_beat),
            ("real chord labels", song.band, chords),
            ("a bar late", shifted(song), None),
            ("another song", another_song(song, songs[other]), None),
            ("a tritone off", tritone(song), None),
            ("random triad a half bar", song.band, chords_as_classes(guesses, halves)),
            ("best triad a half bar", song.band,
             chords_as_classes(best_triads(song.melody, halves), halves)),
            ("best triad of the last bar", song.band, chords_as_classes(last_bar, bars)),
            ("chord labels a bar late", song.band, late),
            ("another song's chord labels", song.band, foreign),
        ):  # fmt: skip
            rows[name].append(judged(song, band, heard))
    return {name: mean_of(each) for name, each in rows.items()}


def fine_lengths(folder: Path, song: Arrangement) -> dict[str, Notes]:
    """Each track's notes as played, in fractions of steps: QN is 1 on a grid of sixteenths."""
    score = read_midi(folder / song.name / f"{song.name}.mid").to("second")
    played = {}
    for track in score.tracks:
        columns = track.notes.numpy()
        start = columns["time"].astype(np.float64)
        ends = [start, start + columns["duration"]]
        steps = [
            np.interp(end, song.grid.step_ticks, np.arange(song.grid.steps + 1)) for end in ends
        ]
        played[track.name] = np.column_stack([*steps, columns["pitch"], columns["velocity"]])
    return played


def texture_rows(folder: Path, songs: Sequence[Arrangement]) -> dict[str, dict[str, float]]:
    """A mean over songs for each row of DOCUMENTED_TEXTURE."""
    right: dict[str, list[Texture]] = {name: [] for name in DOCUMENTED_TEXTURE}
    bands: dict[str, list[float]] = {name: [] for name in DOCUMENTED_TEXTURE}
    qualified: dict[str, list[float]] = {name: [] for name in DOCUMENTED_TEXTURE}
    for song in songs:
        tracks = {
            "MELODY": song.melody,
            "BRIDGE": song.band.get(Role.STRINGS, no_notes()),
            "PIANO": backing(song.band),
        }
        _, downbeat = first_beats(folder, song)
        bars, beat = spans(song, downbeat, 4), steps_per_beat(song)
        played = fine_lengths(folder, song)
        for name, track in tracks.items():
            if not len(track):
                continue
            right[name].append(texture(track, bars, steps_per_beat=beat))
            bands[name].append(published_texture(track, bars).pitch_classes)
            qualified[name].append(qualified_notes(played[name], beat))
    return {
        name: {
            **asdict(mean_of(right[name])),
            "published_pitch_classes": float(np.nanmean(bands[name])),
            "qualified_notes": float(np.nanmean(qualified[name])),
        }
        for name in DOCUMENTED_TEXTURE
    }


def compared(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Mapping[str, Mapping[str, float]],
    documented: Mapping[str, Sequence[float]],
) -> tuple[Table, float, list[str]]:
    """A table of "ours documented", the worst difference, and what is beyond the tolerance."""
    table = Table(title=title, box=SIMPLE, pad_edge=False, padding=(0, 0, 0, 1))
    table.add_column("", no_wrap=True)
    for _, heading in columns:
        table.add_column(heading, justify="right")
    worst, beyond = 0.0, []
    for name, figures in rows.items():
        cells = []
        for (field, heading), expected in zip(columns, documented[name], strict=True):
            if np.isnan(expected):
                cells.append("")
                continue
            difference = abs(figures[field] - expected)
            allowed = max(TOLERANCE, TOLERANCE * abs(expected)) + 5e-4
            worst = max(worst, difference / max(1.0, abs(expected)))
            wrong = difference > allowed
            cells.append(f"{figures[field]:.3f} {expected:.3f}" + (" !" if wrong else ""))
            if wrong:
                beyond.append(f"{name}: {heading}")
        table.add_row(name, *cells)
    return table, worst, beyond


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="POP909's folder of songs")
    parser.add_argument("--seed", type=int, default=0, help="of the random triads")
    arguments = parser.parse_args()
    began = time.perf_counter()
    songs = list(pop909(arguments.folder, "all"))
    read = time.perf_counter()
    harmonies = {
        name: asdict(row)
        for name, row in harmony_rows(arguments.folder, songs, arguments.seed).items()
    }
    textures = texture_rows(arguments.folder, songs)
    measured = time.perf_counter()
    bars = sum(song.grid.bars for song in songs)
    console = Console(width=160)
    beyond: list[str] = []
    worst = 0.0
    for title, columns, rows, documented in (
        ("Harmony: here, documented", HARMONY, harmonies, DOCUMENTED_HARMONY),
        ("Tracks: here, documented", TEXTURE, textures, DOCUMENTED_TEXTURE),
    ):
        table, furthest, wrong = compared(title, columns, rows, documented)
        console.print(table)
        worst = max(worst, furthest)
        beyond += wrong
    console.print(
        f"{len(songs)} songs, {bars} bars; read in {read - began:.1f} s, measured in "
        f"{measured - read:.1f} s; furthest from the documented value: {worst:.3f}"
    )
    if beyond:
        console.print(f"beyond {TOLERANCE}: {', '.join(beyond)}")
    write_result(
        "reference_rows",
        {
            "songs": len(songs),
            "bars": bars,
            "seconds_read": round(read - began, 2),
            "seconds_measured": round(measured - read, 2),
            "furthest": round(worst, 4),
            "harmony": _rounded(harmonies),
            "texture": _rounded(textures),
        },
    )
    return 1 if beyond else 0


def _rounded(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    return {
        name: {field: None if np.isnan(value) else round(value, 4) for field, value in row.items()}
        for name, row in rows.items()
    }


if __name__ == "__main__":
    sys.exit(main())
