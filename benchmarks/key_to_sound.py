"""How long from a key to its sound, with the built-in sound, its buffer included.

    python benchmarks/key_to_sound.py [--notes 200] [--buffer MS]

A JACK server without hardware (48 kHz, 128 frames) is started under a name of its own: with
realtime priority, as musicians run it, and as an ordinary program, which other work delays. Notes
are handed to `Speaker.send` at moments that have nothing to do with the server's; another process
records with the server's frame times. A note counts from the frame of `send` to the first sample
above -60 dBFS, and, as "played", on to where the server says a device would have played it. Nothing
is subtracted. Needs jackd and the Python package JACK-Client.
"""

import argparse
import multiprocessing
import os
import random
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from machine import write_result

RATE, PERIOD = 48_000, 128
AUDIBLE = 1e-3
WOODBLOCK, PITCH = 115, 76


@contextmanager
def jack_server(name: str, realtime: bool) -> Iterator[None]:
    """A JACK server with the dummy driver, for this process and those that it starts."""
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    how = ["-R", "-P70"] if realtime else ["-r"]
    server = subprocess.Popen(
        ["jackd", "-n", name, *how, "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        subprocess.run(["jack_wait", "-s", name, "-w", "-t", "5"], check=True, capture_output=True)
        yield
    finally:
        server.terminate()
        server.wait()


def hear(talk: Connection) -> None:
    """Record what "musegan" plays until told to stop; answers (frame, samples) blocks."""
    import jack

    client = jack.Client("ear", no_start_server=True)
    ear = client.inports.register("in")
    blocks: list[tuple[int, bytes]] = []
    client.set_process_callback(
        lambda frames: blocks.append((client.last_frame_time, bytes(ear.get_buffer())))
    )
    with client:
        client.connect(client.get_ports("musegan", is_output=True, is_audio=True)[0], ear)
        talk.send("listening")
        talk.recv()
    talk.send(blocks)


def press(notes: int, buffer_ms: int) -> tuple[list[int], Any, list[Any], int]:
    """Play notes: the frame of each, the speaker's counts, what was heard, the server's delay."""
    import jack
    import miniaudio

    from musegan.audio.speaker import Speaker

    speaker = Speaker(buffer_ms=buffer_ms, backends=[miniaudio.Backend.JACK])
    speaker.start()
    spawn = multiprocessing.get_context("spawn")
    talk, theirs = spawn.Pipe()
    listener = spawn.Process(target=hear, args=(theirs,), daemon=True)
    listener.start()
    client = jack.Client("clock", no_start_server=True)
    client.activate()
    talk.recv()
    told = subprocess.run(["jack_lsp", "-l", "system:playback_1"], capture_output=True, text=True)
    delay = max(int(n) for n in re.findall(r"playback latency = \[ (\d+) (\d+) \]", told.stdout)[0])
    speaker.send(bytes((0xC0, WOODBLOCK)))
    time.sleep(1)
    frames = []
    for _ in range(notes):
        frames.append(client.frame_time)
        speaker.send(bytes((0x90, PITCH, 100)))
        time.sleep(random.uniform(0.05, 0.08))
        speaker.send(bytes((0xB0, 120, 0)))
        time.sleep(random.uniform(0.03, 0.06))
    talk.send("enough")
    blocks = talk.recv()
    listener.join()
    client.close()
    speaker.close()
    return frames, speaker.counts, blocks, delay


def delays(frames: list[int], blocks: list[tuple[int, bytes]]) -> list[float]:
    """Milliseconds from each note's frame to its first audible sample; NaN where none is."""
    times = np.concatenate([first + np.arange(len(data) // 4) for first, data in blocks])
    sound = np.abs(np.concatenate([np.frombuffer(data, np.float32) for _, data in blocks]))
    audible = times[sound > AUDIBLE]
    result = []
    for frame, following in zip(frames, [*frames[1:], frames[-1] + RATE], strict=True):
        here = audible[np.searchsorted(audible, frame) :]
        result.append(
            (here[0] - frame) / RATE * 1000 if len(here) and here[0] < following else np.nan
        )
    return result


def measure(notes: int, buffer_ms: int, realtime: bool) -> dict[str, Any]:
    """The figures under a server with or without priority."""
    load = os.getloadavg()[0]
    with jack_server(f"key_to_sound_{os.getpid()}_{realtime}", realtime):
        frames, counts, blocks, delay = press(notes, buffer_ms)
    recorded = np.array(delays(frames, blocks))
    heard = recorded[~np.isnan(recorded)]
    figures: dict[str, Any] = {
        "load_before": round(load, 2),
        "notes": notes,
        "lost": notes - len(heard),
        "server_delay_ms": round(delay / RATE * 1000, 2),
    }
    for name, values in (("recorded_ms", heard), ("played_ms", heard + delay / RATE * 1000)):
        p50, p99, most = np.percentile(values, [50, 99, 100]).tolist()
        figures[name] = {"p50": round(p50, 2), "p99": round(p99, 2), "max": round(most, 2)}
    return figures | {
        "underruns": counts.underruns,
        "render_ms": {
            "mean": round(counts.mean_render_seconds * 1000, 3),
            "max": round(counts.worst_render_seconds * 1000, 3),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=200, help="under each server")
    parser.add_argument("--buffer", type=int, help="milliseconds; the default is the program's")
    options = parser.parse_args()
    from musegan.audio.speaker import BUFFER_MS

    buffer_ms = options.buffer or BUFFER_MS
    result: dict[str, Any] = {"server": f"jackd dummy, {RATE} Hz, {PERIOD} frames"}
    result["buffer_ms"] = buffer_ms
    for name, realtime in (("realtime", True), ("ordinary", False)):
        result[name] = measure(options.notes, buffer_ms, realtime)
        print(name, *(f"  {key:16} {value}" for key, value in result[name].items()), sep="\n")
    if options.buffer is None:
        print(write_result("key_to_sound", result))


if __name__ == "__main__":
    main()
