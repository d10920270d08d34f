"""Options of the commands that write bands."""

import re
from pathlib import Path

import click

from musegan.music.band import ROLES

from .options import Amount, names_among

ROLE_NAMES = tuple(role.value for role in ROLES)


def words(ctx: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    """Reads a list with commas between its words."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def a_stretch(
    ctx: click.Context, option: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Reads FIRST:LAST, or one number: bars, counted from 1, both of them meant."""
    if value is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,6})\s*(?:[:-]\s*(\d{1,6})\s*)?", value)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise click.BadParameter(
            f"{value}: give the first bar and the last, from 1, such as 9:12", ctx, option
        )
    return first, last


BAND = click.option(
    "--model",
    default="band",
    show_default=True,
    metavar="NAME|FILE",
    help="`musegan models` lists them.",
)
STYLE = click.option(
    "--style", metavar="S", help="One of the model's styles.  [default: its first]"
)
TRACKS = click.option(
    "--tracks",
    callback=names_among(*ROLE_NAMES),
    default=",".join(ROLE_NAMES),
    show_default=True,
    metavar="PART,...",
    help="Who plays.",
)
MELODY_TRACK = click.option(
    "--melody-track", metavar="T", help="Number from 1, or name.  [default: found by itself]"
)
TEMPERATURE = click.option(
    "--temperature",
    type=Amount(0, 4),
    default=1.0,
    show_default=True,
    help="0 is the model's most ordinary band.",
)
ON_GRID = click.option(
    "--on-grid", is_flag=True, help="Drums neither early nor late, as for a score."
)
BEATS = click.option(
    "--beats",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="The beats of a performance, a line each, in seconds.",
)
