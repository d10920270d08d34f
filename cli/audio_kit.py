"""musegan audio kit: a drum kit from a GAN."""

from pathlib import Path

import click

from musegan.errors import UsageError

from .making import SEED, check_targets, facts_of, is_number, model_option
from .options import OUTPUT, OVERWRITE


@click.command()
@model_option("drums")
@OUTPUT
@SEED
@click.option(
    "--pick",
    metavar="ROLE=NUMBER,...",
    default="",
    help="Other hits than the first of a role, as `sample --class ROLE` numbers them.",
)
@click.option("--sheet", is_flag=True, help="Their spectrograms, too: sheet.png.")
@OVERWRITE
def kit(model: str, output: Path, seed: int, pick: str, sheet: bool, overwrite: bool) -> None:
    """Draw a drum kit: a WAV file for each of sixteen roles, and kit.sfz, which samplers load.

    \b
    musegan audio kit --seed 7 --pick kick=3,snare=12 -o kit/
    musegan compose my-song.mid --formats wav --drums kit/ -o out/
    """
    from musegan.sounding.kit import KEYS, check_draws_drums, draw_kit, write_kit
    from musegan.sounding.opening import open_model
    from musegan.sounding.writing import write_spectrograms

    numbers = picked(pick, tuple(KEYS))
    opened = open_model(model)
    check_draws_drums(opened)
    files = [*(f"{role.replace(' ', '-')}.wav" for role in KEYS), "kit.sfz"]
    targets = check_targets(output, files + ["sheet.png"] * sheet, overwrite)
    drawn, facts, rate = draw_kit(opened, seed, numbers), facts_of(model, seed), opened.sizes.rate
    told = {role: str(numbers.get(role, 1)) for role in drawn}
    write_kit(output, drawn, rate, facts, told)
    if sheet:
        samples = opened.sizes.samples
        write_spectrograms(targets[-1], list(drawn.values()), rate, samples, facts, columns=8)
    click.echo(f"{output}: {len(drawn)} drums and kit.sfz")


def picked(pick: str, roles: tuple[str, ...]) -> dict[str, int]:
    """The numbers that --pick names, by role. Raises UsageError."""
    numbers = {}
    for word in (word.strip() for word in pick.split(",") if word.strip()):
        role, _, number = (part.strip() for part in word.partition("="))
        role = role.lower().replace("-", " ")
        if role not in roles or not is_number(number):
            raise UsageError(
                f"--pick {word}: expected ROLE=NUMBER, such as kick=3; the roles are "
                f"{', '.join(roles)}"
            )
        numbers[role] = int(number)
    return numbers
