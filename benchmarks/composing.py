"""How fast a band is written: a bar, a song, a hundred songs, and how soon the command answers.

    python benchmarks/composing.py [--model NAME|FILE] [--bars N] [--songs N] [--turns N]

The melodies are made here: phrases of eight bars in the form AABA, each song in its own key and
tempo. What is timed:

- a bar: what a player who goes on hears next. One window is filled in whose past is known and
  whose future nobody has seen, two cells of all five tracks are decoded, traced to notes and
  encoded again as the next bar's past; one thread.
- a melody of three minutes to MIDI with the model loaded, and as `musegan compose` from the start
  of the process to its end.
- a hundred melodies of a minute as one `musegan compose --jobs 2`, start and end included.
- `musegan --help` and `musegan --version`.

"cold" means a fresh process, not an empty file cache. A margin above 1 is better than the target.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table
from symusic.core import NoteTick, ScoreTick, TempoTick, TrackTick

from musegan.arranging import Arranger
from musegan.composing import Composer, Options
from musegan.data.pianorolls import cut, melody_shift
from musegan.data.windows import DRUM_ROWS, LOWEST, PITCHES, place_features
from musegan.models.band import Window
from musegan.music.arrangement import Notes
from musegan.music.band import ROLES, Role, notes_of_track
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.midi import standard_bytes
from musegan.music.pianoroll import draw, trace
from musegan.music.song import written_grid
from musegan.pretrained import find_model

TARGETS = {  # figure: (what it says, target, whether more is better)
    "bar_p99_ms": ("a bar of five tracks, p99, ms", 15.0, False),
    "song_loaded_s": ("three minutes, model loaded, s", 3.0, False),
    "song_cold_s": ("three minutes, cold process, s", 8.0, False),
    "songs_per_second": ("melodies of a minute, 2 jobs, songs/s", 1.0, True),
    "help_s": ("musegan --help, s", 0.5, False),
    "version_s": ("musegan --version, s", 0.5, False),
}
QUARTER = 480
RHYTHMS = (  # of a bar, in eighths
    (2, 2, 2, 2), (3, 1, 2, 2), (2, 1, 1, 4), (1, 1, 2, 4), (4, 2, 2), (6, 2), (2, 2, 1, 1, 2), (8,),
)  # fmt: skip
SCALE = (0, 2, 4, 5, 7, 9, 11)


def melody(bars: int, qpm: float = 120.0, key: int = 0, seed: int = 0) -> ScoreTick:
    """A tune in 4/4 of phrases of eight bars, AABA, that walks a major scale by small steps."""
    rng = np.random.default_rng(seed)
    phrases = [_phrase(rng), _phrase(rng)]
    score = ScoreTick(QUARTER)
    score.tempos.append(TempoTick(0, qpm))
    track = TrackTick("Melody", 73, False)
    for bar in range(bars):
        rhythm, degrees = phrases[(0, 0, 1, 0)[bar // 8 % 4]][bar % 8]
        start = bar * 4 * QUARTER
        for eighths, degree in zip(rhythm, degrees, strict=True):
            octave, place = divmod(degree, 7)
            length = eighths * QUARTER // 2
            pitch = 62 + key % 12 - 5 + 12 * octave + SCALE[place]
            velocity = int(rng.integers(70, 100))
            track.notes.append(NoteTick(start, length * 9 // 10, pitch, velocity))
            start += length
    score.tracks.append(track)
    return score


def _phrase(rng: np.random.Generator) -> list[tuple[tuple[int, ...], list[int]]]:
    degree, bars = 2, []
    for bar in range(8):
        rhythm = (8,) if bar == 7 else RHYTHMS[int(rng.integers(0, len(RHYTHMS) - 1))]
        degrees = []
        for _ in rhythm:
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2]), -2, 9))
            degrees.append(0 if bar == 7 else degree)
        bars.append((rhythm, degrees))
    return bars


class BarPlayer:
    """A band that goes on bar by bar from what it has played, in 4/4, from the model's parts."""

    def __init__(self, model: str, notes: Notes, grid: Grid) -> None:
        self.arranger = Arranger(find_model(model))
        generator, cells = self.arranger.generator, self.arranger.cells
        self.generator, self.cells, self.past = generator, cells, self.arranger.past
        shift = melody_shift(notes)
        rows = slice(LOWEST - shift, LOWEST - shift + PITCHES)
        sung = torch.from_numpy(cut(draw(notes, grid.steps)[:, :, rows], grid)).float()
        self.melody = torch.cat([torch.zeros(self.past, *sung.shape[1:]), sung])
        place = torch.from_numpy(place_features(grid.cell_table(), np.ones(grid.cells, bool)))
        before = torch.zeros(self.past, place.shape[1])  # the song has not begun
        self.place = torch.cat([before, place.float()])
        silence = [cells.encode(role.value, torch.zeros(1, *_planes_of(role)))[0] for role in ROLES]
        self.latents = torch.stack(silence).repeat(len(self.place), 1, 1)  # cell, role, latent
        self.style = self.arranger.style_of(self.arranger.styles[0])
        self.bars = (len(self.place) - generator.cells) // 2
        self.now = torch.arange(generator.cells) < self.past
        self.noise = generator.draw_noise(1)

    @torch.inference_mode()
    def play(self, bar: int) -> int:
        """Write one bar of all roles; returns how many notes."""
        first = 2 * bar  # of the window's cells, `past` of which are behind the new bar
        rows = slice(first, first + self.generator.cells)
        known = self.now.float()
        window = Window(
            self.melody[None, rows],
            self.latents[None, rows],
            known[None, :, None].expand(1, -1, len(ROLES)),
            torch.ones(1, len(ROLES)),
            known[None],
            self.place[None, rows],
            self.style,
        )
        cell_noise = self.noise[:, :, self.generator.song_noise :]
        cell_noise.copy_(torch.randn_like(cell_noise))  # the song's own part of the noise stays
        made = self.generator(window, self.noise)[0]
        new = slice(self.past, self.past + 2)
        written, notes = slice(first + self.past, first + self.past + 2), 0
        for index, role in enumerate(ROLES):
            planes = self.cells.decode(role.value, made[new, index]) > 0  # cell, plane, step, pitch
            self.latents[written, index] = self.cells.encode(role.value, planes.float())
            roll = np.zeros((2, 2 * CELL_STEPS, planes.shape[3]), np.uint8)
            roll[: planes.shape[1]] = planes.transpose(0, 1).flatten(1, 2).numpy()
            notes += len(trace(roll))
        return notes


