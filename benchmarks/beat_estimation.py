"""How well the beats of POP909's performances are estimated, against `beat_midi.txt`.

    python benchmarks/beat_estimation.py DATA/pop909 [--ending 3] [--report FILE.json]

Songs whose number ends in the given digit (3: the validation split). A beat counts as found within
70 ms (the F-measure of Dixon, Evaluation of the audio beat tracking system BeatRoot, 2007).
"""

import argparse
import json
import platform
import subprocess
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import symusic

from musegan.music.band import notes_of_track
from musegan.music.beats import Beats, estimate_beats, is_performance, written_period
from musegan.music.midi import seconds_of_ticks


def f_measure(found: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    """Twice the beats that match within 70 ms, each once, over all found and all true ones."""
    hits, i, j = 0, 0, 0
    while i < len(found) and j < len(truth):
        if abs(found[i] - truth[j]) <= 0.07:
            hits, i, j = hits + 1, i + 1, j + 1
        elif found[i] < truth[j]:
            i += 1
        else:
            j += 1
    return 2 * hits / max(len(found) + len(truth), 1)


def measure(song: Path, *, written_tempo: bool) -> dict[str, float]:
    """Figures of one song's folder."""
    score = symusic.Score(song / f"{song.name}.mid")
    notes = np.concatenate([notes_of_track(track) for track in score.tracks])
    notes = notes[np.argsort(notes[:, 0], kind="stable")]
    onsets, ends = (seconds_of_ticks(score, notes[:, column]) for column in (0, 1))
    began = time.perf_counter()
    period = written_period(score) if written_tempo else None
    beats: Beats = estimate_beats(onsets, notes[:, 2], notes[:, 3], float(ends.max()), period)
    seconds = time.perf_counter() - began
    table = np.loadtxt(song / "beat_midi.txt")
    first, last = max(onsets[0], table[0, 0]) - 0.07, min(ends.max(), table[-1, 0]) + 0.07
    inside = (beats.seconds >= first) & (beats.seconds <= last)
    known = table[(table[:, 0] >= first) & (table[:, 0] <= last)]
    downbeats = known[known[:, 2] > 0.5, 0]
    spans = np.diff(np.flatnonzero(table[:, 2] > 0.5))
    bar = int(np.bincount(spans).argmax()) if len(spans) else 4
    return {
        "beat_f": f_measure(beats.seconds[inside], known[:, 0]),
        "downbeat_f": f_measure(beats.seconds[inside & beats.downbeats], downbeats),
        "tempo_ratio": beats.qpm * float(np.median(np.diff(table[:, 0]))) / 60,
        "bar_right": float(beats.beats_per_bar == bar),
        "performance": float(is_performance(score)),
        "seconds": seconds,
    }


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Means over songs."""
    ratio = np.array([row["tempo_ratio"] for row in rows])
    figures = {
        "songs": len(rows),
        "beat_f": np.mean([row["beat_f"] for row in rows]),
        "beat_f_above_0.9": np.mean([row["beat_f"] > 0.9 for row in rows]),
        "tempo_right": np.mean(np.abs(ratio - 1) < 0.04),
        "tempo_half": np.mean(np.abs(ratio - 0.5) < 0.02),
        "tempo_double": np.mean(np.abs(ratio - 2) < 0.08),
        "downbeat_f": np.mean([row["downbeat_f"] for row in rows]),
        "bar_right": np.mean([row["bar_right"] for row in rows]),
        "noticed": np.mean([row["performance"] for row in rows]),
        "seconds_a_song": np.mean([row["seconds"] for row in rows]),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def main() -> None:
    """Measure, print, write a report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pop909", type=Path)
    parser.add_argument("--ending", default="3")
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    folders = sorted(arguments.pop909.iterdir())
    songs = [folder for folder in folders if folder.name.endswith(arguments.ending)]
    columns = {
        "from the notes alone": summary([measure(song, written_tempo=False) for song in songs]),
        "with the written tempo": summary([measure(song, written_tempo=True) for song in songs]),
    }
    print(f"{'':20}" + "".join(f"{name:>24}" for name in columns))
    for row in columns["from the notes alone"]:
        print(f"{row:20}" + "".join(f"{figures[row]:24.3f}" for figures in columns.values()))
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    report = {**columns, "machine": platform.platform(), "commit": commit.stdout.strip()}
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
