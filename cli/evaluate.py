"""musegan evaluate: a band's measures beside the real arrangement's and simple baselines'."""

import json
import zlib
from itertools import islice
from pathlib import Path

import click

from .batch import check_report
from .options import REPORT


@click.command()
@click.option("--model", default="band", show_default=True, metavar="NAME|FILE")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="The corpus's folder, named as the corpus, such as data/pop909.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "all"]),
    default="validation",
    show_default=True,
)
@click.option("--corpus", metavar="NAME", help="What the folder holds.  [default: its name]")
@click.option(
    "--seeds", type=click.IntRange(1, 20), default=1, show_default=True, help="Bands a song."
)
@click.option("--songs", type=click.IntRange(1), help="Only the first so many songs.")
@click.option("--temperature", type=click.FloatRange(0, 4), default=1.0, show_default=True)
@click.option("--classify/--no-classify", default=True, help="Train the classifiers (minutes).")
@REPORT
def evaluate(
    model: str,
    data: Path,
    split: str,
    corpus: str | None,
    seeds: int,
    songs: int | None,
    temperature: float,
    classify: bool,
    report: Path | None,
) -> int:
    """Measure a band on songs whose real arrangement is known.

    The band plays the roles that the corpus has, from the melody alone, and is judged in the bars
    from the melody's first note to its last, as the real arrangement is. Beside it stand the real
    arrangement, another song's, a clash (a tritone off), block chords and a causal chord template.
    """
    from musegan.data.corpora import CORPORA, load
    from musegan.errors import UsageError
    from musegan.files import write_whole
    from musegan.music.arrangement import melody_span

    check_report(report)
    name = corpus or data.resolve().name
    if name not in CORPORA:
        raise UsageError(
            f"{name!r} is no corpus that is known; give --corpus one of {', '.join(CORPORA)}"
        )
    found = load(name, data, split)  # type: ignore[arg-type]
    arrangements = [melody_span(song) for song in islice(found, songs)]
    if not arrangements:
        raise UsageError(f"{data}: no song of its {split} split can be used; try --split all")

    import torch

    from musegan.arranging import Arranger, Wishes
    from musegan.evaluate.table import corpus_roles, evaluate_band, print_report
    from musegan.music.arrangement import Arrangement, Notes
    from musegan.music.band import Role
    from musegan.pretrained import find_model

    torch.set_num_threads(1)
    arranger = Arranger(find_model(model))
    roles = corpus_roles(arrangements)

    def generate(song: Arrangement, seed: int) -> dict[Role, Notes]:
        style = song.style if song.style in arranger.styles else None
        own_seed = zlib.crc32(song.name.encode()) + seed  # no two songs of one table share theirs
        wishes = Wishes(roles, style, own_seed, temperature)
        return arranger.arrange(song.melody, song.grid, wishes)

    table = evaluate_band(
        arrangements,
        generate,
        seeds=tuple(range(seeds)),
        classify=classify,
        announce=lambda line: click.echo(line, err=True),
    )
    print_report(table)
    if report is not None:
        write_whole(report, (json.dumps(table.as_json(), indent=2) + "\n").encode())
        click.echo(f"written: {report}")
    return 0
