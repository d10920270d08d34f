"""musegan models: what is bundled."""

from importlib import resources

import click


@click.command()
@click.argument("name", required=False)
def models(name: str | None) -> None:
    """List the bundled models, or show the card of the model NAME."""
    from musegan.errors import UsageError

    folder = resources.files("musegan") / "pretrained"
    weights = sorted(file.name for file in folder.iterdir() if file.name.endswith(".safetensors"))
    names = [file.removesuffix(".safetensors") for file in weights]
    if name is not None:
        if name not in names:
            raise UsageError(f"no model {name!r}; bundled: {', '.join(names) or 'none'}")
        card = folder / f"{name}.md"
        click.echo(card.read_text("utf-8") if card.is_file() else f"{name} has no card")
        return
    if not names:
        click.echo("no model is bundled; `musegan train` makes one")
    for model in names:
        size = len((folder / f"{model}.safetensors").read_bytes()) / 1e6
        card = folder / f"{model}.md"
        click.echo(
            f"{model:14} {size:5.1f} MB  {first_sentence(card.read_text('utf-8')) if card.is_file() else ''}"
        )


def first_sentence(card: str) -> str:
    """What a model card says first, past its headings."""
    paragraphs = [part.strip() for part in card.split("\n\n")]
    text = next((part for part in paragraphs if part and part[0] not in "#|-`<!"), "")
    return " ".join(text.split()).split(". ")[0].rstrip(".")
