"""Options of `musegan compose` that write melodies: from nothing, on from a song's last bar, anew in places."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musegan.errors import UsageError
from musegan.music.key import parse_key
from musegan.music.metre import Metre, parse_metre

from .options import Amount

if TYPE_CHECKING:
    from musegan.composition import NewSong

Command = TypeVar("Command", bound=Callable[..., Any])

FROM_SCRATCH = click.option(
    "--from-scratch",
    is_flag=True,
    help="No INPUT: write a melody of --bars N bars (16 by default) too, and the band for it.",
)
TEMPO = click.option(
    "--tempo", type=float, metavar="BPM", help="Of a song from scratch.  [default: 100]"
)
METRE = click.option("--metre", metavar="4/4", help="Of a song from scratch.  [default: 4/4]")
KEY = click.option(
    "--key", metavar="KEY", help="Of a song from scratch, such as Eb or F#m.  [default: C or Am]"
)
EXTEND = click.option(
    "--extend",
    type=click.IntRange(1, 1000),
    metavar="BARS",
    help="The melody goes on for so many bars after its last, and the band with it.",
)
VARY_MELODY = click.option(
    "--vary-melody",
    type=Amount(0, 1, min_open=True),
    metavar="SHARE",
    help="Write this share of the melody's half bars anew, and the band for it.",
)
MELODY_MODEL = click.option(
    "--melody-model",
    default="melody",
    show_default=True,
    metavar="NAME|FILE",
    help="Who writes melodies.",
)


def melody_options(command: Command) -> Command:
    """All of them."""
    for option in (MELODY_MODEL, VARY_MELODY, EXTEND, KEY, METRE, TEMPO, FROM_SCRATCH):
        command = option(command)
    return command


def asked_song(
    from_scratch: bool,
    inputs: tuple[str, ...],
    bars: tuple[int, int] | None,
    tempo: float | None,
    metre: str | None,
    key: str | None,
) -> "NewSong | None":
    """The song that is asked for from nothing; None: there are inputs.

    Raises:
        UsageError: options that do not go together.
        ConfigError: a number, a metre or a key that cannot be.
    """
    from musegan.composition import NewSong

    if not from_scratch:
        if not inputs:
            raise UsageError("name an INPUT, or ask for a song of its own with --from-scratch")
        for name, value in (("--tempo", tempo), ("--metre", metre), ("--key", key)):
            if value is not None:
                raise UsageError(f"{name} is for --from-scratch; an INPUT has its own")
        return None
    if inputs:
        raise UsageError(f"--from-scratch takes no INPUT, but {inputs[0]} is given; leave one out")
    first, last = bars or (16, 16)
    if first != last:
        raise UsageError(
            f"--bars {first}:{last} names bars of an earlier result; with --from-scratch give how "
            f"many there shall be, such as --bars 16"
        )
    return NewSong(
        bars=last,
        tempo=100.0 if tempo is None else tempo,
        metre=Metre() if metre is None else parse_metre(metre),
        key=None if key is None else parse_key(key),
    )


def check_apart(new: "NewSong | None", **asked: object) -> None:
    """Raise UsageError where two things are asked for that exclude each other.

    `asked` has the options by name, and what they were given, or None or something empty.
    """
    present = [f"--{name.replace('_', '-')}" for name, value in asked.items() if value]
    if new is not None and present:
        raise UsageError(f"{present[0]} is for an INPUT; --from-scratch has none")
    exclusive = [
        name for name in present if name in ("--bars", "--vary", "--extend", "--vary-melody")
    ]
    if len(exclusive) > 1 and exclusive != ["--bars", "--vary"]:
        raise UsageError(
            f"{exclusive[0]} and {exclusive[1]} cannot be asked for at once; do one, then the other "
            f"with its result"
        )
