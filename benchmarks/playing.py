"""How punctual the live band is: lateness, bars in time, key to MIDI thru, the start.

    python benchmarks/playing.py [lateness|tempi|start|thru|synth ...] [--minutes 10] [--model NAME]

Every figure is of `musegan play` as a process of its own, playing along to a melody made here, and
read from its `--stats`. `lateness` plays for so many minutes, once on a quiet machine and once with
every processor kept busy by others, and looks at the memory; `tempi` plays at 60 to 200 beats a minute,
quiet and busy; `start` is the time to the first click of the count-in.
`thru` sends notes through the band by JACK at 128 frames and takes the time they come back, frame by
frame; it needs jackd and JACK-Client. `synth` plays for so many minutes, quiet and busy, to a sound device
of JACK's with `--synth gan`, and takes how long before it is due the sound of a note is there; it needs jackd.

With nothing named all are done. A margin above 1 is better than the target.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from machine import write_result
from rich.console import Console
from rich.table import Table

KINDS = ("lateness", "tempi", "start", "thru", "synth")
TEMPI = (60, 100, 140, 200)
TEMPO_BARS = 16
PERIOD, RATE = 128, 48_000
TARGETS = {  # figure: (what it says, target, whether more is better)
    "generation_p99_ms_quiet": ("a half bar, generated, p99, quiet, ms", 10.0, False),
    "generation_p99_ms_busy": ("the same, busy", 40.0, False),
    "lateness_p99_ms_quiet": ("lateness, p99, quiet, ms", 1.0, False),
    "lateness_max_ms_quiet": ("lateness, worst, quiet, ms", 5.0, False),
    "lateness_p99_ms_busy": ("lateness, p99, busy, ms", 1.0, False),
    "lateness_max_ms_busy": ("lateness, worst, busy, ms", 5.0, False),
    "in_time_quiet": ("bars in time, 60 to 200 BPM, quiet", 1.0, True),
    "in_time_busy": ("the same, busy", 1.0, True),
    "growth": ("growth of memory while it plays", 0.05, False),
    "first_click_seconds": ("start to the first click, s", 5.0, False),
    "synth_in_time_quiet": ("notes that the synth has in time, quiet", 0.99, True),
    "synth_in_time_busy": ("the same, busy", 0.99, True),
    "thru_p99_ms": ("key to MIDI thru, JACK at 128 frames, p99, ms", 6.0, False),
}


def write_melody(path: Path, bars: int, qpm: float) -> Path:
    """A tune of many bars, phrases of eight."""
    from composing import melody

    from musegan.music.midi import standard_bytes

    path.write_bytes(standard_bytes(melody(bars, qpm, seed=3)))
    return path


def _hog(end: float) -> None:
    values = np.random.default_rng(0).random((200, 200))
    while time.monotonic() < end:
        values = np.tanh(values @ values.T / 200)


@contextmanager
def busy_machine(wanted: bool, seconds: float) -> Iterator[None]:
    """Keep every processor busy with others' work, at most for so long."""
    context = multiprocessing.get_context("spawn")
    end = time.monotonic() + seconds
    hogs = [
        context.Process(target=_hog, args=(end,), daemon=True) for _ in range(os.cpu_count() or 1)
    ]
    if wanted:
        os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
        for hog in hogs:
            hog.start()
        time.sleep(1)
    try:
        yield
    finally:
        if wanted:
            for hog in hogs:
                hog.kill()


