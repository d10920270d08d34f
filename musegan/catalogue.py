"""The catalogue of a job on many files: which inputs there are, and what their results are called.

A result is named after its input. Where two inputs would meet in one name, both are told apart by
their folders, then by their suffixes, then by a number; letter case does not tell files apart.
"""

import glob
import os
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musegan.errors import UsageError

MIDI_SUFFIXES = frozenset({".mid", ".midi", ".kar", ".rmi"})
PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
)
DEEPEST = 8  # folders that tell names apart before numbers do


@dataclass(frozen=True)
class Entry:
    """An input and the name of its results, without suffix."""

    source: Path
    stem: str

    def result(self, folder: Path, suffix: str, variation: int = 1) -> Path:
        """Where a result goes: `song.mid`, for the second variation `song-2.mid`."""
        ending = f"-{variation}" if variation > 1 else ""
        return folder / f"{self.stem}{ending}.{suffix}"


@dataclass(frozen=True)
class Missing:
    """What was asked for and is not there, in one line."""

    source: str
    reason: str


def find_inputs(
    wanted: Iterable[str],
    output: Path,
    suffixes: frozenset[str] = MIDI_SUFFIXES,
    kind: str = "MIDI file",
) -> tuple[list[Path], list[Missing]]:
    """Find files, the MIDI files of folders and their subfolders, and what globs match.

    Each file comes once, in the order of its first mention. Folders are searched for
    `suffixes`, sorted, past hidden files and past the folder `output`, where results lie.
    """
    found: dict[str, Path] = {}
    missing: list[Missing] = []
    for word in wanted:
        path = Path(word)
        matches = [path]
        if not path.exists() and glob.has_magic(word):
            matches = [Path(name) for name in sorted(glob.glob(word, recursive=True))]
            if not matches:
                missing.append(Missing(word, "no file matches"))
        for match in matches:
            if match.is_dir():
                files = _files_of(match, output, suffixes)
                if not files:
                    missing.append(Missing(str(match), f"no {kind} in this folder"))
            elif match.exists():
                files = [match]
            else:
                missing.append(Missing(str(match), "no such file"))
                continue
            for file in files:
                found.setdefault(os.path.realpath(file), file)
    return list(found.values()), missing


def name_results(sources: Sequence[Path], variations: int = 1) -> list[Entry]:
    """Name the results of each source so that no two results meet, variations included."""
    levels = [0] * len(sources)
    for _ in range(DEEPEST):
        stems = [_candidate(source, level) for source, level in zip(sources, levels, strict=True)]
        clashing = _clashing(stems, variations)
        if not clashing:
            break
        for index in clashing:
            levels[index] += 1
    else:
        stems = [s.stem if i in clashing else stems[i] for i, s in enumerate(sources)]
    return _numbered(sources, stems, variations)


def open_output(folder: Path) -> None:
    """Make the output folder where it is missing. Raises UsageError if it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError) as error:
        file = next((f for f in (folder, *folder.parents) if f.is_file()), folder)
        raise UsageError(f"{file}: is a file; name a folder for the results with -o") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"{folder}: cannot be written to: {reason}; name another folder"
        ) from error


def _files_of(folder: Path, output: Path, suffixes: frozenset[str]) -> list[Path]:
    results = os.path.realpath(output)
    files = []
    for parent, folders, names in os.walk(folder):
        if os.path.realpath(parent) == results and os.path.realpath(folder) != results:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files += [
            Path(parent, name)
            for name in sorted(names)
            if Path(name).suffix.lower() in suffixes and not name.startswith(".")
        ]
    return files


def _candidate(source: Path, level: int) -> str:
    """A name for the results of a source: at level 1 with its folder, then its suffix, then more."""
    if level == 0:
        return source.stem
    parents = [part for part in source.absolute().parent.parts if part.strip("/\\:")]
    folders = parents[-max(1, level - 1) :]
    suffix = [source.suffix.lstrip(".").lower()] if level > 1 else []
    return "-".join([*folders, source.stem, *filter(None, suffix)])


def _clashing(stems: Sequence[str], variations: int) -> set[int]:
    """Which sources would share a result with another."""
    keys = [_result_keys(stem, variations) for stem in stems]
    uses = Counter(key for some in keys for key in some)
    return {index for index, some in enumerate(keys) if any(uses[key] > 1 for key in some)}


def _result_keys(stem: str, variations: int) -> list[str]:
    """What a file system may take a source's results for."""
    key = unicodedata.normalize("NFC", stem).casefold()
    return [key, *(f"{key}-{number}" for number in range(2, variations + 1))]


def _numbered(sources: Sequence[Path], stems: Sequence[str], variations: int) -> list[Entry]:
    taken: set[str] = set()
    entries = []
    for source, stem in zip(sources, stems, strict=True):
        name, number = stem, 1
        while taken & set(_result_keys(name, variations)):
            number += 1
            name = f"{stem} ({number})"
        taken.update(_result_keys(name, variations))
        entries.append(Entry(source, name))
    return entries
