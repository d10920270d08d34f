"""musegan compose: melodies in, bands out."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegan.catalogue import Entry
from musegan.errors import UsageError
from musegan.music.band import ROLES
from musegan.workshop import Worker

from .batch import Batch, run_batch, targets_of
from .options import JOBS, OUTPUT, OVERWRITE, REPORT, formats_option, instruments, names_among
from .results import Instruments, write_results

if TYPE_CHECKING:
    from musegan.composing import Composer
    from musegan.music.beats import Beats
    from musegan.sounding.player import SynthPlayer

ROLE_NAMES = tuple(role.value for role in ROLES)


@dataclass(frozen=True)
class Request:
    """What is asked of every input."""

    output: Path
    formats: tuple[str, ...]
    model: str
    style: str | None
    tracks: tuple[str, ...]
    melody_track: str | None
    variations: int
    seed: int
    temperature: float
    beats: Path | None
    instruments: Instruments
    jobs: int


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@OUTPUT
@click.option(
    "--model",
    default="band",
    show_default=True,
    metavar="NAME|FILE",
    help="`musegan models` lists them.",
)
@click.option("--style", metavar="S", help="One of the model's styles.  [default: its first]")
@click.option(
    "--tracks",
    callback=names_among(*ROLE_NAMES),
    default=",".join(ROLE_NAMES),
    show_default=True,
    metavar="PART,...",
    help="Who plays.",
)
@click.option(
    "--melody-track", metavar="T", help="Number from 1, or name.  [default: found by itself]"
)
@click.option(
    "--variations",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Bands for each input, of seeds S, S+1, ...",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    metavar="S",
    help="Another seed, other music.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0, 4),
    default=1.0,
    show_default=True,
    help="0 is the model's most ordinary band.",
)
@click.option(
    "--beats",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="The beats of a performance, a line each, in seconds.",
)
@formats_option("mid")
@instruments
@JOBS
@OVERWRITE
@REPORT
def compose(
    inputs: tuple[str, ...],
    output: Path,
    model: str,
    style: str | None,
    tracks: tuple[str, ...],
    melody_track: str | None,
    variations: int,
    seed: int,
    temperature: float,
    beats: Path | None,
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
    """Write a band for melodies: drums, bass, piano, guitar, strings.

    INPUT is a MIDI file, a folder or a pattern such as 'songs/*.mid'. What it holds stays as it
    is; the band's tracks are added. Results are named after the input: song.mid, song-2.mid, ...
    """
    if beats is not None and len(inputs) > 1:
        raise UsageError("--beats tells of one song; give one INPUT")
    request = Request(
        output,
        formats,
        model,
        style,
        tracks,
        melody_track,
        variations,
        seed,
        temperature,
        beats,
        Instruments(soundfont, drums, synth, synth_model, timbres),
        jobs,
    )
    batch = Batch("compose", inputs, output, formats, variations, jobs, overwrite, report)
    return run_batch(batch, partial(open_composer, request))


def open_composer(request: Request) -> Worker:
    """Load the model, once; the worker composes for one file."""
    player = request.instruments.open(request.formats, request.seed)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    from musegan.composing import Composer
    from musegan.music.beats import read_beats

    beats = read_beats(request.beats) if request.beats is not None else None
    torch.set_num_threads(1)  # more would be slower, and round differently
    return partial(
        compose_one,
        composer=Composer(request.model),
        request=request,
        beats=beats,
        player=player,
    )


def compose_one(
    entry: Entry,
    composer: "Composer",
    request: Request,
    beats: "Beats | None",
    player: "SynthPlayer | None",
) -> dict[str, Any]:
    """Write the bands for one file; returns its part of the report."""
    from musegan.composing import Options

    source = entry.source.read_bytes()
    title = entry.source.stem
    files: list[str] = []
    notices: list[str] = []
    variations: list[dict[str, Any]] = []
    for variation in range(1, request.variations + 1):
        seed = request.seed + variation - 1
        options = Options(
            style=request.style,
            tracks=request.tracks,
            melody_track=request.melody_track,
            seed=seed,
            temperature=request.temperature,
            beats=beats,
        )
        song = composer.compose(source, options, str(entry.source))
        targets = targets_of(entry, request.output, request.formats, variation)
        write_results(
            targets,
            song.midi,
            title,
            f"{title} with a band, seed {seed}",
            request.jobs,
            str(entry.source),
            request.instruments,
            None if player is None else replace(player, seed=seed),
        )
        written = [str(path) for path in targets]
        files += written
        notices += [notice for notice in song.notices if notice not in notices]
        variations.append({"seed": seed, "files": written, "measures": song.measures})
    return {"files": files, "notices": notices, "variations": variations}
