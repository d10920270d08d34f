"""musegan interpolate: bands that lie between two."""

import os
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegan.errors import UsageError
from musegan.music.tracks import read_wanted

from .bands import BAND, BEATS, MELODY_TRACK, ON_GRID, STYLE, TEMPERATURE, TRACKS, words
from .making import check_targets
from .options import OUTPUT, OVERWRITE, formats_option, instruments
from .results import Instruments, write_results

if TYPE_CHECKING:
    from musegan.composition import Composition


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT [INPUT]")
@OUTPUT
@click.option(
    "--between",
    metavar="A,B",
    help="Of one INPUT: the seeds of the bands at the ends.  [default: 0,1]",
)
@click.option(
    "--steps",
    type=click.IntRange(2, 64),
    default=5,
    show_default=True,
    help="Songs on the way, its ends among them.",
)
@BAND
@STYLE
@TRACKS
@MELODY_TRACK
@click.option(
    "--given",
    callback=words,
    default="",
    metavar="PART[=TRACK],...",
    help="Of one INPUT: parts that it holds; of two, which tracks are the band's.",
)
@TEMPERATURE
@ON_GRID
@BEATS
@formats_option("mid,png")
@instruments
@OVERWRITE
def interpolate(
    inputs: tuple[str, ...],
    output: Path,
    between: str | None,
    steps: int,
    model: str,
    style: str | None,
    tracks: tuple[str, ...],
    melody_track: str | None,
    given: tuple[str, ...],
    temperature: float,
    on_grid: bool,
    beats: Path | None,
    formats: tuple[str, ...],
    soundfont: Path | None,
    drums: Path | None,
    synth: str,
    synth_model: str | None,
    timbres: tuple[str, ...],
    overwrite: bool,
) -> int:
    """Write the bands that lie between two, for one melody.

    Of one INPUT, a melody: between the bands that two seeds write for it. Of two INPUTS, results of
    compose for one melody: between their bands. Results are song-1.mid, song-2.mid, ...; the
    picture song.png has the melody on top and the bands below.

    \b
    musegan interpolate song.mid -o out/ --between 3,7 --steps 5
    musegan interpolate out/song.mid out/song-2.mid -o path/
    """
    if len(inputs) > 2:
        raise UsageError(f"{len(inputs)} INPUTS: give one song, or two results for one song")
    if len(inputs) == 2 and between is not None:
        raise UsageError("--between names seeds for one INPUT; two INPUTS are the ends themselves")
    ends = _seeds(between or "0,1")
    read_wanted(given)
    asked = Instruments(soundfont, drums, synth, synth_model, timbres)
    formats = asked.sounding(formats)
    sources = [_readable(path) for path in inputs]
    stem = sources[0].stem
    sounds = [suffix for suffix in formats if suffix != "png"]
    files_of = [[f"{stem}-{k + 1}.{suffix}" for suffix in sounds] for k in range(steps)]
    pictures = [f"{stem}.png"] if "png" in formats else []
    check_targets(output, [*chain.from_iterable(files_of), *pictures], overwrite)
    targets = [[output / name for name in names] for names in files_of]
    picture = [output / name for name in pictures]
    for path in chain.from_iterable(targets):
        if path.exists() and any(path.samefile(source) for source in sources):
            raise UsageError(f"{path}: a result would replace an INPUT; choose another folder")
    player = asked.open(formats, ends[0])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    from musegan.composing import Composer
    from musegan.composition import Options
    from musegan.interpolating import between_bands, between_seeds
    from musegan.music.beats import read_beats

    torch.set_num_threads(1)  # more would be slower, and round differently
    options = Options(
        style=style,
        tracks=tracks,
        melody_track=melody_track,
        seed=ends[0],
        temperature=temperature,
        on_grid=on_grid,
        beats=None if beats is None else read_beats(beats),
        given=given,
    )
    composer = Composer(model)
    data = [path.read_bytes() for path in sources]
    if len(data) == 1:
        songs = between_seeds(composer, data[0], options, ends[1], steps, inputs[0])
        names = [f"seed {ends[0]}", f"seed {ends[1]}"]
    else:
        songs = between_bands(composer, (data[0], data[1]), options, steps, (inputs[0], inputs[1]))
        names = [path.stem for path in sources]
    for number, (song, files) in enumerate(zip(songs, targets, strict=True), 1):
        title = f"{stem}, {number} of {steps}"
        made = f"{title}, between {names[0]} and {names[1]}"
        own = None if player is None else replace(player, seed=ends[0])
        write_results(files, song.midi, title, made, 1, inputs[0], asked, own)
    for path in picture:
        _draw(songs, names, path, stem)
    first, last = (targets[0] or picture)[0], (targets[-1] or picture)[0]
    click.echo(
        f"{' and '.join(inputs)} -> {first} to {last}"
        + "".join(f", {p}" for p in picture if sounds)
    )
    for notice in dict.fromkeys(notice for song in songs for notice in song.notices):
        click.echo(f"    {notice}")
    return 0


def _draw(songs: "list[Composition]", names: list[str], path: Path, stem: str) -> None:
    from musegan.images.rollstack import draw_stack

    inner = [f"{song.options.share:.0%}" for song in songs[1:-1]]
    arrangements = [song.arrangement for song in songs]
    title = f"{stem}, from {names[0]} to {names[1]}"
    draw_stack(songs[0].score, arrangements, [names[0], *inner, names[1]], path, title=title)


def _seeds(between: str) -> tuple[int, int]:
    numbers = [word.strip() for word in between.split(",")]
    if len(numbers) != 2 or not all(n.isdecimal() and int(n) < 2**31 for n in numbers):
        raise UsageError(f"--between {between}: give two seeds, numbers from 0, such as 3,7")
    return int(numbers[0]), int(numbers[1])


def _readable(name: str) -> Path:
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name}: is a folder; name the MIDI file in it")
    if not path.is_file():
        raise UsageError(f"{name}: no such file")
    return path
