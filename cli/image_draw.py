"""musegan image sample and grid: pictures from latents."""

from pathlib import Path

import click

from musegan.errors import UsageError

from .making import (
    CLASS,
    FIRST,
    MODEL,
    SEED,
    check_targets,
    facts_of,
    labels_for,
    one_class,
    progress,
)
from .options import OUTPUT, OVERWRITE, Amount

TRUNCATION = click.option(
    "--truncation",
    type=Amount(0, 10, min_open=True),
    help="For more typical pictures: the latents' largest number, such as .5; of stylegan2 how far "
    "from the mean style, such as .7.",
)


@click.command()
@MODEL
@OUTPUT
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    help="Pictures.",
)
@FIRST
@SEED
@CLASS
@click.option("--caption", help="What the picture shows, for a model trained on captions.")
@TRUNCATION
@click.option("--sheet", is_flag=True, help="All on one sheet, sheet.png, in place of a file each.")
@OVERWRITE
def sample(
    model: str,
    output: Path,
    count: int,
    first: int,
    seed: int,
    name: str | None,
    caption: str | None,
    truncation: float | None,
    sheet: bool,
    overwrite: bool,
) -> None:
    """Draw pictures.

    \b
    musegan image sample --model runs/cgan -n 64 --seed 7 --class "ankle boot" -o out/
    """
    from musegan.experiments.captioned import drawn_captions
    from musegan.experiments.latents import latents_of
    from musegan.picturing.captioning import said_of, tokens_for
    from musegan.picturing.latents import draw
    from musegan.picturing.opening import check_draws, check_knows_words, knows_words, open_model
    from musegan.picturing.writing import write_picture, write_sheet

    opened = open_model(model)
    check_draws(opened, "sample")
    if name is not None and knows_words(opened):
        raise UsageError("this model knows words, not classes; say it with --caption")
    numbers = list(range(first, first + count))
    if caption is not None:
        check_knows_words(opened)
        labels = tokens_for(opened, caption, count)
    elif knows_words(opened):
        labels = drawn_captions(opened.classes, numbers, seed)
    else:
        labels = labels_for(opened, name, numbers)
    digits = max(4, len(str(numbers[-1])))
    names = ["sheet.png"] if sheet else [f"sample-{number:0{digits}}.png" for number in numbers]
    targets = check_targets(output, names, overwrite)
    facts = facts_of(model, seed)
    with progress("drawing", count) as tick:
        latents = latents_of(seed, numbers, opened.sizes.latent)
        images = draw(opened, latents, labels, seed=seed, truncation=truncation or 0, tick=tick)
    if sheet:
        write_sheet(targets[0], images, facts)
        click.echo(f"{targets[0]}: {count} pictures")
        return
    for number, image, label, target in zip(numbers, images, labels, targets, strict=True):
        write_picture(target, image, facts | {"Number": str(number)} | said_of(opened, label))
    click.echo(f"{output}: {count} pictures, {targets[0].name} to {targets[-1].name}")


@click.command()
@MODEL
@OUTPUT
@click.option(
    "-n", "--count", type=click.IntRange(1, 100), default=10, show_default=True, help="Columns."
)
@SEED
@click.option(
    "--class", "names", metavar="NAME", multiple=True, help="A row for this class; may be repeated."
)
@TRUNCATION
@OVERWRITE
def grid(
    model: str,
    output: Path,
    count: int,
    seed: int,
    names: tuple[str, ...],
    truncation: float | None,
    overwrite: bool,
) -> None:
    """Draw every class from the same latents: grid.png, a row a class, a column a latent.

    \b
    musegan image grid --model runs/cgan -n 10 --seed 7 -o out/
    """
    import torch

    from musegan.experiments.latents import latents_of
    from musegan.experiments.naming import class_name
    from musegan.picturing.latents import draw
    from musegan.picturing.opening import check_draws, open_model
    from musegan.picturing.writing import write_sheet

    opened = open_model(model)
    check_draws(opened, "grid")
    if not opened.sizes.classes:
        raise UsageError(
            "this model was trained without classes, so a grid has no rows; "
            "`musegan image sample --sheet` draws a sheet"
        )
    asked = dict.fromkeys(one_class(opened, name) for name in names)  # each once
    rows = list(asked) or list(range(opened.sizes.classes))
    (target,) = check_targets(output, ["grid.png"], overwrite)
    latents = latents_of(seed, range(1, count + 1), opened.sizes.latent)
    labels = torch.tensor(rows).repeat_interleave(count)
    with progress("drawing", len(labels)) as tick:
        images = draw(
            opened,
            latents.repeat(len(rows), 1),
            labels,
            seed=seed,
            truncation=truncation or 0,
            tick=tick,
        )
    write_sheet(target, images, facts_of(model, seed), columns=count)
    told = ", ".join(class_name(opened, int(row or 0)) for row in rows)
    click.echo(f"{target}: {len(rows)} rows ({told}), {count} latents")
