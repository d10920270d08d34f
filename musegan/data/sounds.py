"""Sets of sounds in memory: known ones by name, and folders of a user's own.

A sound begins at once and is as long as all others: shorter ones end in silence. Each file is as
loud as every other, so that a level that was set by chance is nothing to learn.
"""

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import resample_poly
from torch import Tensor

from musegan.audio.waveform import Samples, read_sound
from musegan.config import SoundData
from musegan.data.choosing import rows_of
from musegan.data.filing import Found, find_files, lines_on, tested
from musegan.data.keeping import Arrays, keep, kept
from musegan.data.known import place_of
from musegan.data.notebank import open_notes
from musegan.data.spoken import DIGITS, holds_digits, spoken_digits
from musegan.errors import CorpusError, FormatError, UnknownSet
from musegan.music.kit import KIT

logger = logging.getLogger(__name__)

Split = Literal["train", "test"]
SETS = ("spoken-digits", "drums", "notes")
TESTED = 5  # every fifth hit of a role is for testing
LOUDEST = 0.9  # of a file's samples
FLOOR = 10 ** (-50 / 20)  # of the loudest: what is softer at its beginning or end is no part of it
SILENT = 10 ** (-80 / 20)  # what is nowhere louder is silence
OFFSET = 0.15  # of the loudest: a mean farther from 0 is a fault of the recording, and is taken out
SEMITONES = 2.0  # by which a varied sound is faster or slower, at most
FALL = 10.0  # and by how much it dies away sooner, at most: a factor of e so often a second
FADE_SECONDS = 0.005  # where a sound is cut off


@dataclass(frozen=True, eq=False)
class SoundSet:
    """Sounds of one length, and their classes."""

    sounds: npt.NDArray[np.int16]  # (sound, sample)
    labels: npt.NDArray[np.int64]  # (sound,); all 0 where there are no classes
    classes: tuple[str, ...]  # their names, by number; empty: there are none


class Sounds(NamedTuple):
    """A batch of sounds, as every recipe gets it."""

    sounds: Tensor  # (batch, sample) in [-1, 1]
    labels: Tensor  # (batch,) class numbers, int64; 0 where there are no classes


class SoundSource:
    """Draws batches from a set that lies on the device, with replacement."""

    def __init__(
        self, known: SoundSet, data: SoundData, batch_size: int, device: torch.device
    ) -> None:
        self.sounds = torch.from_numpy(known.sounds).to(device)
        self.labels = torch.from_numpy(known.labels).to(device)
        self.data, self.batch_size, self.device = data, batch_size, device
        # Row after row of each class, so that a class is drawn first and then one of it.
        self.of_class = [np.flatnonzero(known.labels == label) for label in np.unique(known.labels)]

    def draw(self, rng: np.random.Generator) -> Sounds:
        """A batch, all of whose chances come from `rng`."""
        if self.data.even:
            classes = rng.integers(len(self.of_class), size=self.batch_size)
            places = rng.random(self.batch_size)
            chosen = np.array(
                [
                    self.of_class[one][int(place * len(self.of_class[one]))]
                    for one, place in zip(classes, places, strict=True)
                ]
            )
        else:
            chosen = rng.integers(len(self.sounds), size=self.batch_size)
        rows = torch.from_numpy(chosen).to(self.device, non_blocking=self.device.type == "cuda")
        sounds = self.sounds[rows].float() / 32768
        if self.data.vary:
            chances = torch.from_numpy(rng.random((self.batch_size, 2))).to(sounds)
            sounds = varied(sounds, chances, self.data.rate)
        return Sounds(sounds, self.labels[rows])


def varied(sounds: Tensor, chances: Tensor, rate: int) -> Tensor:
    """Sounds (batch, sample), each played at another speed, half of them dying away sooner.

    Args:
        sounds: in [-1, 1].
        chances: (batch, 2) in [0, 1): of the speed, and of the decay.
        rate: samples a second.

    Samples between two are cubic (Catmull and Rom 1974); what comes after the end is silence.
    """
    speeds = 2 ** ((2 * chances[:, :1] - 1) * SEMITONES / 12)
    steps = torch.arange(sounds.shape[1], device=sounds.device)
    places = steps * speeds
    whole = places.floor()
    t = places - whole
    padded = torch.nn.functional.pad(sounds, (1, 3))
    first = whole.long().clamp(max=sounds.shape[1] + 1)
    a, b, c, d = (padded.gather(1, (first + k).clamp(max=padded.shape[1] - 1)) for k in range(4))
    between = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    falls = FALL * (2 * chances[:, 1:] - 1).clamp(min=0)
    result: Tensor = (between * torch.exp(-falls * steps / rate)).clamp(-1, 1)
    return result