def _planes_of(role: Role) -> tuple[int, int, int]:
    return (1, CELL_STEPS, len(DRUM_ROWS)) if role is Role.DRUMS else (2, CELL_STEPS, PITCHES)


def time_bars(model: str, bars: int) -> dict[str, float]:
    """Percentiles in milliseconds over so many bars, after 20 that warm up."""
    score = melody(bars + 20 + 8, seed=1)
    grid = written_grid(score, 0)
    torch.manual_seed(0)
    player = BarPlayer(model, grid.quantise(notes_of_track(score.tracks[0])), grid)
    spent, notes = [], 0
    for bar in range(min(bars + 20, player.bars)):
        began = time.perf_counter()
        notes += player.play(bar)
        spent.append(1e3 * (time.perf_counter() - began))
    taken = np.array(spent[20:])
    p50, p90, p99 = np.percentile(taken, [50, 90, 99])
    return {
        "bars": len(taken), "notes_per_bar": notes / len(spent),
        "bar_p50_ms": p50, "bar_p90_ms": p90, "bar_p99_ms": p99, "bar_max_ms": taken.max(),
    }  # fmt: skip


def best_and_median(work: Callable[[], object], turns: int) -> tuple[float, float]:
    """Seconds: the best turn and the middle one."""
    spent = []
    for _ in range(turns):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return min(spent), float(np.median(spent))


def musegan(*arguments: str) -> None:
    """Run the command that is installed beside this Python."""
    command = shutil.which("musegan", path=str(Path(sys.executable).parent)) or "musegan"
    subprocess.run([command, *arguments], check=True, stdout=subprocess.DEVNULL)


def time_songs(model: str, songs: int, turns: int) -> dict[str, float]:
    """A song of three minutes, and many of a minute."""
    figures: dict[str, float] = {}
    options = ("--model", model, "--overwrite")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long = folder / "three-minutes.mid"
        long.write_bytes(standard_bytes(melody(90, seed=2)))
        composer = Composer(model)
        loaded = best_and_median(lambda: composer.compose(long, Options(seed=3)), turns)
        cold = best_and_median(
            lambda: musegan("compose", str(long), "-o", str(folder / "out"), *options), turns
        )
        figures["song_loaded_s"], figures["song_loaded_median_s"] = loaded
        figures["song_cold_s"], figures["song_cold_median_s"] = cold
        (folder / "songs").mkdir()
        for number in range(songs):
            qpm = 80 + 60 * number / songs
            tune = melody(round(qpm / 4), qpm, key=number, seed=number)
            (folder / "songs" / f"{number:03d}.mid").write_bytes(standard_bytes(tune))
        began = time.perf_counter()
        musegan(
            "compose", str(folder / "songs"), "-o", str(folder / "all"), "--jobs", "2", *options
        )
        spent = time.perf_counter() - began
        made = len(list((folder / "all").glob("*.mid")))
    if made != songs:
        raise SystemExit(f"{made} of {songs} songs came out")
    return {**figures, "songs": songs, "songs_s": spent, "songs_per_second": songs / spent}


def compared(figures: dict[str, Any]) -> tuple[Table, dict[str, Any]]:
    """The table of what has a target, and the margins."""
    table = Table(title="Composing", title_justify="left")
    for heading in ("", "figure", "target", "margin"):
        table.add_column(heading, justify="left" if not heading else "right")
    margins = {}
    for name, (words, target, more) in TARGETS.items():
        figure = figures[name]
        margin = figure / target if more else target / figure
        margins[name] = {"target": target, "margin": round(margin, 2)}
        sign = "≥" if more else "≤"
        table.add_row(words, f"{figure:.3g}", f"{sign} {target:g}", f"{margin:.2f}")
    return table, margins


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="band", help="a bundled model or a weights file")
    parser.add_argument("--bars", type=int, default=1000)
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--turns", type=int, default=5, help="of each that is timed in turns")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    figures: dict[str, Any] = {"load_before": load, **time_bars(asked.model, asked.bars)}
    figures |= time_songs(asked.model, asked.songs, asked.turns)
    for option in ("help", "version"):
        spent = best_and_median(lambda option=option: musegan(f"--{option}"), 2 * asked.turns)
        figures[f"{option}_s"], figures[f"{option}_median_s"] = spent
    figures = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    table, margins = compared(figures)
    console = Console()
    console.print(table)
    percentiles = ", ".join(
        f"{name} {figures[f'bar_{name}_ms']:.1f}" for name in ("p50", "p90", "p99", "max")
    )
    console.print(f"a bar, ms: {percentiles}, of {figures['bars']} bars")
    medians = {k: v for k, v in figures.items() if k.endswith("median_s")}
    console.print("medians, s:", ", ".join(f"{k[:-9]} {v:.2f}" for k, v in medians.items()))
    console.print(str(write_result("composing", {**figures, "targets": margins})))


if __name__ == "__main__":
    main()
