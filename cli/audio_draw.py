"""musegan audio sample, grid and interpolate: sounds from latents."""

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
    is_number,
    labels_for,
    one_class,
    progress,
)
from .options import OUTPUT, OVERWRITE


@click.command()
@MODEL
@OUTPUT
@click.option(
    "-n", "--count", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Sounds."
)
@FIRST
@SEED
@CLASS
@click.option("--sheet", is_flag=True, help="Their spectrograms, too: sheet.png.")
@OVERWRITE
def sample(
    model: str,
    output: Path,
    count: int,
    first: int,
    seed: int,
    name: str | None,
    sheet: bool,
    overwrite: bool,
) -> None:
    """Draw sounds, a WAV file each.

    \b
    musegan audio sample --model runs/istftgan -n 20 --seed 7 --class seven -o out/
    """
    from musegan.experiments.latents import latents_of
    from musegan.experiments.naming import class_name
    from musegan.sounding.drawing import draw
    from musegan.sounding.opening import open_model
    from musegan.sounding.writing import write_sound, write_spectrograms

    opened = open_model(model)
    numbers = list(range(first, first + count))
    labels = labels_for(opened, name, numbers)
    digits = max(4, len(str(numbers[-1])))
    names = [f"sample-{number:0{digits}}.wav" for number in numbers]
    targets = check_targets(output, names + ["sheet.png"] * sheet, overwrite)
    facts = facts_of(model, seed)
    with progress("drawing", count) as tick:
        latents = latents_of(seed, numbers, opened.sizes.latent)
        sounds = draw(opened, latents, labels, seed=seed, tick=tick)
    rate = opened.sizes.rate
    for number, sound, label, target in zip(numbers, sounds, labels, targets, strict=False):
        told = class_name(opened, int(label))
        own = {"Number": str(number)} | ({"Class": told} if told else {})
        write_sound(target, sound, rate, facts | own)
    if sheet:
        write_spectrograms(targets[-1], sounds, rate, opened.sizes.samples, facts)
    click.echo(f"{output}: {count} sounds, {names[0]} to {names[-1]}")


@click.command()
@MODEL
@OUTPUT
@click.option(
    "-n", "--count", type=click.IntRange(1, 100), default=8, show_default=True, help="Columns."
)
@SEED
@click.option(
    "--class", "names", metavar="NAME", multiple=True, help="A row for this class; may be repeated."
)
@OVERWRITE
def grid(
    model: str, output: Path, count: int, seed: int, names: tuple[str, ...], overwrite: bool
) -> None:
    """Draw every class from the same latents: grid.png, a row a class, and grid.wav, row by row.

    \b
    musegan audio grid --model runs/istftgan -n 8 --seed 7 -o out/
    """
    import torch

    from musegan.experiments.latents import latents_of
    from musegan.experiments.naming import class_name
    from musegan.sounding.drawing import draw, in_a_row
    from musegan.sounding.opening import open_model
    from musegan.sounding.writing import write_sound, write_spectrograms

    opened = open_model(model)
    if not opened.sizes.classes:
        raise UsageError(
            "this model was trained without classes, so a grid has no rows; "
            "`musegan audio sample --sheet` draws a sheet"
        )
    asked = dict.fromkeys(one_class(opened, name) for name in names)  # each once
    rows = list(asked) or list(range(opened.sizes.classes))
    targets = check_targets(output, ["grid.png", "grid.wav"], overwrite)
    latents = latents_of(seed, range(1, count + 1), opened.sizes.latent)
    labels = torch.tensor(rows).repeat_interleave(count)
    with progress("drawing", len(labels)) as tick:
        sounds = draw(opened, latents.repeat(len(rows), 1), labels, seed=seed, tick=tick)
    facts, rate = facts_of(model, seed), opened.sizes.rate
    write_spectrograms(targets[0], sounds, rate, opened.sizes.samples, facts, columns=count)
    write_sound(targets[1], in_a_row(sounds, rate), rate, facts)
    told = ", ".join(class_name(opened, int(row or 0)) for row in rows)
    click.echo(f"{targets[0]}, {targets[1]}: {len(rows)} rows ({told}), {count} latents")


@click.command()
@MODEL
@OUTPUT
@click.option(
    "--between",
    default="1,2,3",
    show_default=True,
    metavar="A,B,...",
    help="Numbers of sounds, as `sample` numbers them.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 1000),
    default=7,
    show_default=True,
    help="From each sound to the next.",
)
@SEED
@CLASS
@OVERWRITE
def interpolate(
    model: str,
    output: Path,
    between: str,
    steps: int,
    seed: int,
    name: str | None,
    overwrite: bool,
) -> None:
    """Go from sound to sound: interpolation.wav, one after the other, and interpolation.png.

    \b
    musegan audio interpolate --model runs/istftgan --between 3,17 --class seven -o out/
    """
    import torch

    from musegan.experiments.latents import latents_of, path_between
    from musegan.experiments.naming import class_name, labels_in_turn
    from musegan.sounding.drawing import draw, in_a_row
    from musegan.sounding.opening import open_model
    from musegan.sounding.writing import write_sound, write_spectrograms

    words = [word.strip() for word in between.split(",") if word.strip()]
    if len(words) < 2 or not all(map(is_number, words)):
        raise UsageError(
            f"--between {between}: name two sounds or more by number, from 1 to 2^62, such as 3,17"
        )
    opened = open_model(model)
    numbers = [int(word) for word in words]
    label = one_class(opened, name)
    held = int(labels_in_turn(opened, numbers[:1])) if label is None else label
    targets = check_targets(output, ["interpolation.wav", "interpolation.png"], overwrite)
    path = path_between(latents_of(seed, numbers, opened.sizes.latent), steps)
    with progress("drawing", len(path)) as tick:
        sounds = draw(opened, path, torch.full((len(path),), held), seed=seed, tick=tick)
    facts, rate = facts_of(model, seed, between=between), opened.sizes.rate
    write_sound(targets[0], in_a_row(sounds, rate), rate, facts)
    rows = [
        sound
        for leg in range(len(numbers) - 1)
        for sound in sounds[leg * steps : (leg + 1) * steps + 1]
    ]
    write_spectrograms(targets[1], rows, rate, opened.sizes.samples, facts, columns=steps + 1)
    told = class_name(opened, held)
    click.echo(f"{targets[0]}, {targets[1]}: {len(path)} sounds{f', all {told}' if told else ''}")
