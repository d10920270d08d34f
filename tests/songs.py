"""Songs as MIDI files, for tests of what reads a corpus; none comes from a data set."""

from pathlib import Path

import mido
import numpy as np

from musegan.music.midi import AddedTrack, add_tracks


def write_song(path: Path, seed: int = 0, bars: int = 16) -> None:
    """A song of drums, bass, piano and a melody that says so, in C."""
    rng = np.random.default_rng(seed)
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    roots = rng.choice([36, 41, 43, 45], bars)
    melody = [[480 * k, 480 * k + 460, int(rng.choice(scale)), 90] for k in range(4 * bars)]
    bass = [[960 * k, 960 * k + 900, int(roots[k // 2]), 80] for k in range(2 * bars)]
    piano = [
        [1920 * k, 1920 * k + 1900, int(root) + up, 70]
        for k, root in enumerate(roots)
        for up in (12, 16, 19)
    ]
    drums = [[480 * k, 480 * k + 60, (36, 38)[k % 2], 90] for k in range(4 * bars)]
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(ticks_per_beat=480, tracks=[mido.MidiTrack()]).save(path)
    tracks = [("Melody", 73, 0, melody), ("Bass", 33, 1, bass), ("Piano", 0, 2, piano)]
    tracks.append(("Drums", 0, 9, drums))
    added = [AddedTrack(name, p, c, np.array(notes)) for name, p, c, notes in tracks]
    path.write_bytes(add_tracks(path, added))


def write_corpus(folder: Path, songs: int = 4) -> Path:
    """A folder `freedoom` of songs in `folder`; returns it."""
    for seed in range(songs):
        write_song(folder / "freedoom" / f"song{seed}.mid", seed)
    return folder / "freedoom"