def musegan_play(*options: str, **more: Any) -> "subprocess.Popen[bytes]":
    """Start the command that is installed beside this Python."""
    command = shutil.which("musegan", path=str(Path(sys.executable).parent)) or "musegan"
    return subprocess.Popen(
        [command, "play", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more,
    )  # fmt: skip


def session(
    folder: Path, bars: int, qpm: float, *options: str, output: str = "none", watch: bool = False
) -> dict[str, Any]:
    """Play so many bars and return the session's statistics; with `watch`, its memory too."""
    stats = folder / "stats.json"
    tune = write_melody(folder / "tune.mid", bars, qpm)
    running = musegan_play(
        "--melody", str(tune), "--output", output, "--tempo", str(qpm), "--bars", str(bars),
        "--stats", str(stats), "--overwrite", *options,
    )  # fmt: skip
    memory = []
    while running.poll() is None:
        time.sleep(0.5)
        if watch:
            memory.append(resident_kilobytes(running.pid))
    if running.returncode:
        raise SystemExit((running.stderr.read() if running.stderr else b"").decode())
    figures: dict[str, Any] = json.loads(stats.read_text())
    if watch:
        settled = [kilobytes for kilobytes in memory[len(memory) // 10 :] if kilobytes]
        figures["memory_kb"] = {"first": settled[0], "last": settled[-1]}
    return figures


def resident_kilobytes(pid: int) -> int:
    """What a process and its children hold in memory; Linux only, else 0."""
    total = 0
    for process in [pid, *children(pid)]:
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return total


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


def measure_lateness(folder: Path, minutes: float, options: Sequence[str]) -> dict[str, Any]:
    """Minutes at 120 beats a minute, quiet and busy."""
    figures: dict[str, Any] = {}
    for load in ("quiet", "busy"):
        with busy_machine(load == "busy", 60 * minutes + 60):
            found = session(folder, round(30 * minutes), 120, *options, watch=load == "quiet")
        for name in ("lateness", "generation"):
            for share in ("p50", "p99", "max"):
                figures[f"{name}_{share}_ms_{load}"] = found[f"{name}_ms"][share]
        figures[f"events_{load}"] = found["lateness_ms"]["count"]
        figures[f"late_bars_{load}"] = found["late_bars"]
        figures[f"notes_left_on_{load}"] = found["notes_left_on"]
        figures[f"realtime_{load}"] = found["realtime_priority"]
        if memory := found.get("memory_kb"):
            figures |= {f"memory_{name}_kb": value for name, value in memory.items()}
            figures["growth"] = memory["last"] / memory["first"] - 1
    return figures


def measure_tempi(folder: Path, options: Sequence[str]) -> dict[str, Any]:
    """Bars ready in time, from slow to fast."""
    figures: dict[str, Any] = {}
    for load in ("quiet", "busy"):
        bars = late = 0
        with busy_machine(load == "busy", 600):
            for qpm in TEMPI:
                found = session(folder, TEMPO_BARS, qpm, *options)
                bars, late = bars + found["bars"], late + found["late_bars"]
        figures[f"in_time_{load}"] = 1 - late / bars
        figures[f"tempi_bars_{load}"] = bars
    return figures


def measure_start(folder: Path, options: Sequence[str]) -> dict[str, Any]:
    """From the command to the first click, the middle of five."""
    seconds = []
    for _ in range(5):
        found = session(folder, 2, 200, *options)
        seconds.append(found["first_click_seconds"])
    return {
        "first_click_seconds": float(np.median(seconds)),
        "first_click_worst_seconds": max(seconds),
    }


@contextmanager
def jack_server() -> Iterator[None]:
    """A JACK server of our own, without hardware."""
    server = f"musegan-bench-{os.getpid()}"
    os.environ |= {"JACK_DEFAULT_SERVER": server, "JACK_NO_START_SERVER": "1"}
    mode = ["-R", "-P70"] if os.geteuid() == 0 else ["-r"]
    jackd = subprocess.Popen(
        ["jackd", "-n", server, *mode, "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(1)
    try:
        yield
    finally:
        jackd.terminate()
        jackd.wait(10)


def measure_synth(folder: Path, minutes: float, options: Sequence[str]) -> dict[str, Any]:
    """Minutes at 120 beats a minute by the bundled synth, quiet and busy."""
    figures: dict[str, Any] = {}
    for load in ("quiet", "busy"):
        with jack_server(), busy_machine(load == "busy", 60 * minutes + 60):
            bars = round(30 * minutes)
            found = session(folder, bars, 120, "--synth", "gan", *options, output="sound")
        counts = found["synth"]
        notes = counts["notes"]
        figures[f"synth_in_time_{load}"] = 1 - counts["late_notes"] / max(1, notes)
        figures[f"synth_notes_{load}"] = notes
        for share in ("p1", "p50"):
            figures[f"synth_ahead_{share}_ms_{load}"] = counts["ahead_ms"][share]
        for share in ("p50", "p99", "max"):
            figures[f"synth_piece_{share}_ms_{load}"] = counts["rendering_ms"][share]
        figures[f"synth_underruns_{load}"] = found["sound"]["underruns"]
        figures[f"synth_late_bars_{load}"] = found["late_bars"]
        figures[f"synth_lateness_p99_ms_{load}"] = found["lateness_ms"]["p99"]
    return figures


def measure_thru(folder: Path, options: Sequence[str]) -> dict[str, Any]:
    """Notes through the band and back, in frames of a JACK server of our own."""
    import jack

    with jack_server(), ExitStack() as stack:
        client = jack.Client("bench", no_start_server=True)
        out, back = client.midi_outports.register("keys"), client.midi_inports.register("synth")
        sent: dict[int, int] = {}
        delays: list[int] = []
        state = {"next": 0, "pitch": 36, "on": False}

        @client.set_process_callback
        def process(frames: int) -> None:
            now = client.last_frame_time
            out.clear_buffer()
            for offset, data in back.incoming_midi_events():
                message = bytes(data)
                if message[0] == 0x90 and message[2] == 101 and message[1] in sent:
                    delays.append(now + offset - sent.pop(message[1]))
            while state["on"] and state["next"] < now + frames:
                offset = max(0, state["next"] - now)
                pitch = state["pitch"]
                out.write_midi_event(offset, (0x90, pitch, 101))
                out.write_midi_event(offset, (0x80, (pitch - 36 - 1) % 60 + 36, 0))
                sent[pitch] = now + offset
                state["pitch"] = (pitch - 36 + 1) % 60 + 36
                state["next"] = now + offset + 3000 + 37 * (pitch % 11)

        with client:
            stats = folder / "thru.json"
            playing = musegan_play(
                "--input", "bench:keys", "--output", "bench:synth", "--thru", "--bars", "40",
                "--tempo", "120", "--stats", str(stats), "--overwrite", *options,
            )  # fmt: skip
            stack.callback(playing.kill)
            time.sleep(8)
            state["next"], state["on"] = client.frame_time, True
            wait = threading.Event()
            end = time.monotonic() + 120
            while len(delays) < 1000 and time.monotonic() < end and playing.poll() is None:
                wait.wait(0.2)
            state["on"] = False
            playing.terminate()
            playing.wait(10)
    if not delays:
        raise SystemExit("thru: no note came back")
    milliseconds = 1e3 * np.array(delays) / RATE
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return {
        "thru_p50_ms": float(p50), "thru_p99_ms": float(p99), "thru_max_ms": float(milliseconds.max()),
        "thru_notes": len(delays), "thru_lost": len(sent),
    }  # fmt: skip


def compared(figures: dict[str, Any]) -> tuple[Table, dict[str, Any]]:
    """The table of what has a target, and whether it is met."""
    table = Table(title="Playing along", title_justify="left")
    for heading in ("", "figure", "target", "met"):
        table.add_column(heading, justify="left" if not heading else "right")
    targets = {}
    for name, (words, target, more) in TARGETS.items():
        if figures.get(name) is None:
            continue
        figure = figures[name]
        met = figure >= target if more else figure <= target
        targets[name] = {"target": target, "met": bool(met)}
        table.add_row(
            words, f"{figure:.3g}", f"{'≥' if more else '≤'} {target:g}", "yes" if met else "NO"
        )
    return table, targets


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="what to measure")
    parser.add_argument("--minutes", type=float, default=10.0, help="of lateness and synth")
    parser.add_argument("--model", help="a bundled model or a weights file")
    asked = parser.parse_args(arguments)
    options = ["--model", asked.model] if asked.model else []
    figures: dict[str, Any] = {
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "minutes": asked.minutes,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in asked.kinds or KINDS:
            if kind == "lateness":
                figures |= measure_lateness(folder, asked.minutes, options)
            elif kind == "tempi":
                figures |= measure_tempi(folder, options)
            elif kind == "start":
                figures |= measure_start(folder, options)
            elif kind == "synth":
                figures |= measure_synth(folder, asked.minutes, options)
            else:
                figures |= measure_thru(folder, options)
    figures = {k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()}
    table, targets = compared(figures)
    console = Console()
    console.print(table)
    console.print({name: value for name, value in figures.items() if name not in TARGETS})
    name = "playing" if not asked.kinds else "playing-" + "-".join(asked.kinds)
    console.print(str(write_result(name, {**figures, "targets": targets})))


if __name__ == "__main__":
    main()
