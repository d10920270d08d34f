"""musegan render: any MIDI file as sound and picture."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegan.catalogue import Entry
from musegan.workshop import Worker

from .batch import Batch, run_batch, targets_of
from .options import JOBS, OUTPUT, OVERWRITE, REPORT, formats_option, instruments
from .results import Instruments, write_results

if TYPE_CHECKING:
    from musegan.sounding.player import SynthPlayer


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@OUTPUT
@formats_option("wav,png", ("wav", "flac", "png"))
@instruments
@JOBS
@OVERWRITE
@REPORT
def render(
    inputs: tuple[str, ...],
    output: Path,
    formats: tuple[str, ...],
    soundfont: Path | None,
    drums: Path | None,
    synth: str,
    synth_model: str | None,
    timbres: tuple[str, ...],
    jobs: int,
    overwrite: bool,
    report: Path | None,
) -> int:
    """Turn MIDI files into sound and pictures.

    INPUT is a MIDI file, a folder or a pattern such as 'songs/*.mid'. Results are named after the
    input: song.mid becomes song.wav and song.png.
    """
    wanted = Instruments(soundfont, drums, synth, synth_model, timbres)
    batch = Batch("render", inputs, output, formats, 1, jobs, overwrite, report)
    return run_batch(batch, partial(open_renderer, output, formats, wanted, jobs))


def open_renderer(output: Path, formats: tuple[str, ...], wanted: Instruments, jobs: int) -> Worker:
    """Check and load what is needed, once; the worker renders one file."""
    player = wanted.open(formats)
    return partial(
        render_one, output=output, formats=formats, wanted=wanted, jobs=jobs, player=player
    )


def render_one(
    entry: Entry,
    output: Path,
    formats: tuple[str, ...],
    wanted: Instruments,
    jobs: int,
    player: "SynthPlayer | None",
) -> dict[str, Any]:
    """Render one file; returns its part of the report."""
    from musegan.music.midi import standard_bytes

    midi = standard_bytes(entry.source, str(entry.source))
    targets = targets_of(entry, output, formats, 1)
    name, comment = str(entry.source), f"{entry.source.name} as sound"
    write_results(targets, midi, entry.source.stem, comment, jobs, name, wanted, player)
    return {"files": [str(path) for path in targets]}
