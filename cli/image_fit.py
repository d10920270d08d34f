"""musegan image project and inpaint: a picture's latent, and what is missing of a picture."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegan.catalogue import Entry
from musegan.errors import FormatError, UsageError
from musegan.workshop import Worker

from .batch import run_batch, targets_of
from .imaging import INPUTS, batch_of_pictures
from .making import CLASS, MODEL, SEED, facts_of, one_class, progress
from .options import OUTPUT, OVERWRITE, REPORT

if TYPE_CHECKING:
    from torch import Tensor

    from musegan.experiments.images import ImageModelFile

LATENT = "safetensors"
STEPS = click.option(
    "--steps",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="Of the search, from each start.",
)
RESTARTS = click.option(
    "--restarts", type=click.IntRange(1, 512), default=8, show_default=True, help="Starts."
)


@click.command()
@INPUTS
@MODEL
@OUTPUT
@CLASS
@STEPS
@RESTARTS
@SEED
@OVERWRITE
@REPORT
def project(
    inputs: tuple[str, ...],
    model: str,
    output: Path,
    name: str | None,
    steps: int,
    restarts: int,
    seed: int,
    overwrite: bool,
    report: Path | None,
) -> int:
    """Find the latents whose images are nearest to pictures.

    Of picture.png come picture.safetensors, the latent, and picture.png, what the model makes of
    it. PICTURE is a file, a folder or a pattern such as 'photos/*.jpg'.

    \b
    musegan image project boot.png --model runs/dcgan -o out/
    """
    from musegan.picturing.opening import check_draws, open_model

    opened = open_model(model)
    check_draws(opened, "project")
    label = one_class(opened, name)
    batch = batch_of_pictures("project", inputs, output, overwrite, report, ("png", LATENT))
    search = {"steps": steps, "restarts": restarts, "seed": seed, "label": label}
    facts = facts_of(model, seed)
    return run_batch(batch, lambda: partial(project_one, opened, output, search, facts))


def project_one(
    model: "ImageModelFile",
    output: Path,
    search: dict[str, Any],
    facts: dict[str, str],
    entry: Entry,
) -> dict[str, Any]:
    """Project one picture; returns its part of the report."""
    from musegan.experiments.naming import class_name
    from musegan.picturing.points import save_point
    from musegan.picturing.projection import project
    from musegan.picturing.reading import read_for
    from musegan.picturing.writing import write_picture

    targets = targets_of(entry, output, ("png", LATENT), 1)
    read = read_for(model, entry.source, model.sizes.side, model.sizes.channels)
    with progress(entry.source.name, search["steps"]) as tick:
        found = project(model, read.pixels, tick=tick, **search)
    taken = class_name(model, found.point.label)
    more = {"Class": taken} if taken else {}
    error = f"{found.error:.1f} of 255"
    write_picture(targets[0], found.image, facts | more | {"Error": error})
    save_point(targets[1], found.point, facts | more)
    said = [read.note] if read.note else []
    said.append(f"off by {error} a pixel (root mean square)" + (f", as {taken}" if taken else ""))
    return {"files": [str(path) for path in targets], "notices": said, "off": found.error}


@click.command()
@INPUTS
@MODEL
@OUTPUT
@click.option(
    "--hole",
    metavar="X,Y,W,H",
    help="What is missing, in the picture's own pixels: left, top, width, height.",
)
@click.option(
    "--mask",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Picture that is white where something is missing.",
)
@CLASS
@STEPS
@RESTARTS
@SEED
@OVERWRITE
@REPORT
def inpaint(
    inputs: tuple[str, ...],
    model: str,
    output: Path,
    hole: str | None,
    mask: Path | None,
    name: str | None,
    steps: int,
    restarts: int,
    seed: int,
    overwrite: bool,
    report: Path | None,
) -> int:
    """Fill in what is missing of pictures; what is known stays as it is, to the pixel.

    A model that was trained to fill holes does it at once; with one that draws, the latent is
    searched for that fits what is known.

    \b
    musegan image inpaint torn.png --model runs/dcgan --hole 8,8,12,12 -o out/
    """
    from musegan.picturing.filling import fills_holes
    from musegan.picturing.opening import check_draws, open_model

    opened = open_model(model)
    if not fills_holes(opened):
        check_draws(opened, "inpaint")
    label = one_class(opened, name)
    if (hole is None) == (mask is None):
        raise UsageError("say what is missing: either --hole X,Y,W,H or --mask FILE")
    if mask is not None and not mask.is_file():
        raise UsageError(f"--mask {mask}: no such file")
    missing = mask if hole is None else box_of(hole)
    batch = batch_of_pictures("inpaint", inputs, output, overwrite, report)
    search = {"steps": steps, "restarts": restarts, "seed": seed, "label": label}
    facts = facts_of(model, seed)
    return run_batch(batch, lambda: filler(opened, missing, output, search, facts))


def filler(
    model: "ImageModelFile",
    missing: Path | tuple[int, int, int, int] | None,
    output: Path,
    search: dict[str, Any],
    facts: dict[str, str],
) -> Worker:
    """Reads the mask, once; the worker fills one picture. Raises UsageError if it is no picture."""
    from musegan.picturing.filling import read_mask

    try:
        known = read_mask(model, missing) if isinstance(missing, Path) else None
    except FormatError as error:
        raise UsageError(f"--mask {error}") from error
    box = missing if isinstance(missing, tuple) else None
    return partial(inpaint_one, model, known, box, output, search, facts)


def inpaint_one(
    model: "ImageModelFile",
    known: "Tensor | None",
    box: tuple[int, int, int, int] | None,
    output: Path,
    search: dict[str, Any],
    facts: dict[str, str],
    entry: Entry,
) -> dict[str, Any]:
    """Fill in one picture; returns its part of the report."""
    from musegan.picturing.filling import fill, known_around
    from musegan.picturing.reading import read_for
    from musegan.picturing.writing import write_picture

    (target,) = targets_of(entry, output, ("png",), 1)
    read = read_for(model, entry.source, model.sizes.side, model.sizes.channels)
    if known is None:
        assert box is not None
        known = known_around(box, read)
    with progress(entry.source.name, search["steps"]) as tick:
        image = fill(model, read.pixels, known, tick=tick, **search)
    write_picture(target, image, facts)
    share = 1 - float(known.float().mean())
    said = [read.note] if read.note else []
    said.append(f"{share:.0%} filled in")
    return {"files": [str(target)], "notices": said}


def box_of(text: str) -> tuple[int, int, int, int]:
    """Left, top, width and height as numbers. Raises UsageError."""
    parts = text.replace(" ", "").split(",")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts) or "0" in parts[2:]:
        raise UsageError(
            f"--hole {text}: expected four whole numbers X,Y,W,H such as 8,8,12,12, "
            f"with a width and a height of at least 1"
        )
    left, top, width, height = (int(part) for part in parts)
    return left, top, width, height
