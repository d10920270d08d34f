"""musegan image interpolate and mix: from picture to picture, and between two of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegan.errors import UsageError

from .making import (
    CLASS,
    MODEL,
    SEED,
    check_targets,
    facts_of,
    is_number,
    labels_for,
    one_class,
    progress,
)
from .options import OUTPUT, OVERWRITE

if TYPE_CHECKING:
    from torch import Tensor

    from musegan.experiments.images import ImageModelFile
    from musegan.picturing.points import Point, Space


@click.command()
@MODEL
@OUTPUT
@click.option(
    "--between",
    default="1,2,3,4",
    show_default=True,
    metavar="A,B,...",
    help="Numbers of pictures, as `sample` numbers them, or files that `project` wrote.",
)
@click.option(
    "--frames",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="From each picture to the next.",
)
@SEED
@CLASS
@OVERWRITE
def interpolate(
    model: str,
    output: Path,
    between: str,
    frames: int,
    seed: int,
    name: str | None,
    overwrite: bool,
) -> None:
    """Go from picture to picture: interpolation.png, a sheet, and interpolation.gif.

    \b
    musegan image interpolate --model runs/dcgan --seed 7 --between 3,17 -o out/
    """
    import torch

    from musegan.experiments.latents import path_between
    from musegan.experiments.naming import class_name
    from musegan.picturing.latents import there_and_back
    from musegan.picturing.opening import check_draws, open_model
    from musegan.picturing.points import draw_points
    from musegan.picturing.writing import write_animation, write_sheet

    opened = open_model(model)
    check_draws(opened, "interpolate")
    label = one_class(opened, name)
    points = ends_of(opened, between, seed, label)
    targets = check_targets(output, ["interpolation.png", "interpolation.gif"], overwrite)
    kind, ends = in_one_space(opened, points)
    path = path_between(ends, frames, straight=kind == "style")
    held = points[0].label if label is None else label
    with progress("drawing", len(path)) as tick:
        labels = torch.full((len(path),), held)
        images = draw_points(opened, kind, path, labels, seed=seed, tick=tick)
    facts = facts_of(model, seed, between=between)
    rows = [images[leg * frames : (leg + 1) * frames + 1] for leg in range(len(ends) - 1)]
    write_sheet(targets[0], torch.cat(rows), facts, columns=frames + 1)
    write_animation(targets[1], there_and_back(images), facts)
    held_name = class_name(opened, held) if kind == "latent" else ""
    told = f", all as {held_name}" if held_name else ""
    click.echo(f"{targets[0]}, {targets[1]}: {len(path)} frames{told}")


def ends_of(model: "ImageModelFile", between: str, seed: int, label: int | None) -> "list[Point]":
    """The points that --between names. Raises UsageError."""
    from musegan.experiments.latents import latents_of
    from musegan.experiments.naming import labels_in_turn
    from musegan.picturing.points import Point, load_point

    words = [word.strip() for word in between.split(",") if word.strip()]
    if len(words) < 2:
        raise UsageError(f"--between {between}: name two pictures or more, such as 3,17")
    points = []
    for word in words:
        if is_number(word):
            number = [int(word)]
            latent = latents_of(seed, number, model.sizes.latent)[0]
            turn = int(labels_in_turn(model, number)) if label is None else label
            points.append(Point("latent", latent, turn))
        elif word.endswith(".safetensors"):
            points.append(load_point(Path(word), model))
        else:
            raise UsageError(
                f"--between {word}: neither the number of a picture, from 1 to 2^62, nor a .safetensors "
                f"file that `musegan image project` wrote"
            )
    return points


def in_one_space(model: "ImageModelFile", points: "list[Point]") -> "tuple[Space, Tensor]":
    """Points (point, number), all of one kind: styles where a model has them."""
    import torch

    from musegan.picturing.points import has_styles, styles_of

    if not has_styles(model):
        return "latent", torch.stack([point.values for point in points])
    styles = [
        point.values
        if point.space == "style"
        else styles_of(model, point.values[None], torch.tensor([point.label]))[0]
        for point in points
    ]
    return "style", torch.stack(styles)


@click.command()
@MODEL
@OUTPUT
@click.option(
    "--coarse",
    default="1,2,3,4,5",
    show_default=True,
    metavar="A,B,...",
    help="Pictures that give what is coarse, by number: the rows.",
)
@click.option(
    "--fine",
    default="6,7,8,9,10",
    show_default=True,
    metavar="A,B,...",
    help="Pictures that give what is fine: the columns.",
)
@click.option(
    "--from-layer",
    "cut",
    type=click.IntRange(1),
    help="The first layer that is fine, from 1; half of them by default.",
)
@SEED
@CLASS
@OVERWRITE
def mix(
    model: str,
    output: Path,
    coarse: str,
    fine: str,
    cut: int | None,
    seed: int,
    name: str | None,
    overwrite: bool,
) -> None:
    """Join what is coarse of some pictures with what is fine of others: mix.png.

    \b
    musegan image mix --model runs/stylegan2 --coarse 1,2,3 --fine 6,7 -o out/
    """
    from musegan.picturing.mixing import check_mixes, default_cut
    from musegan.picturing.mixing import mix as mixed
    from musegan.picturing.opening import check_draws, open_model
    from musegan.picturing.points import layers_of
    from musegan.picturing.writing import write_sheet

    opened = open_model(model)
    check_draws(opened, "mix")
    check_mixes(opened)
    rows, columns = numbers_of("--coarse", coarse), numbers_of("--fine", fine)
    layers = layers_of(opened)
    if cut is not None and cut > layers:
        raise UsageError(f"--from-layer {cut}: this model has {layers} layers")
    labels = labels_for(opened, name, [*rows, *columns])
    (target,) = check_targets(output, ["mix.png"], overwrite)
    first = default_cut(opened) if cut is None else cut - 1
    with progress("drawing", (1 + len(rows)) * (1 + len(columns)) - 1) as tick:
        sheet = mixed(opened, rows, columns, cut=first, labels=labels, seed=seed, tick=tick)
    write_sheet(target, sheet, facts_of(model, seed), columns=1 + len(columns))
    click.echo(
        f"{target}: {len(rows)} x {len(columns)} pictures, layers {first + 1} to {layers} "
        f"from the top row"
    )


def numbers_of(option: str, text: str) -> list[int]:
    """Numbers of pictures with commas between them. Raises UsageError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(map(is_number, words)):
        raise UsageError(
            f"{option} {text}: expected numbers of pictures, from 1 to 2^62, with commas between them"
        )
    return [int(word) for word in words]
