"""musegan render: any MIDI file as sound and picture."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from musegan.catalogue import Entry
from musegan.workshop import Worker

from .batch import Batch, run_batch, targets_of
from .options import DRUMS, JOBS, OUTPUT, OVERWRITE, REPORT, SOUNDFONT, formats_option
from .results import check_kit, write_results


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@OUTPUT
@formats_option("wav,png", ("wav", "flac", "png"))
@SOUNDFONT
@DRUMS
@JOBS
@OVERWRITE
@REPORT
def render(
    inputs: tuple[str, ...],
    output: Path,
    formats: tuple[str, ...],
    soundfont: Path | None,
    drums: Path | None,
    jobs: int,
    overwrite: bool,
    report: Path | None,
) -> int:
    """Turn MIDI files into sound and pictures.

    INPUT is a MIDI file, a folder or a pattern such as 'songs/*.mid'. Results are named after the
    input: song.mid becomes song.wav and song.png.
    """
    batch = Batch("render", inputs, output, formats, 1, jobs, overwrite, report)
    return run_batch(batch, partial(open_renderer, output, formats, soundfont, drums, jobs))


def open_renderer(
    output: Path,
    formats: tuple[str, ...],
    soundfont: Path | None,
    drums: Path | None,
    jobs: int,
) -> Worker:
    """Check what is needed, once; the worker renders one file."""
    if set(formats) & {"wav", "flac"}:
        from musegan.audio.soundfont import find_soundfont

        soundfont = find_soundfont(soundfont)
        check_kit(drums)
    return partial(
        render_one, output=output, formats=formats, soundfont=soundfont, drums=drums, jobs=jobs
    )


def render_one(
    entry: Entry,
    output: Path,
    formats: tuple[str, ...],
    soundfont: Path | None,
    drums: Path | None,
    jobs: int,
) -> dict[str, Any]:
    """Render one file; returns its part of the report."""
    from musegan.music.midi import standard_bytes

    midi = standard_bytes(entry.source, str(entry.source))
    targets = targets_of(entry, output, formats, 1)
    name, comment = str(entry.source), f"{entry.source.name} as sound"
    write_results(targets, midi, entry.source.stem, soundfont, comment, jobs, name, drums)
    return {"files": [str(path) for path in targets]}
