"""musegan image anomaly and augment: pictures judged, and pictures to learn from."""

import csv
import io
from pathlib import Path

import click

from musegan.catalogue import PICTURE_SUFFIXES, find_inputs
from musegan.errors import FormatError, UsageError

from .imaging import INPUTS
from .main import FAILED, MISUSED
from .making import MODEL, SEED, check_targets, facts_of, one_class, progress
from .options import OUTPUT, OVERWRITE

PAIRS_A_ROW = 4  # of the sheet of the most unusual


@click.command()
@INPUTS
@MODEL
@OUTPUT
@click.option(
    "--worst",
    type=click.IntRange(1, 1000),
    default=32,
    show_default=True,
    help="Pictures on the sheet.",
)
@OVERWRITE
def anomaly(inputs: tuple[str, ...], model: str, output: Path, worst: int, overwrite: bool) -> int:
    """Tell how unusual pictures are, for a model that has learned the usual (fanogan).

    Writes anomaly.csv, the most unusual first, and anomaly.png: the most unusual, each beside the
    usual that is nearest to it.

    \b
    musegan image anomaly photos/ --model runs/fanogan -o out/
    """
    import torch

    from musegan.files import write_whole
    from musegan.picturing.anomaly import check_judges, judge
    from musegan.picturing.opening import open_model
    from musegan.picturing.reading import read_for
    from musegan.picturing.writing import write_sheet

    opened = open_model(model)
    check_judges(opened)
    table, sheet = check_targets(output, ["anomaly.csv", "anomaly.png"], overwrite)
    sources, missing = find_inputs(inputs, output, PICTURE_SUFFIXES, "picture")
    lost = [f"{each.source}: {each.reason}" for each in missing]
    pixels, names, fitted = [], [], 0
    with progress("reading", len(sources)) as tick:
        for source in sources:
            try:
                read = read_for(opened, source, opened.sizes.side, opened.sizes.channels)
            except FormatError as error:
                lost.append(str(error))
            else:
                pixels.append(read.pixels)
                names.append(str(source))
                fitted += bool(read.note)
            tick(1)
    for line in lost:
        click.echo(f"musegan image anomaly: {line}", err=True)
    if not pixels:
        return MISUSED if len(missing) == len(lost) else FAILED
    pictures = torch.stack(pixels)
    judged = judge(opened, pictures)
    order = judged.scores.argsort(descending=True).tolist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", "score", "pixels"])
    for row in order:
        writer.writerow([names[row], f"{judged.scores[row]:.6f}", f"{judged.pixels[row]:.6f}"])
    write_whole(table, text.getvalue().encode())
    shown = order[:worst]
    pairs = torch.stack([pictures[shown], judged.usual[shown]], 1).flatten(0, 1)
    write_sheet(sheet, pairs, facts_of(model), columns=min(len(pairs), 2 * PAIRS_A_ROW))
    side = opened.sizes.side
    note = f"; {fitted} were fitted into {side} x {side}" if fitted else ""
    click.echo(f"{table}, {sheet}: {len(names)} pictures{note}")
    click.echo(f"most unusual: {names[order[0]]} ({judged.scores[order[0]]:.3f})")
    return FAILED if lost else 0


@click.command()
@MODEL
@OUTPUT
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Pictures of each class.",
)
@SEED
@click.option(
    "--class", "names", metavar="NAME", multiple=True, help="Only this class; may be repeated."
)
@OVERWRITE
def augment(
    model: str, output: Path, count: int, seed: int, names: tuple[str, ...], overwrite: bool
) -> None:
    """Draw labelled pictures to train a classifier with: a folder a class, and labels.csv.

    \b
    musegan image augment --model runs/biggan -n 500 --seed 7 -o out/
    """
    from musegan.experiments.naming import class_name
    from musegan.files import write_whole
    from musegan.picturing.augmentation import check_labels, labelled
    from musegan.picturing.opening import check_draws, open_model
    from musegan.picturing.writing import safe_name, write_picture

    opened = open_model(model)
    check_draws(opened, "augment")
    check_labels(opened)
    asked = [one_class(opened, name) for name in names]
    labels = [label for label in dict.fromkeys(asked) if label is not None]
    labels = labels or list(range(opened.sizes.classes))
    folders: dict[int, str] = {}
    for label in labels:
        folders[label] = safe_name(class_name(opened, label), list(folders.values()))
    digits = max(5, len(str(count)))
    (table,) = check_targets(output, ["labels.csv"], overwrite)
    for folder in folders.values():
        check_targets(output / folder, [], overwrite)
        if not overwrite and any((output / folder).iterdir()):
            raise UsageError(
                f"{output / folder} has files already; --overwrite adds to them and replaces those "
                f"of the same name"
            )
    facts = facts_of(model, seed)
    lines = ["file,class"]
    with progress("drawing", count * len(labels)) as tick:
        for some in labelled(opened, labels, count, seed):
            name = class_name(opened, some.label)
            for number, image in zip(some.numbers, some.images, strict=True):
                file = f"{folders[some.label]}/{number:0{digits}}.png"
                write_picture(output / file, image, facts | {"Class": name, "Number": str(number)})
                lines.append(f'{file},"{name}"')
                tick(1)
    write_whole(table, ("\n".join(lines) + "\n").encode())
    click.echo(
        f"{output}: {count} pictures of each of {len(labels)} classes; "
        f"data.source={output} trains on them"
    )
