"""How fast and how much `read_midi` reads, beside symusic, mido and pretty_midi in the same run.

    python benchmarks/midi_reading.py DATA [--files N]

DATA is a folder with a folder for each corpus; N files of each are timed, the best of three turns
each, readers taking turns. Of `odd-midi` every file is read. Notes are counted as each reader
gives them: mido has no notes, so its note-ons with a velocity count.
"""

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pretty_midi
from machine import write_result
from symusic.core import ScoreTick

from musegan.errors import MidiError
from musegan.music.midi import read_midi

SUFFIXES = {".mid", ".midi", ".kar", ".rmi"}
TURNS = 3
Reader = Callable[[Path], int]  # number of notes


def by_musegan(path: Path) -> int:
    return int(read_midi(path).note_num())


def by_symusic(path: Path) -> int:
    return int(ScoreTick.from_file(str(path)).note_num())


def by_mido(path: Path) -> int:
    events = [event for track in mido.MidiFile(str(path), clip=True).tracks for event in track]
    return sum(event.type == "note_on" and event.velocity > 0 for event in events)


def by_pretty_midi(path: Path) -> int:
    return sum(len(part.notes) for part in pretty_midi.PrettyMIDI(str(path)).instruments)


READERS: dict[str, Reader] = {
    "musegan": by_musegan,
    "symusic": by_symusic,
    "mido": by_mido,
    "pretty_midi": by_pretty_midi,
}


def timed(reader: Reader, path: Path) -> tuple[float, int]:
    """Seconds and notes."""
    start = time.perf_counter()
    notes = reader(path)
    return time.perf_counter() - start, notes


def speed(paths: list[Path]) -> dict[str, Any]:
    """Milliseconds a file and notes for each reader, of the files that all of them read."""
    refused = {n: sum(not isinstance(notes_or_words(n, p), int) for p in paths) for n in READERS}
    paths = [p for p in paths if all(isinstance(notes_or_words(n, p), int) for n in READERS)]
    best = {name: [float("inf")] * len(paths) for name in READERS}
    notes = dict.fromkeys(READERS, 0)
    for turn in range(TURNS):
        for index, path in enumerate(paths):
            for name, reader in READERS.items():
                seconds, count = timed(reader, path)
                best[name][index] = min(best[name][index], seconds)
                notes[name] += count if turn == 0 else 0
    figures: dict[str, Any] = {"files": len(paths), "refused": refused}
    for name in READERS:
        mean = statistics.fmean(best[name])
        figures[name] = {
            "milliseconds": round(1000 * mean, 3),
            "times_as_long": round(mean / statistics.fmean(best["musegan"]), 2),
            "notes": notes[name],
        }
    return figures


def notes_or_words(name: str, path: Path) -> int | str:
    """How many notes a reader finds, or its words of refusal."""
    try:
        return READERS[name](path)
    except MidiError as error:
        return str(error).replace(f"{path}: ", "")
    except Exception as error:  # the others raise anything
        return f"{type(error).__name__}: {error}"[:80]


def is_better_elsewhere(row: dict[str, int | str]) -> bool:
    """Whether another reader finds more than musegan does."""
    counts = {name: found if isinstance(found, int) else -1 for name, found in row.items()}
    return counts["musegan"] < max(counts.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--files", type=int, default=20, help="of each corpus")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # pretty_midi's, about odd files
    figures: dict[str, Any] = {"speed": {}}
    print(f"{'corpus':18}{'files':>6}" + "".join(f"{name:>24}" for name in READERS))
    for corpus in sorted(path for path in arguments.data.iterdir() if path.is_dir()):
        paths = sorted(p for p in corpus.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not paths or corpus.name == "odd-midi":
            continue
        chosen = random.Random(0).sample(paths, min(arguments.files, len(paths)))
        timing = figures["speed"][corpus.name] = speed(chosen)
        cells = [
            f"{timing[n]['milliseconds']:.2f} ms x{timing[n]['times_as_long']:g}" for n in READERS
        ]
        print(f"{corpus.name:18}{timing['files']:6}" + "".join(f"{cell:>24}" for cell in cells))
        if refusals := {name: count for name, count in timing["refused"].items() if count}:
            print(f"{'':24}refused besides: {refusals}")
    odd = sorted(p for p in (arguments.data / "odd-midi").rglob("*") if p.is_file())
    if odd:
        rows = {
            str(p.relative_to(arguments.data)): {n: notes_or_words(n, p) for n in READERS}
            for p in odd
        }
        read = {n: sum(isinstance(row[n], int) for row in rows.values()) for n in READERS}
        notes = {
            n: sum(found for row in rows.values() if isinstance(found := row[n], int))
            for n in READERS
        }
        worse = [name for name, row in rows.items() if is_better_elsewhere(row)]
        figures["odd"] = {
            "files": len(odd), "read": read, "notes": notes, "better_elsewhere": worse, "rows": rows,
        }  # fmt: skip
        print(f"\n{'odd file':58}" + "".join(f"{name:>12}" for name in READERS))
        for name, row in rows.items():
            words = [str(n) if isinstance(n, int) else "refused" for n in row.values()]
            print(f"{name[-57:]:58}" + "".join(f"{word:>12}" for word in words))
        print(f"{f'read, of {len(odd)}':58}" + "".join(f"{read[n]:>12}" for n in READERS))
        print(f"{'notes':58}" + "".join(f"{notes[n]:>12}" for n in READERS))
        print(f"files of which another reader finds more: {len(worse)}")
    print(f"\n{write_result('midi_reading', figures)}")


if __name__ == "__main__":
    main()
