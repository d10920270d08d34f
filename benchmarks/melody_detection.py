"""How often the melody track of a file is found, by shape alone and with the tracks' names.

    python benchmarks/melody_detection.py DATA [--report FILE.json]

DATA holds the folders pop909, lieder, simutrans and freedoom. The truth: POP909's MELODY,
the voice (first part) of Lieder, and in the others the tracks named melody, lead or solo, where
there are such. Files with a single pitched track, or in which all are named so, do not count.
Also: how much of POP909's melody is found again when it is merged with the piano in one track.
"""

import argparse
import json
import platform
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import symusic
from symusic.core import ScoreTick

from musegan.music.band import notes_of_track
from musegan.music.melody import melody_track, pitched_tracks, split_right_hand

NAMED = re.compile(r"melod|\blead\b|\bleads? ?\d?$|solo|guitar ?lead|voice 1 |voice$", re.I)
SOUNDS = re.compile(
    r"square|bass|calliope|sawtooth|charang|fifths|harmon|oohs|semi|support|deep|synth", re.I
)


def first_part(score: ScoreTick, track: int) -> bool:
    """Whether a track is of a file's first part."""
    return bool(score.tracks[track].name == score.tracks[0].name)


def named_so(score: ScoreTick, track: int) -> bool:
    """Whether a track is named melody, lead or solo, and not after a sound."""
    name = score.tracks[track].name
    return bool(NAMED.search(name)) and not SOUNDS.search(name)


CORPORA: dict[str, Callable[[ScoreTick, int], bool]] = {
    "pop909": first_part,
    "lieder": first_part,
    "simutrans": named_so,
    "freedoom": named_so,
}


def measure(folder: Path, is_melody: Callable[[ScoreTick, int], bool]) -> dict[str, float]:
    """Files, and the shares in which the melody is found by shape and by name and shape."""
    by_shape, by_name = [], []
    for file in sorted(folder.rglob("*.mid")):
        score = symusic.Score(file)
        if not any(len(track.notes) and not track.is_drum for track in score.tracks):
            continue
        truth = [index for index in pitched_tracks(score) if is_melody(score, index)]
        if 0 < len(truth) < len(pitched_tracks(score)):
            by_shape.append(melody_track(score, by_name=False) in truth)
            by_name.append(melody_track(score) in truth)
    shares = {"by_shape": float(np.mean(by_shape)), "by_name": float(np.mean(by_name))}
    return {"files": len(by_shape), **{k: round(v, 4) for k, v in shares.items()}}


def measure_right_hand(folder: Path) -> dict[str, float]:
    """Precision, recall and F of POP909's melody in the merged tracks, every tenth song."""
    found = wanted = right = 0
    for file in sorted(folder.rglob("*.mid"))[::10]:
        score = symusic.Score(file)
        melody, piano = notes_of_track(score.tracks[0]), notes_of_track(score.tracks[2])
        merged = np.concatenate([melody, piano])
        line, _ = split_right_hand(merged[np.lexsort((merged[:, 2], merged[:, 0]))])
        truth = {tuple(note) for note in melody.tolist()}
        found, wanted = found + len(line), wanted + len(melody)
        right += sum(tuple(note) in truth for note in line.tolist())
    return {
        "precision": round(right / found, 4),
        "recall": round(right / wanted, 4),
        "f": round(2 * right / (found + wanted), 4),
    }


def main() -> None:
    """Measure, print a table, write a report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    began = time.perf_counter()
    corpora = {name: measure(arguments.data / name, rule) for name, rule in CORPORA.items()}
    print(f"{'corpus':12} {'files':>6} {'by shape':>9} {'by name':>9}")
    for name, row in corpora.items():
        print(f"{name:12} {row['files']:6} {row['by_shape']:9.3f} {row['by_name']:9.3f}")
    hand = measure_right_hand(arguments.data / "pop909")
    print("melody found in a merged piano track: " + ", ".join(f"{k} {v}" for k, v in hand.items()))
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    report = {
        "corpora": corpora,
        "merged_track": hand,
        "seconds": round(time.perf_counter() - began, 1),
        "machine": platform.platform(),
        "commit": commit.stdout.strip(),
    }
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
