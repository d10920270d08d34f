"""musegan image: the uses of a trained model on images, a command each."""

import click

from .main import Entry, LazyGroup

ENTRIES: dict[str, Entry] = {
    "sample": Entry("image_draw", "Draw pictures, of a class or of what a caption says."),
    "grid": Entry("image_draw", "Draw every class from the same latents, on one sheet."),
    "interpolate": Entry("image_paths", "Go from picture to picture: a sheet and a GIF."),
    "mix": Entry("image_paths", "Join the coarse of some pictures with the fine of others."),
    "project": Entry("image_fit", "Find the latents of pictures."),
    "inpaint": Entry("image_fit", "Fill in what is missing of pictures."),
    "upscale": Entry("image_turn", "Enlarge pictures, with detail."),
    "translate": Entry("image_turn", "Turn pictures into others, as a model was trained to."),
    "colourise": Entry("image_turn", "Give grey pictures colours."),
    "anomaly": Entry("image_judge", "Tell how unusual pictures are."),
    "augment": Entry("image_judge", "Draw labelled pictures for training a classifier."),
}


class ImageGroup(LazyGroup):
    """The commands of `musegan image`."""

    entries = ENTRIES


@click.group(cls=ImageGroup)
def image() -> None:
    """Use a trained model on images: its weights file, its run folder, or a bundled name.

    \b
    musegan image sample --model runs/dcgan -n 64 --seed 7 --sheet -o out/
    """
