"""musegan play: a keyboard in, a band that plays along, live."""

from pathlib import Path

import click

from .bands import STYLE, TRACKS
from .options import DRUMS, SOUNDFONT, SYNTH, SYNTH_MODEL, Amount, timbre_option


@click.command()
@click.option(
    "--input",
    "input_port",
    metavar="PORT",
    help="Part of a MIDI input's name; all, virtual, or keys (the computer's).  [default: all]",
)
@click.option(
    "--output",
    "output_port",
    metavar="PORT",
    default="sound",
    show_default=True,
    help="sound (built in), none, virtual, or part of a MIDI output's name.",
)
@click.option("--melody", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.mid",
              help="Play this file's melody in, as if by a keyboard.")  # fmt: skip
@click.option("--melody-track", metavar="T", help="Of that file: number from 1, or name.")
@click.option("--model", metavar="NAME|FILE", help="[default: live]")
@STYLE
@TRACKS
@click.option("--tempo", type=Amount(20, 400), metavar="BPM",
              help="Beats a minute; in 6/8 a beat is a dotted quarter.  [default: 120, or the melody file's]")  # fmt: skip
@click.option(
    "--tap", is_flag=True, help="Tap a bar on the keyboard; the music begins with the next beat."
)
@click.option("--clock", type=click.Choice(["midi"]), help="Follow the MIDI clock of the input.")
@click.option("--send-clock", is_flag=True, help="Send MIDI clock to the output.")
@click.option("--metre", metavar="4/4", help="[default: 4/4, or the melody file's]")
@click.option("--count-in", type=click.IntRange(0, 8), default=1, show_default=True, metavar="BARS")
@click.option("--metronome", is_flag=True, help="Click after the count-in, too.")
@click.option(
    "--thru/--no-thru", default=None, help="Sound what you play.  [default: with built-in sound]"
)
@click.option("--record", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.mid",
              help="Keep what you and the band played.")  # fmt: skip
@click.option("--wav", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.wav",
              help="Keep what was heard.")  # fmt: skip
@click.option(
    "--bars", type=click.IntRange(1, 100_000), metavar="N", help="End by itself after N bars."
)
@click.option("--stats", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.json",
              help="Write how the session went.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="S"
)
@click.option("--temperature", type=Amount(0, 4), default=1.0, show_default=True,
              help="0 is the most ordinary band.")  # fmt: skip
@click.option("--device", metavar="NAME", help="Part of a sound device's name.")
@click.option("--buffer", "buffer_ms", type=click.IntRange(1, 100), metavar="MS",
              help="Of built-in sound.  [default: 5]")  # fmt: skip
@SOUNDFONT
@DRUMS
@SYNTH
@SYNTH_MODEL
@timbre_option("part")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def play(**asked: object) -> int:
    """Play, and a band plays along: drums, bass, piano, guitar, strings.

    After the count-in play a melody; the band listens for a bar and comes in. It rests when you do,
    and E ends it with a cadence. ? shows the keys.
    """
    from .request import Request
    from .session import run

    return run(Request(**asked))  # type: ignore[arg-type]
