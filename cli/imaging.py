"""What the commands of `musegan image` on many pictures share."""

from pathlib import Path

import click

from musegan.catalogue import PICTURE_SUFFIXES

from .batch import Batch

INPUTS = click.argument("inputs", nargs=-1, required=True, metavar="PICTURE...")


def batch_of_pictures(
    command: str,
    inputs: tuple[str, ...],
    output: Path,
    overwrite: bool,
    report: Path | None,
    formats: tuple[str, ...] = ("png",),
) -> Batch:
    """The job of a command on many pictures."""
    return Batch(
        f"image {command}",
        inputs,
        output,
        formats,
        overwrite=overwrite,
        report=report,
        suffixes=PICTURE_SUFFIXES,
        kind="picture",
        unit="pictures",
    )
