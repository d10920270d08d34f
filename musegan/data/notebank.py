"""A bank of single notes of a band's timbres: what phrases for the synth are mixed from.

Rendered once from a General MIDI SoundFont, dry: every third key of each timbre's range, at two
velocities, held to the end. How fast a timbre dies away once a key is let go is measured beside
them. A folder has a FLAC file a timbre, all its notes in a row, and `bank.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from musegan.audio.soundfont import find_soundfont
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples, read_sound, write_flac
from musegan.data.drums import PACKAGED, struck
from musegan.errors import CorpusError, FormatError
from musegan.files import write_whole

RATES = {"notes": 24_000, "notes-44k": 44_100}  # samples a second, by the set's name
VELOCITIES = (60, 110)
EVERY = 3  # semitones from key to key
SECONDS = 2.5  # of a note
LOUDEST = 0.9  # of the whole bank's samples
# Seconds in which a note that is let go falls by a factor of e. One that would ring on for longer is
# damped: phrases have no notes older than those of the bank, so a synth learns nothing of them.
SHORTEST, LONGEST = 0.01, 0.3


class Timbre(NamedTuple):
    program: int  # of General MIDI
    lowest: int  # key
    highest: int


TIMBRES = {
    "piano": Timbre(0, 24, 105),
    "electric-piano": Timbre(4, 28, 97),
    "vibraphone": Timbre(11, 53, 89),
    "organ": Timbre(16, 36, 96),
    "nylon-guitar": Timbre(24, 40, 85),
    "steel-guitar": Timbre(25, 40, 85),
    "acoustic-bass": Timbre(32, 28, 61),
    "electric-bass": Timbre(33, 28, 61),
    "violin": Timbre(40, 55, 97),
    "strings": Timbre(48, 28, 97),
    "trumpet": Timbre(56, 54, 84),
    "saxophone": Timbre(65, 49, 82),
    "flute": Timbre(73, 60, 96),
}


class Strikes(NamedTuple):
    """What each note of a bank is, (note,) each."""

    timbres: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    velocities: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NoteBank:
    """Notes of one length, from softest to loudest of a key, from lowest to highest of a timbre."""

    sounds: npt.NDArray[np.int16]  # (note, sample)
    rate: int  # samples a second
    timbres: tuple[str, ...]
    keys: tuple[tuple[int, ...], ...]  # of each timbre, rising
    velocities: tuple[int, ...]  # of each key, rising
    releases: tuple[float, ...]  # of each timbre: seconds in which it falls by e when let go

    @property
    def first(self) -> tuple[int, ...]:
        """The number of each timbre's first note."""
        counts = [len(keys) * len(self.velocities) for keys in self.keys]
        return tuple(int(total) for total in np.cumsum([0, *counts[:-1]]))

    @property
    def strikes(self) -> Strikes:
        """The timbre, the key and the velocity of each note."""
        rows = [
            (number, key, velocity)
            for number, keys in enumerate(self.keys)
            for key in keys
            for velocity in self.velocities
        ]
        return Strikes(*np.array(rows, np.int64).T)


def prepare_notes(folder: Path, rate: int, soundfont: Path | None = None) -> str:
    """Render the bank into a folder; returns what was written, in a line.

    Without a SoundFont it is Fluid (R3) GM where that is installed, or else the bundled one.
    Raises CorpusError where there is none, FormatError where it is damaged.
    """
    if soundfont is None:
        soundfont = PACKAGED[0] if PACKAGED[0].is_file() else find_soundfont()
    elif not soundfont.is_file():
        raise CorpusError(f"{soundfont}: no file; give a SoundFont with --data FILE.sf2")
    notes = {name: rendered(soundfont, timbre, rate) for name, timbre in TIMBRES.items()}
    loudest = max(float(np.abs(sound).max()) for sound in notes.values())
    if loudest == 0:
        raise CorpusError(f"{soundfont}: its programs of General MIDI are silent")
    folder.mkdir(parents=True, exist_ok=True)
    for name, sounds in notes.items():
        write_flac(
            folder / f"{name}.flac", sounds.reshape(-1) * LOUDEST / loudest, rate, title=name
        )
    facts = {
        "rate": rate,
        "samples": round(SECONDS * rate),
        "soundfont": soundfont.name,
        "velocities": VELOCITIES,
        "timbres": {
            name: {"keys": keys_of(timbre), "release": release_of(soundfont, timbre)}
            for name, timbre in TIMBRES.items()
        },
    }
    write_whole(folder / "bank.json", json.dumps(facts, indent=1).encode())
    count = sum(len(sounds) for sounds in notes.values())
    return f"{folder}: {count} notes of {len(notes)} timbres from {soundfont.name}"