def open_sounds(data: SoundData, split: Split = "train") -> SoundSet:
    """The sounds that the settings ask for, at their rate and of their length.

    Raises:
        CorpusError: the set is not there, or holds nothing that is asked for.
    """
    if data.source == "spoken-digits":
        files, labels = spoken_digits(place_of("spoken-digits", data.folder), split)
        pieces = read_files(files, data, whole=True)
        found = gathered(pieces, labels, DIGITS)
    elif data.source == "drums":
        found = open_drums(place_of("drums", data.folder), data, split)
    elif data.source == "notes":
        found = open_single_notes(place_of("notes", data.folder), data, split)
    elif Path(data.source).is_dir():
        found = open_sound_folder(data, split)
    else:
        raise UnknownSet(
            f"data.source={data.source}: no folder, and no known set ({', '.join(SETS)})"
        )
    limit = data.limit if split == "train" else 0
    rows = rows_of(found.labels, found.classes, data.classes, limit, "sound")
    return SoundSet(found.sounds[rows], found.labels[rows], found.classes)


def own_sounds(data: SoundData) -> SoundData:
    """The settings; where `data.folder` is a folder without the set that is named, on what it does hold."""
    folder = Path(data.folder)
    holds = {
        "spoken-digits": lambda: holds_digits(folder),
        "drums": lambda: any((folder / role).is_dir() for role in KIT),
        "notes": lambda: (folder / "bank.json").is_file(),
    }
    known = holds.get(data.source)
    if known is None or not folder.is_dir() or known():
        return data
    return replace(data, source=data.folder, folder="")


def open_drums(folder: Path, data: SoundData, split: Split) -> SoundSet:
    """One split of the hits that `prepare_drums` wrote; of each role every fifth is for testing."""
    files = [
        (path, number)
        for number, role in enumerate(KIT)
        for index, path in enumerate(sorted((folder / role).glob("*.flac")))
        if (index % TESTED == TESTED - 1) == (split == "test")
    ]
    if not files:
        raise CorpusError(f"{folder}: holds no drums; run `musegan prepare drums`")
    pieces = read_files([path for path, _ in files], data, whole=True)
    return gathered(pieces, [number for _, number in files], tuple(KIT))


def open_single_notes(folder: Path, data: SoundData, split: Split) -> SoundSet:
    """One split of the notes of a synth's bank, by timbre; every fifth is for testing."""
    bank = open_notes(folder)
    mine = np.flatnonzero(split_of_notes(len(bank.sounds)) == split)
    sounds = bank.sounds[mine].astype(np.float32)[:, None] / 32768
    pieces = [pieces_of(sound, bank.rate, data, whole=True) for sound in sounds]
    timbres = bank.strikes.timbres[mine].tolist()
    return gathered(pieces, timbres, bank.timbres)


def split_of_notes(count: int) -> npt.NDArray[np.str_]:
    """The split of each note of a bank."""
    return np.where(np.arange(count) % TESTED == TESTED - 1, "test", "train")


def open_drawn(data: SoundData, split: Split, count: int = 1_000) -> SoundSet:
    """A split as it is drawn, to measure with, always the same.

    Varied sounds are `count` draws; others the whole split, in its order.
    """
    found = open_sounds(data, split)
    if not data.vary:
        return found
    source = SoundSource(found, data, count, torch.device("cpu"))
    batch = source.draw(np.random.default_rng(0))
    sounds = (batch.sounds * 32767).round().to(torch.int16).numpy()
    return SoundSet(sounds, batch.labels.numpy(), found.classes)


def open_sound_folder(data: SoundData, split: Split) -> SoundSet:
    """One split of the sound files in the folder `data.source`; long ones are cut into pieces.

    A class is a folder of the first level that has several. Where the folders do not say what is
    the test split, a tenth are, by a hash of their paths. A file that cannot be read is left out
    with a line in the log.

    Raises CorpusError if no file of the split can be read.
    """
    folder = Path(data.source)
    found, arrays = read_folder(folder, data)
    if split == "train":  # said once
        lines_on([str(line) for line in arrays["lost"]], folder, logger)
    counts = arrays["counts"].astype(np.int64)
    readable = [file for file, count in zip(found, counts, strict=True) if count]
    if not readable:
        raise CorpusError(f"{folder}: holds no sound file that can be read")
    names = sorted({file.kind for file in readable})
    classes = tuple(names) if len(names) > 1 else ()
    labels = [names.index(file.kind) if classes else 0 for file in readable]
    per_file = counts[counts > 0]
    mine = np.repeat(tested(readable) == (split == "test"), per_file)
    if not mine.any():
        raise CorpusError(f"{folder}: holds no sound of the {split} split; add some")
    sounds = arrays["sounds"][mine].astype(np.int16, copy=False)
    return SoundSet(sounds, np.repeat(np.array(labels, np.int64), per_file)[mine], classes)


