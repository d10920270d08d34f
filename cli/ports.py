"""musegan ports: what can be played on, and what can sound. It opens nothing."""

from collections.abc import Iterator

import click

NOTHING = (
    "there is no MIDI port: plug a keyboard in, or play with `musegan play --input keys`, "
    "or give a melody with `musegan play --melody FILE`"
)


@click.command()
def ports() -> None:
    """List MIDI ports and sound devices.

    Part of a name is enough for `musegan play --input NAME --output NAME`.
    """
    found = list(midi_ports())
    for subject, names in [*found, ("sound devices", sound_devices())]:
        show(subject, names)
    if not any(names for _, names in found):
        click.echo(NOTHING)


def show(subject: str, names: list[str] | str) -> None:
    """Print names below each other, or why there are none."""
    lines = [names] if isinstance(names, str) else names or ["none"]
    for line in lines:
        click.echo(f"{subject:14} {line}")
        subject = ""


def midi_ports() -> Iterator[tuple[str, list[str] | str]]:
    """The inputs and the outputs, or why they are not known."""
    from musegan.errors import MissingExtra
    from musegan.live.ports import list_inputs, list_outputs

    for subject, listed in (("MIDI inputs", list_inputs), ("MIDI outputs", list_outputs)):
        try:
            yield subject, listed()
        except MissingExtra as error:
            yield subject, f"unknown; {error}"


def sound_devices() -> list[str] | str:
    """The sound devices, or why they are not known."""
    from musegan.errors import MuseganError

    try:
        from musegan.audio.speaker import devices

        return devices()
    except (MuseganError, ImportError) as error:
        return f"unknown; {error}"