def open_notes(folder: Path, timbres: Sequence[str] = ()) -> NoteBank:
    """The bank in a folder, or some of its timbres, in the order that is asked for.

    Raises CorpusError where it is not whole or lacks a timbre.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / "bank.json").read_text())
        known: Mapping[str, Any] = facts["timbres"]
        wanted = tuple(timbres) or tuple(known)
        lacking = [name for name in wanted if name not in known]
        there = [name for name in wanted if name in known]
        parts = [read_notes(folder / f"{name}.flac", facts["samples"]) for name in there]
        bank = NoteBank(
            sounds=np.concatenate(parts or [np.zeros((0, facts["samples"]), np.int16)]),
            rate=facts["rate"],
            timbres=wanted,
            keys=tuple(tuple(known[name]["keys"]) for name in there),
            velocities=tuple(facts["velocities"]),
            releases=tuple(known[name]["release"] for name in there),
        )
    except (OSError, FormatError, KeyError, ValueError) as error:
        raise CorpusError(
            f"{folder}: no whole bank of notes ({error}); run `musegan prepare notes`"
        ) from error
    if lacking:
        raise CorpusError(f"{folder}: has no {lacking[0]}; there are {', '.join(known)}")
    return bank


def read_notes(path: Path, samples: int) -> npt.NDArray[np.int16]:
    """The notes of one file, (note, sample)."""
    sound, _ = read_sound(path)
    whole = np.rint(sound.mean(axis=0) * 32768).clip(-32768, 32767)
    notes: npt.NDArray[np.int16] = whole.astype(np.int16).reshape(-1, samples)
    return notes


def keys_of(timbre: Timbre) -> list[int]:
    return list(range(timbre.lowest, timbre.highest + 1, EVERY))


def rendered(soundfont: Path, timbre: Timbre, rate: int) -> Samples:
    """A timbre's notes, (note, sample), key by key."""
    strikes = [(key, velocity) for key in keys_of(timbre) for velocity in VELOCITIES]
    # Struck twice as far apart as heard, so that no release sounds into the next.
    notes = struck(
        soundfont, timbre.program, 0, strikes, apart=3 * SECONDS, held=SECONDS, heard=SECONDS, dry=True
    )  # fmt: skip
    common = int(np.gcd(rate, SYNTH_RATE))
    moved = resample_poly(np.stack(notes), rate // common, SYNTH_RATE // common, axis=1)
    fitted: Samples = moved[:, : round(SECONDS * rate)].astype(np.float32)
    return fitted


def release_of(soundfont: Path, timbre: Timbre) -> float:
    """Seconds in which a note falls by a factor of e once it is let go.

    SoundFonts let go in decibels a second, so two moments tell it; measured beside a held note.
    """
    key, let_go = (timbre.lowest + timbre.highest) // 2, 1.0
    held, free = (
        struck(
            soundfont, timbre.program, 0, [(key, 100)], apart=4.0, held=seconds, heard=2.0, dry=True
        )[0]
        for seconds in (2.0, let_go)
    )
    moments = [round((let_go + after) * SYNTH_RATE) for after in (0.02, 0.05)]
    window = round(0.02 * SYNTH_RATE)
    levels = [
        float(np.log(np.linalg.norm(free[m : m + window]) / np.linalg.norm(held[m : m + window])))
        for m in moments
    ]
    fall = max(levels[0] - levels[1], 1e-9)
    return float(np.clip(0.03 / fall, SHORTEST, LONGEST))
