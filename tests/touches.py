"""Performances for tests of touch: drummers and pianists who follow rules, so that a model can learn them."""

import csv

import mido
import numpy as np

from musegan.data.touches import Performed, gather_touches, save_touches
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

LOUD, SOFT, LATE = 110, 60, 0.3
SMALL = ("model.width=8", "model.critic_width=8", "data.steps=16", "train.batch_size=4")


def drummed(name="drummer", bars=16, seed=0):
    """Kicks that are loud and on the beat, hats that are soft and late."""
    grid = grid_of_metres([(0, 4, 4)], 1920 * bars, 480)
    kicks = [[s, s + 1, 36, LOUD] for s in range(0, grid.steps, 4)]
    hats = [[s, s + 1, 42, SOFT] for s in range(0, grid.steps, 2)]
    dice = np.random.default_rng(seed)
    notes = np.array(sorted(kicks + hats))
    notes[:, 3] += dice.integers(-4, 5, len(notes))
    delays = np.where(notes[:, 2] == 42, LATE, 0.0) + 0.02 * dice.standard_normal(len(notes))
    return Performed(name, Role.DRUMS, grid, notes, delays)


def played(name="pianist", bars=16, seed=0):
    """Chords whose highest note is loud, on the grid."""
    grid = grid_of_metres([(0, 4, 4)], 1920 * bars, 480)
    chord = ((48, SOFT), (55, SOFT), (64, LOUD))
    notes = [[s, s + 4, pitch, loud] for s in range(0, grid.steps, 4) for pitch, loud in chord]
    notes = np.array(notes)
    notes[:, 3] += np.random.default_rng(seed).integers(-4, 5, len(notes))
    return Performed(name, Role.PIANO, grid, notes, np.zeros(len(notes)))


def write_touches(folder):
    """A folder as `musegan prepare touch` writes it; returns it."""
    for split, count in (("train", 4), ("validation", 3)):
        parts = [drummed(f"{split}{seed}", seed=seed) for seed in range(count)]
        parts += [played(f"{split}{seed}", seed=seed) for seed in range(count)]
        save_touches(gather_touches(parts), folder / f"{split}.npz")
    return folder


def write_groove(folder, performances):
    """A folder as Groove MIDI is; of each performance its split, metre and notes (tick, pitch, velocity)."""
    folder.mkdir(parents=True)
    names = ["drummer", "split", "time_signature", "midi_filename"]
    with (folder / "info.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, names)
        rows.writeheader()
        for index, (split, metre, notes) in enumerate(performances):
            name = f"{index}.mid"
            rows.writerow(
                {"drummer": "a", "split": split, "time_signature": metre, "midi_filename": name}
            )
            track, now = mido.MidiTrack(), 0
            events = [(t, "note_on", p, v) for t, p, v in notes]
            events += [(t + 20, "note_off", p, 0) for t, p, _ in notes]
            for tick, kind, pitch, velocity in sorted(events):
                track.append(
                    mido.Message(kind, note=pitch, velocity=velocity, channel=9, time=tick - now)
                )
                now = tick
            mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(folder / name)
    return folder
