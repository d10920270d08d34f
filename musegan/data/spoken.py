"""The Free Spoken Digit Dataset: 3,000 digits said by six people, 8 kHz, CC BY-SA 4.0.

It stands in for SC09, the benchmark of WaveGAN (Donahue et al. 2019, arXiv:1802.04208).
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from musegan.errors import CorpusError
from musegan.files import write_whole

ADDRESS = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz"
LICENCE = "CC BY-SA 4.0"
FOLDERS = ("free-spoken-digits", "free-spoken-digit-dataset", "spoken-digits")  # what it is called
RECORDINGS = 3_000
SUM = "dbd573d7cafe79c4b49f65718115e1304e24e067fa39eff18a660dc6cb9c360f"  # see `sum_of`
TESTED = 5  # of each speaker's recordings of a digit, the first ones are the test split
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def spoken_digits(folder: Path, split: str) -> tuple[list[Path], list[int]]:
    """The files of one split, and the digit that each says.

    The split is the authors': a recording whose number is below 5 is of the test split.
    Raises CorpusError if there are none in `folder`, or in its folder `recordings`.
    """
    place = _recordings_of(folder)
    files = [] if place is None else sorted(place.glob("[0-9]_*_*.wav"))
    if not files:
        raise CorpusError(
            f"{folder}: holds no spoken digits (such as 7_jackson_32.wav); run `musegan prepare "
            f"spoken-digits`, or set data.folder to where they are, or data.source to a folder of your own sounds"
        )
    mine = [path for path in files if _tested(path) == (split == "test")]
    return mine, [int(path.name[0]) for path in mine]


def holds_digits(folder: Path) -> bool:
    """Whether spoken digits lie in a folder, or in one of its folders that goes by their name."""
    return _recordings_of(folder) is not None


def fetch_recordings(target: Path, places: Sequence[Path], download: Callable[[str], bytes]) -> str:
    """Put the recordings into the folder `target`, from the first of `places` that has them.

    Where none has, their archive is fetched by `download` from its address. Returns what was done.
    Raises CorpusError if what was found is not the set that is known.
    """
    if _sum_at(target) == SUM:
        return f"{target}: was there"
    found = next((place for place in map(_recordings_of, places) if place is not None), None)
    if found is not None:
        recordings, origin = _read_all(found), str(found)
    else:
        recordings, origin = _unpacked(download(ADDRESS)), ADDRESS
    if (there := sum_of(recordings)) != SUM:
        raise CorpusError(
            f"{origin}: not the {RECORDINGS:,} recordings that are known, version 1.0.10 "
            f"({len(recordings):,} files, SHA-256 {there[:16]}, not {SUM[:16]}); get them again"
        )
    target.mkdir(parents=True, exist_ok=True)
    for name, data in recordings.items():
        write_whole(target / name, data)
    done = "copied" if found is not None else "fetched"
    return f"{target}: {len(recordings):,} recordings {done}, licence {LICENCE}"


def _recordings_of(place: Path) -> Path | None:
    """The folder of recordings at a place, under the names that the set goes by; None: none."""
    for folder in (place, *(place / name for name in FOLDERS)):
        for inner in (folder / "recordings", folder):
            if inner.is_dir() and any(inner.glob("[0-9]_*_*.wav")):
                return inner
    return None


def _read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("[0-9]_*_*.wav"))}


def _sum_at(folder: Path) -> str:
    return sum_of(_read_all(folder)) if folder.is_dir() else ""


def _unpacked(archive: bytes) -> dict[str, bytes]:
    recordings = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
            for member in files:
                name = Path(member.name)
                file = files.extractfile(member) if name.suffix == ".wav" else None
                if file is not None and name.parent.name == "recordings":
                    recordings[name.name] = file.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CorpusError(f"{ADDRESS}: sent no archive of recordings ({error})") from error
    return recordings


def _tested(path: Path) -> bool:
    number = path.stem.rsplit("_", 1)[-1]
    return number.isdigit() and int(number) < TESTED


def sum_of(recordings: Mapping[str, bytes]) -> str:
    """SHA-256 over the files' names, in order, and the sums of their bytes."""
    digest = hashlib.sha256()
    for name in sorted(recordings):
        digest.update(f"{name} {hashlib.sha256(recordings[name]).hexdigest()}\n".encode())
    return digest.hexdigest()