def read_folder(folder: Path, data: SoundData) -> tuple[list[Found], Arrays]:
    """The files in a folder and their sounds; from what was kept of it, where reading takes long.

    Arrays: "sounds" (piece, sample) of 16 bits, "counts" (file,) of pieces, "lost", a line each.
    """
    found, lost = find_files(folder)
    files, wish = [file.path for file in found], f"sounds {data.rate} {data.samples}"
    arrays = kept(folder, files, wish)
    if arrays is None:
        pieces = read_files(files, data, lost=lost.append)
        parts = [as_16_bits(part) for of_file in pieces for part in of_file]
        arrays = {
            "sounds": np.stack(parts) if parts else np.zeros((0, data.samples), np.int16),
            "counts": np.array([len(of_file) for of_file in pieces], np.int64),
            "lost": np.array(lost, np.str_),
        }
        keep(folder, files, wish, arrays)
    return found, arrays


def read_files(
    files: list[Path],
    data: SoundData,
    *,
    whole: bool = False,
    lost: Callable[[str], None] | None = None,
) -> list[list[Samples]]:
    """The pieces of each sound file, each (sample,); none of a file that cannot be read.

    With `whole` a file is one piece, its beginning. `lost` is told of what cannot be read, in a
    line; without it the first such file raises FormatError.
    """

    def read(path: Path) -> list[Samples] | str:
        try:
            sound, rate = read_sound(path)
            if not np.isfinite(sound).all():
                raise FormatError(f"{path}: holds samples that are not numbers")
            parts = pieces_of(sound, rate, data, whole=whole)
            return parts or f"{path}: holds silence alone"
        except FormatError as error:
            if lost is None:
                raise
            return str(error)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as readers:
        results = list(readers.map(read, files))
    for line in results:
        if isinstance(line, str) and lost is not None:
            lost(line)
    return [[] if isinstance(parts, str) else parts for parts in results]


def pieces_of(sound: Samples, rate: int, data: SoundData, *, whole: bool = False) -> list[Samples]:
    """A sound (channel, sample) as pieces (sample,) of the rate and length that are wanted.

    Silence around it is cut off, and a mean that is far from 0. Silence alone is no piece; of a long
    sound the last piece is left out if it has less than half of its length.
    """
    mono = sound.mean(axis=0)
    mean = mono.mean() if mono.size else np.float32(0)
    if abs(mean) > OFFSET * np.abs(mono).max(initial=0):
        mono = mono - mean
    if rate != data.rate:
        common = int(np.gcd(rate, data.rate))
        mono = resample_poly(mono, data.rate // common, rate // common).astype(np.float32)
    loudest = float(np.abs(mono).max(initial=0))
    if loudest <= SILENT:
        return []
    loud = np.flatnonzero(np.abs(mono) > FLOOR * loudest)
    mono = mono[loud[0] : loud[-1] + 1] * np.float32(LOUDEST / loudest)
    starts = range(0, 1 if whole else len(mono), data.samples)
    parts = [mono[first : first + data.samples] for first in starts]
    if len(parts) > 1 and len(parts[-1]) < data.samples / 2:
        parts.pop()
    fade = round(FADE_SECONDS * data.rate)
    return [
        _fitted(part, data.samples, fade, begun=bool(number)) for number, part in enumerate(parts)
    ]


def gathered(pieces: list[list[Samples]], labels: list[int], classes: tuple[str, ...]) -> SoundSet:
    """The pieces of files as one set; a piece is of its file's class."""
    counts = [len(parts) for parts in pieces]
    sounds = np.stack([as_16_bits(part) for parts in pieces for part in parts])
    return SoundSet(sounds, np.repeat(np.array(labels, np.int64), counts), classes)


def as_16_bits(part: Samples) -> npt.NDArray[np.int16]:
    """Samples in [-1, 1] as whole numbers."""
    return np.rint(part * 32768).clip(-32768, 32767).astype(np.int16)


def _fitted(part: Samples, length: int, fade: int, *, begun: bool) -> Samples:
    """A piece with silence after it, and no click where it is cut off, at its beginning if it had `begun`."""
    part = part.copy()
    fade = min(fade, len(part))
    if begun:
        part[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    part[len(part) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.pad(part, (0, length - len(part)))
