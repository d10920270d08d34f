"""musegan balance: a band's codebook, priced so that each kind of half bar is played as people do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegan.errors import UsageError

from .bands import ROLE_NAMES
from .batch import check_file
from .options import OVERWRITE, names_among

if TYPE_CHECKING:
    from musegan.balancing import Balance
    from musegan.music.arrangement import Arrangement


@click.command(
    short_help="Make a trained band play what people play, as often.",
    help="""Set the prices of the codebook of the band MODEL, from songs that it was trained on, each
    corpus in a folder of its name in the folder DATA, and write it to the output file.

    \b
    musegan balance runs/band/model.safetensors --data data/ -o band.safetensors
    """,
)
@click.argument("model")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of corpora.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="File for the balanced band.",
)  # fmt: skip
@click.option(
    "--songs",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="Of each corpus, at most.",
)
@click.option("--rounds", type=click.IntRange(1), default=6, show_default=True)
@click.option(
    "--tracks", callback=names_among(*ROLE_NAMES), default=",".join(ROLE_NAMES),
    show_default=True, metavar="PART,...", help="Whose prices; the others' stay as they are.",
)  # fmt: skip
@click.option(
    "--styles", metavar="STYLE,...",
    help="Likewise.  [default: all of the model's]",
)  # fmt: skip
@OVERWRITE
def balance(
    model: str,
    data: Path,
    output: Path,
    songs: int,
    rounds: int,
    tracks: tuple[str, ...],
    styles: str | None,
    overwrite: bool,
) -> None:
    import torch

    from musegan.arranging import Arranger, one_of_styles
    from musegan.balancing import balance as balance_band
    from musegan.balancing import save_balanced
    from musegan.errors import ConfigError
    from musegan.music.band import Role
    from musegan.pretrained import find_model, read_config

    check_file(output, "--output")
    if output.exists() and not overwrite:
        raise UsageError(f"--output {output}: is there already; replace it with --overwrite")
    torch.set_num_threads(1)
    path = find_model(model)
    arranger = Arranger(path)
    if not arranger.cells.codebooks:
        raise ConfigError(f"{path}: has no codebook to balance; train one with band.codebook=2048")
    names = None
    if styles is not None:
        names = [name.strip().lower() for name in styles.split(",") if name.strip()]
        for name in names or [styles]:
            one_of_styles(arranger.styles, name)
    known = read_config(path)["data"]
    ordered = sorted(zip(known["shares"], known["corpora"], strict=True), key=lambda each: -each[0])
    found = {corpus: _some(corpus, data / corpus, songs) for _, corpus in ordered}
    wanted = arranger.styles if names is None else names
    played = {corpus: sum(song.style in wanted for song in own) for corpus, own in found.items()}
    if not any(played.values()):
        raise UsageError(f"no song of {', '.join(found)} in {data} is of style {', '.join(wanted)}")
    told = ", ".join(corpus for corpus, count in played.items() if count)
    click.echo(f"{sum(played.values())} songs of {told}")
    roles = [Role(track) for track in tracks]
    balance_band(arranger, list(found.values()), rounds, roles, names, _tell)
    save_balanced(path, output, arranger)
    click.echo(output)


def _some(corpus: str, folder: Path, count: int) -> "list[Arrangement]":
    """At most so many songs of a corpus's training split, spread evenly."""
    from musegan.data.corpora import load

    songs = list(load(corpus, folder))
    return songs[:: max(1, len(songs) // count)][:count]


def _tell(found: "Balance") -> None:
    """How many cells are of kinds that people do not play as often, of each style and role."""
    told = [f"{style} {role.value} {apart:.3f}" for (role, style), apart in found.apart.items()]
    click.echo(f"round {found.round}: {', '.join(sorted(told))}")
