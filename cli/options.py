"""Values of options that several commands take."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import click

from .results import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])


class Amount(click.FloatRange):
    """A number within a range; click's own lets what is no number pass any."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


def names_among(
    *known: str,
) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    """Reads a list of names with commas between them, each one of the known, none twice."""

    def names(ctx: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
        words = [word.strip().lower() for word in value.split(",") if word.strip()]
        wrong = [word for word in words if word not in known]
        if wrong or not words:
            problem = ", ".join(wrong) or "nothing"
            raise click.BadParameter(f"{problem}: choose from {', '.join(known)}", ctx, option)
        return tuple(dict.fromkeys(words))

    return names


FILES = (".mid", ".midi", ".wav", ".flac", ".png", ".gif", ".jpg", ".jpeg", ".json", ".csv")


def a_folder(ctx: click.Context, option: click.Parameter, value: Path) -> Path:
    """A folder's path; one that is named like a file was meant as one, and is refused."""
    if value.suffix.lower() in FILES and not value.is_dir():
        raise click.BadParameter(
            f"{value} is named like a file; results have names of their own, so give a folder, "
            f"such as {value.with_suffix('')}",
            ctx,
            option,
        )
    return value


OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=a_folder,
    required=True,
    metavar="DIR",
    help="Folder for the results; made if missing.",
)
JOBS = click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes at once."
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files that are there.")
REPORT = click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.json",
    help="Write what became of each input.",
)
SOUNDFONT = click.option(
    "--soundfont",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.sf2",
    help="Play with this SoundFont instead of pretty_midi's.",
)

DRUMS = click.option(
    "--drums",
    type=click.Path(path_type=Path),
    metavar="KIT",
    help="Play the drums with this kit: a folder from `musegan audio kit`, or an SFZ file.",
)
SYNTH = click.option(
    "--synth",
    type=click.Choice(["soundfont", "gan"]),
    default="soundfont",
    show_default=True,
    help="What plays; gan: a trained synth, and the SoundFont what that cannot.",
)
SYNTH_MODEL = click.option(
    "--synth-model",
    metavar="MODEL",
    help="The synth: weights file, run folder or bundled name.  [default: synth]",
)


def timbre_option(noun: str) -> Callable[[Command], Command]:
    """The option --timbre, for tracks or parts."""
    return click.option(
        "--timbre",
        "timbres",
        multiple=True,
        metavar=f"[{noun.upper()}=]NAME",
        help=f"A timbre of the synth for a {noun}, or for all.  [default: the nearest to its program]",
    )


def instruments(command: Command) -> Command:
    """The options that say what WAV and FLAC are played with."""
    for option in (timbre_option("track"), SYNTH_MODEL, SYNTH, DRUMS, SOUNDFONT):
        command = option(command)
    return command


def formats_option(default: str, known: tuple[str, ...] = FORMATS) -> Callable[[Command], Command]:
    """The option --formats."""
    return click.option(
        "--formats",
        callback=names_among(*known),
        default=default,
        show_default=True,
        metavar=",".join(known),
        help="What to write of each song.",
    )
