"""musegan audio: the uses of a trained model on sounds, a command each."""

import click

from .main import Entry, LazyGroup

ENTRIES: dict[str, Entry] = {
    "sample": Entry("audio_draw", "Draw sounds, of a class or of all."),
    "grid": Entry("audio_draw", "Draw every class from the same latents: a sheet and a sound."),
    "kit": Entry("audio_kit", "Draw a drum kit: WAV files and an SFZ file."),
    "interpolate": Entry("audio_draw", "Go from sound to sound."),
}


class AudioGroup(LazyGroup):
    """The commands of `musegan audio`."""

    entries = ENTRIES


@click.group(cls=AudioGroup)
def audio() -> None:
    """Use a trained model on sounds: its weights file, its run folder, or a bundled name.

    \b
    musegan audio sample --model runs/istftgan -n 20 --seed 7 --sheet -o out/
    """
