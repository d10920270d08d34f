"""A `musegan play` in a process of its own, for tests, and a keyboard that plays it a tune."""

import json
import signal
import sys
from pathlib import Path

import mido
from jackrig import Rig

BEAT = 19_200  # frames at 150 beats a minute
TUNE = ((0, 64), (1, 67), (2, 72), (3, 71), (4, 69), (5, 67), (6, 65), (7, 62))  # beat, pitch
ENDS = 40.0  # seconds that a session may take to end


class Session:
    """A `musegan play` that runs."""

    def __init__(self, rig: Rig, folder: Path, *options: str, tempo: str | None = "150") -> None:
        self.record, self.stats_file = folder / "session.mid", folder / "stats.json"
        self.rig = rig
        speed = ["--tempo", tempo] if tempo else []
        self.process = rig.start(
            sys.executable, "-m", "musegan_cli.main", "play", *speed, "--no-thru",
            "--record", str(self.record), "--stats", str(self.stats_file), *options, log="play.log",
        )  # fmt: skip

    @property
    def said(self) -> str:
        return self.rig.log("play")

    def end(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self.process.wait(ENDS)

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.end()

    @property
    def stats(self) -> dict:
        return json.loads(self.stats_file.read_text())

    def notes(self, *titles: str) -> list[tuple[float, int, str]]:
        """Of the recording: seconds, pitch and track of each note."""
        midi = mido.MidiFile(self.record)
        tempo = next(m.tempo for t in midi.tracks for m in t if m.type == "set_tempo")
        found = []
        for track in midi.tracks:
            tick = 0
            for message in track:
                tick += message.time
                if message.type == "note_on" and message.velocity and track.name in titles:
                    seconds = mido.tick2second(tick, midi.ticks_per_beat, tempo)
                    found.append((seconds, message.note, track.name))
        return sorted(found)


def tune(rig: Rig, name: str = "kbd"):
    notes = [(beat * BEAT, pitch, BEAT * 9 // 10) for beat, pitch in TUNE]
    return rig.sequencer(name, len(TUNE) * BEAT, *notes)


def children_of(pid: int) -> list[int]:
    """The generator's processes of a session."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found
