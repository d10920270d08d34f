"""musegan image translate, upscale and colourise: pictures turned into others."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegan.catalogue import Entry

from .batch import run_batch, targets_of
from .imaging import INPUTS, batch_of_pictures
from .making import MODEL, facts_of
from .options import OUTPUT, OVERWRITE, REPORT

if TYPE_CHECKING:
    from musegan.experiments.images import ImageModelFile


@click.command()
@INPUTS
@MODEL
@OUTPUT
@click.option("--back", is_flag=True, help="The other way, with a model that knows both.")
@click.option("--drawn", is_flag=True, help="The pictures are line drawings, light on dark.")
@OVERWRITE
@REPORT
def translate(
    inputs: tuple[str, ...],
    model: str,
    output: Path,
    back: bool,
    drawn: bool,
    overwrite: bool,
    report: Path | None,
) -> int:
    """Turn pictures into others, as a model was trained to.

    A model of edges is shown the edges of each picture, or the picture itself with --drawn.

    \b
    musegan image translate sketches/ --model runs/edges --drawn -o out/
    """
    return turn_all("translate", inputs, model, output, overwrite, report, back=back, drawn=drawn)


@click.command()
@INPUTS
@MODEL
@OUTPUT
@OVERWRITE
@REPORT
def upscale(
    inputs: tuple[str, ...], model: str, output: Path, overwrite: bool, report: Path | None
) -> int:
    """Enlarge pictures four times each way, with detail that a model has learned.

    \b
    musegan image upscale small.png --model runs/srgan -o out/
    """
    return turn_all("upscale", inputs, model, output, overwrite, report)


@click.command()
@INPUTS
@MODEL
@OUTPUT
@OVERWRITE
@REPORT
def colourise(
    inputs: tuple[str, ...], model: str, output: Path, overwrite: bool, report: Path | None
) -> int:
    """Give grey pictures colours; of pictures in colours, the brightness is taken.

    \b
    musegan image colourise old.jpg --model runs/colours -o out/
    """
    return turn_all("colourise", inputs, model, output, overwrite, report)


def turn_all(
    command: str,
    inputs: tuple[str, ...],
    model: str,
    output: Path,
    overwrite: bool,
    report: Path | None,
    *,
    back: bool = False,
    drawn: bool = False,
) -> int:
    """Turn many pictures; returns the exit code."""
    from musegan.errors import UsageError
    from musegan.picturing.opening import open_model
    from musegan.picturing.translation import check_back, check_turns

    opened = open_model(model)
    check_turns(opened, command)
    if back:
        check_back(opened)
    if drawn and opened.experiment.data.view != "edges":
        raise UsageError("--drawn is for a model of edges (data.view=edges); leave it out")
    batch = batch_of_pictures(command, inputs, output, overwrite, report)
    facts = facts_of(model)
    return run_batch(batch, lambda: partial(turn_one, opened, output, facts, back, drawn))


def turn_one(
    model: "ImageModelFile",
    output: Path,
    facts: dict[str, str],
    back: bool,
    drawn: bool,
    entry: Entry,
) -> dict[str, Any]:
    """Turn one picture; returns its part of the report."""
    from musegan.picturing.translation import read_shown, turn
    from musegan.picturing.writing import write_picture

    (target,) = targets_of(entry, output, ("png",), 1)
    read = read_shown(model, entry.source, back=back, drawn=drawn)
    write_picture(target, turn(model, read.pixels, back=back), facts)
    return {"files": [str(target)], "notices": [read.note] if read.note else []}
