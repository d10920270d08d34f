"""How fast a song becomes sound and a picture, in times real time.

    python benchmarks/rendering.py [FILE.mid ...]

Without files, a band of melody, bass, piano, guitar, strings and drums plays 3,840 notes in two
minutes, and again for forty. The processor's time stands beside the clock's, which other work on
the machine stretches.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import write_result
from symusic.core import NoteTick, ScoreTick, TempoTick, TrackTick

from musegan.audio.soundfont import render
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import write_flac, write_wav
from musegan.images.rollplot import draw_pianoroll
from musegan.music.midi import read_midi

QUARTER = 480
PARTS = [  # name, program, drums, and for each onset of a bar: quarter, length, pitches
    ("Melody", 73, False, [(q, 1.0, [72 + q]) for q in range(4)]),
    ("Bass", 33, False, [(q / 2, 0.5, [36]) for q in range(8)]),
    ("Piano", 0, False, [(q, 1.0, [60, 64, 67]) for q in range(4)]),
    ("Guitar", 25, False, [(q / 2, 0.5, [55, 59, 62]) for q in range(8)]),
    ("Strings", 48, False, [(0, 4.0, [60, 64, 67, 72])]),
    ("Drums", 0, True, [(q / 2, 0.1, [42] + [36, 38] * (q == 0) + [38] * (q in (2, 6))) for q in range(8)]),
]  # fmt: skip


def band(bars: int) -> ScoreTick:
    """A song of bars of two seconds."""
    score = ScoreTick(QUARTER)
    score.tempos.append(TempoTick(0, 120))
    for name, program, drums, pattern in PARTS:
        track = TrackTick(name, program, drums)
        for bar in range(bars):
            for quarter, length, pitches in pattern:
                start = int((4 * bar + quarter) * QUARTER)
                for pitch in pitches:
                    track.notes.append(NoteTick(start, int(length * QUARTER), pitch, 90))
        score.tracks.append(track)
    return score


def measure(score: ScoreTick) -> dict[str, Any]:
    """The figures of one song."""
    seconds = float(score.to("second").end())
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    samples = render(score)
    figures: dict[str, Any] = {
        "notes": int(score.note_num()),
        "seconds": round(seconds, 1),
        "sound_times_real_time": round(seconds / (time.perf_counter() - wall), 1),
        "sound_times_real_time_of_processor": round(seconds / (sum(os.times()[:4]) - cpu), 1),
        "peak": round(float(abs(samples).max()), 4),
        "offset": float(f"{abs(samples.mean(axis=1)).max():.1e}"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, write in (("wav", write_wav), ("flac", write_flac)):
            began = time.perf_counter()
            write(Path(folder, f"song.{name}"), samples, SYNTH_RATE)
            figures[f"{name}_seconds"] = round(time.perf_counter() - began, 2)
        began = time.perf_counter()
        figures["picture_size"] = draw_pianoroll(score, Path(folder, "song.png")).size
        figures["picture_seconds"] = round(time.perf_counter() - began, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures["memory_megabytes"] = round(peak / (1e6 if sys.platform == "darwin" else 1e3))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files
    songs = {path.name: read_midi(path) for path in files}
    songs = songs or {"two minutes": band(60), "forty minutes": band(1200)}
    render(band(1))  # the first call loads the synthesizer
    results = {name: measure(score) for name, score in songs.items()}
    for name, figures in results.items():
        print(name, *(f"  {key:36} {value}" for key, value in figures.items()), sep="\n")
    if not files:
        print(write_result("rendering", {"songs": results}))


if __name__ == "__main__":
    main()
