"""How well changes of scale are found in melodies, at several prices of a change: `music/modulation.py`.

    python benchmarks/modulations.py DATA/pop909

Of POP909's training songs, by its annotations of keys (`key_audio.txt`): `where none is` is the share of 250 songs in
one scale in which a change is found, `from a bar on` and `eight bars` how often one is found where such a song is
moved, by one to five semitones from some bar on, and by one to three for eight bars, and `annotated` in how many songs
whose scale changes by the annotations. Seed 0.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import write_result

from musegan.data.corpora import load
from musegan.music import modulation
from musegan.music.arrangement import PITCH, START, Arrangement, melody_span
from musegan.music.key import canonical_shift, parse_key

PRICES = (8.0, 12.0, 16.0, 25.0)
SONGS = 250
FEWEST_BARS = 32


@dataclass(frozen=True)
class Found:
    """In how many songs a change was found, of how many."""

    found: int = 0
    asked: int = 0

    def and_of(self, song: Arrangement, first: int = 0, last: int = 0, move: int = 0) -> "Found":
        """With one song more, of which the bars `first` to before `last` are moved."""
        starts, melody = song.grid.bar_starts, song.melody.copy()
        moved = (melody[:, START] >= starts[first]) & (melody[:, START] < starts[last])
        melody[moved, PITCH] += move
        changes = modulation.modulations(melody, starts).any
        return Found(self.found + changes, self.asked + 1)

    @property
    def share(self) -> float:
        return round(self.found / max(1, self.asked), 3)


def annotated(folder: Path) -> set[int]:
    """The scales of a song by its annotations, as canonical shifts."""
    keys = [line.split()[2] for line in (folder / "key_audio.txt").read_text().splitlines()]
    pairs = (key.split(":") for key in keys)
    return {canonical_shift(parse_key(tonic + "m" * (mode == "min"))) for tonic, mode in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    songs = [song for song in map(melody_span, load("pop909", data, "train")) if len(song.melody)]
    scales = [annotated(data / song.name) for song in songs]
    still = [song for song, own in zip(songs, scales, strict=True) if len(own) == 1][:SONGS]
    moving = [song for song, own in zip(songs, scales, strict=True) if len(own) > 1]
    told = {}
    for price in PRICES:
        modulation.PRICE = price
        rng = np.random.default_rng(0)
        none, rest, eight, known = Found(), Found(), Found(), Found()
        for song in still:
            bars = song.grid.bars
            none = none.and_of(song)
            from_bar, up = int(bars * rng.uniform(0.3, 0.85)), int(rng.integers(1, 6))
            first, less = int(rng.integers(8, max(9, bars - 8))), int(rng.integers(1, 4))
            if (
                bars >= FEWEST_BARS
                and not modulation.modulations(song.melody, song.grid.bar_starts).any
            ):
                rest = rest.and_of(song, from_bar, bars, up)
                eight = eight.and_of(song, first, min(first + 8, bars), less)
        for song in moving:
            known = known.and_of(song)
        told[f"{price:g}"] = {
            "where none is": none.share,
            "from a bar on": rest.share,
            "eight bars": eight.share,
            "annotated": known.share,
        }
        print(f"price {price:g}", told[f"{price:g}"], flush=True)
    write_result("modulations", {"songs": len(still), "annotated": len(moving), "prices": told})


if __name__ == "__main__":
    main()
