"""musegan prepare: read corpora once, so that training reads them in no time."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import TaskID


@click.command(
    short_help="Read corpora for training; fetch sets of images and sounds.",
    help="""Read the corpora in the folder DATA, each in a folder of its name, and write one
    file for each to the output folder. The sets of images mnist and fashion-mnist, and of sounds
    spoken-digits, are fetched from their public addresses, or copied from DATA where they are
    there, and checked. The sounds drums, and the notes that a synth learns from (notes at 24 kHz,
    notes-44k), are rendered from a General MIDI SoundFont: Debian's fluid-soundfont-gm, or DATA
    itself, an SF2 file. How notes are struck, touch, is read from groove and pop909 in DATA.

    \b
    musegan prepare --data data/ -o prepared/ pop909 freedoom
    musegan prepare mnist
    """,
)
@click.argument("corpora", nargs=-1)
@click.option("--data", type=click.Path(path_type=Path), help="Folder of corpora.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("prepared"),
    show_default=True, help="Folder for the prepared files.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["train", "validation", "all"]), default="train", show_default=True
)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
def prepare(
    corpora: tuple[str, ...], data: Path | None, output: Path, split: str, jobs: int
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from musegan.data import pianorolls, preparation
    from musegan.data.corpora import CORPORA
    from musegan.data.drums import LICENCES, drum_sources, prepare_drums
    from musegan.data.known import KNOWN, fetch, fetched
    from musegan.data.notebank import RATES, prepare_notes
    from musegan.data.spoken import fetch_recordings
    from musegan.data.touches import prepare_touches
    from musegan.errors import CorpusError, UsageError

    known = ", ".join(CORPORA)
    fetchable = (*KNOWN, "spoken-digits", "drums", *RATES, "touch")
    unknown = [name for name in corpora if name not in CORPORA and name not in fetchable]
    if unknown:
        raise UsageError(
            f"no corpus {unknown[0]!r}; there are {known}, of images {', '.join(KNOWN)}, "
            f"of sounds spoken-digits, drums, {', '.join(RATES)}, and touch"
        )
    if "touch" in corpora and data is None:
        raise UsageError("touch is of groove and pop909: give their folder with --data FOLDER")
    for name in corpora:
        if name in KNOWN:
            places = [data / name, data] if data is not None else []
            for line in fetch(name, output / name, places):
                click.echo(f"{name}: {line}")
        elif name == "spoken-digits":
            places = [data / name, data] if data is not None else []
            click.echo(f"{name}: {fetch_recordings(output / name, places, fetched)}")
        elif name == "drums":
            for line in prepare_drums(output / name, drum_sources(data)):
                click.echo(f"{name}: {line}, licence {LICENCES}")
        elif name in RATES:
            click.echo(f"{name}: {prepare_notes(output / name, RATES[name], data)}")
        elif name == "touch" and data is not None:
            click.echo(f"{name}: {prepare_touches(data, output / name)}")
    if corpora and all(name in fetchable for name in corpora):
        return
    if data is None:
        raise UsageError("give the folder of corpora with --data FOLDER")
    corpora = tuple(name for name in corpora if name in CORPORA)
    wanted = corpora or tuple(name for name in CORPORA if (data / name).is_dir())
    if not wanted:
        raise CorpusError(f"{data}: holds no folder of a known corpus; there are {known}")
    output.mkdir(parents=True, exist_ok=True)
    screen = Console(stderr=True)
    for name in wanted:
        lost: list[str] = []
        with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
            task = bar.add_task(name)

            def progress(done: int, total: int, bar: Progress = bar, task: "TaskID" = task) -> None:
                bar.update(task, completed=done, total=total)

            rolls = preparation.prepare(
                name,
                data / name,
                split,  # type: ignore[arg-type]
                jobs=jobs,
                progress=progress,
                skipped=lost.append,
            )
        pianorolls.save(rolls, output / f"{name}.npz")
        for line in lost:
            click.echo(f"musegan prepare: {name}: skipped {line}", err=True)
        without = f"; skipped {len(lost)}" if lost else ""
        click.echo(f"{name}: {preparation.describe(rolls)}{without}")
