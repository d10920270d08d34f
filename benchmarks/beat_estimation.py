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
from musegan.music.beats import Beats, estimate_beats, is_performance
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


def measure(song: Path) -> dict[str, float]:
    """Figures of one song's folder."""
    score = symusic.Score(song / f"{song.name}.mid")
    notes = np.concatenate([notes_of_track(track) for track in score.tracks])
    notes = notes[np.argsort(notes[:, 0], kind="stable")]
    onsets, ends = (seconds_of_ticks(score, notes[:, column]) for column in (0, 1))
    began = time.perf_counter()
    beats: Beats = estimate_beats(onsets, notes[:, 2], notes[:, 3], float(ends.max()))
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


def main() -> None:
    """Measure, print, write a report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pop909", type=Path)
    parser.add_argument("--ending", default="3")
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    folders = sorted(arguments.pop909.iterdir())
    songs = [folder for folder in folders if folder.name.endswith(arguments.ending)]
    rows = [measure(song) for song in songs]
    ratio = np.array([row["tempo_ratio"] for row in rows])
    figures = {
        "songs": len(rows),
        "beat_f": float(np.mean([row["beat_f"] for row in rows])),
        "beat_f_above_0.9": float(np.mean([row["beat_f"] > 0.9 for row in rows])),
        "tempo_right": float(np.mean(np.abs(ratio - 1) < 0.04)),
        "tempo_half": float(np.mean(np.abs(ratio - 0.5) < 0.02)),
        "tempo_double": float(np.mean(np.abs(ratio - 2) < 0.08)),
        "downbeat_f": float(np.mean([row["downbeat_f"] for row in rows])),
        "bar_right": float(np.mean([row["bar_right"] for row in rows])),
        "noticed": float(np.mean([row["performance"] for row in rows])),
        "seconds_a_song": float(np.mean([row["seconds"] for row in rows])),
    }
    for name, value in figures.items():
        print(f"{name:20} {value:8.3f}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    report = {**figures, "machine": platform.platform(), "commit": commit.stdout.strip()}
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
