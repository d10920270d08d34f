"""musegan compose: melodies in, bands out."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegan.catalogue import Entry
from musegan.errors import UsageError
from musegan.music.tracks import read_wanted
from musegan.workshop import Worker

from .bands import BAND, BEATS, MELODY_TRACK, ON_GRID, STYLE, TEMPERATURE, TRACKS, a_stretch, words
from .batch import Batch, run_batch, targets_of
from .melodies import asked_song, check_apart, melody_options
from .options import JOBS, OUTPUT, OVERWRITE, REPORT, Amount, formats_option, instruments
from .results import Instruments, write_results

if TYPE_CHECKING:
    from musegan.composing import Composer
    from musegan.composition import NewSong
    from musegan.music.beats import Beats
    from musegan.sounding.player import SynthPlayer


NOTHING = "from scratch"  # what messages call the source of a new song


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
    on_grid: bool
    beats: Path | None
    given: tuple[str, ...]
    bars: tuple[int, int] | None
    vary: float | None
    new: "NewSong | None"
    extend: int | None
    vary_melody: float | None
    melody_model: str
    instruments: Instruments
    jobs: int


@click.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@OUTPUT
@BAND
@STYLE
@TRACKS
@MELODY_TRACK
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
@TEMPERATURE
@ON_GRID
@BEATS
@click.option(
    "--given",
    callback=words,
    default="",
    metavar="PART[=TRACK],...",
    help="Parts of the band that INPUT holds: the others are written to fit them.",
)
@click.option(
    "--bars",
    callback=a_stretch,
    metavar="FIRST:LAST",
    help="INPUT is an earlier result: write these bars of its band anew, and keep the rest.",
)
@click.option(
    "--vary",
    type=Amount(0, 1, min_open=True),
    metavar="SHARE",
    help="INPUT is an earlier result: write this share of its half bars anew, here and there.",
)
@melody_options
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
    on_grid: bool,
    beats: Path | None,
    given: tuple[str, ...],
    bars: tuple[int, int] | None,
    vary: float | None,
    from_scratch: bool,
    tempo: float | None,
    metre: str | None,
    key: str | None,
    extend: int | None,
    vary_melody: float | None,
    melody_model: str,
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

    \b
    musegan compose song.mid -o out/                         a band
    musegan compose song.mid -o out/ --given piano,drums     the parts that it lacks
    musegan compose out/song.mid -o new/ --bars 9:12 --seed 3    four bars anew
    musegan compose out/song.mid -o new/ --vary .3 --seed 3      a variation
    musegan compose --from-scratch --bars 16 -o out/         a melody and its band
    musegan compose song.mid -o out/ --extend 8              the melody goes on for eight bars
    """
    new = asked_song(from_scratch, inputs, bars, tempo, metre, key)
    check_apart(
        new,
        bars=None if new else bars,
        vary=vary,
        extend=extend,
        vary_melody=vary_melody,
        given=given,
        beats=beats,
        melody_track=melody_track,
    )
    if beats is not None and len(inputs) > 1:
        raise UsageError("--beats tells of one song; give one INPUT")
    read_wanted(given)
    wanted = Instruments(soundfont, drums, synth, synth_model, timbres)
    formats = wanted.sounding(formats)
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
        on_grid,
        beats,
        given,
        None if new else bars,
        vary,
        new,
        extend,
        vary_melody,
        melody_model,
        wanted,
        jobs,
    )
    batch = Batch(
        "compose",
        inputs,
        output,
        formats,
        variations,
        jobs,
        overwrite,
        report,
        entries=() if new is None else (Entry(Path(NOTHING), "song"),),
    )
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
    composer = Composer(request.model)
    if request.new or request.extend or request.vary_melody:
        composer.melodist(request.melody_model)
    return partial(
        compose_one,
        composer=composer,
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

    source = entry.source.read_bytes() if request.new is None else None
    title = entry.source.stem if request.new is None else entry.stem
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
            on_grid=request.on_grid,
            beats=beats,
            given=request.given,
            bars=request.bars,
            vary=request.vary,
            new=request.new,
            extend=request.extend,
            vary_melody=request.vary_melody,
            melody_model=request.melody_model,
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
