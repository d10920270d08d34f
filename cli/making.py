"""What the commands on trained models share: options, what may be written, what files say."""

import hashlib
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from musegan import __version__
from musegan.catalogue import open_output
from musegan.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., object])

if TYPE_CHECKING:
    from torch import Tensor

    from musegan.experiments.naming import Classed


def model_option(default: str | None = None) -> Callable[[Command], Command]:
    """--model, which must be given where there is no default."""
    return click.option(
        "--model",
        default=default,
        show_default=default is not None,
        required=default is None,
        metavar="MODEL",
        help="Weights file (.safetensors), run folder or bundled name.",
    )


MODEL = model_option()
SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of the latents.",
)
MOST = 2**62  # the last sample's number
FIRST = click.option(
    "--first",
    type=click.IntRange(1, MOST),
    default=1,
    show_default=True,
    help="Number of the first; each is the same whenever it is drawn.",
)
CLASS = click.option("--class", "name", metavar="NAME", help="Of this class, by name or number.")


def is_number(word: str) -> bool:
    """Whether a word is the number of a sample, from 1, as --first takes it."""
    return word.isascii() and word.isdecimal() and len(word) < 20 and 1 <= int(word) <= MOST


def one_class(model: "Classed", name: str | None) -> int | None:
    """The number of the class that is asked for; None where none is."""
    from musegan.experiments.naming import class_number

    return None if name is None else class_number(model, name)


def labels_for(model: "Classed", name: str | None, numbers: list[int]) -> "Tensor":
    """Classes (sample,): the one that is asked for, else all in turn."""
    import torch

    from musegan.experiments.naming import labels_in_turn

    label = one_class(model, name)
    if label is None:
        return labels_in_turn(model, numbers)
    return torch.full((len(numbers),), label)


def check_targets(output: Path, names: Iterable[str], overwrite: bool) -> list[Path]:
    """The files that will be written, in a folder that is made if missing.

    Raises UsageError if one of them is there already, or the folder cannot be written to.
    """
    open_output(output)
    targets = [output / name for name in names]
    for path in targets:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; move it, or choose another folder with -o")
        if path.exists() and not overwrite:
            raise UsageError(f"{path} is there already; --overwrite replaces it")
    return targets


def facts_of(model: str, seed: int | None = None, **more: object) -> dict[str, str]:
    """What a file is to say: program, model, seed, command, and more where it is known."""
    from musegan.pretrained import find_weights

    weights = find_weights(model)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
    words = click.get_current_context().find_root().obj or []
    facts = {"Software": f"musegan {__version__}", "Model": f"{model} (sha256 {digest}...)"}
    if seed is not None:
        facts["Seed"] = str(seed)
    facts["Command"] = shlex.join(["musegan", *map(str, words)])
    return facts | {key.capitalize(): str(value) for key, value in more.items() if value != ""}


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar on standard error where that is a terminal; yields what is told how much more is done."""
    import sys

    if not sys.stderr.isatty() or total < 2:
        yield lambda count: None
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield bar.update
