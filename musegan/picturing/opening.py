"""Trained models on images by name, and what each of them can be used for."""

from textwrap import shorten

from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.experiments.images import ImageModelFile, load_images
from musegan.pretrained import find_weights, read_config

TURNERS = {"small": "upscale", "grey": "colourise", "hole": "inpaint"}  # by what they are shown


def open_model(name: str) -> ImageModelFile:
    """The model in a weights file, in a run folder, or bundled by this name.

    Raises:
        CheckpointError: there is none, it is damaged, or it has nothing to do with images.
    """
    path = find_weights(name)
    config = read_config(path)
    if config.get("task") == "judge":
        raise CheckpointError(f"{name}: holds a judge, no GAN; `musegan evaluate` measures by it")
    if config.get("task") != "images":
        raise CheckpointError(
            f"{name}: holds {config.get('name')!r}, no GAN on images; `musegan models` says what is what"
        )
    try:
        return load_images(path)
    except (RuntimeError, KeyError, TypeError, AssertionError, ConfigError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise CheckpointError(
            f"{path}: damaged, or of another version ({reason}); train it anew"
        ) from error


def use_of(model: ImageModelFile) -> str:
    """The command that a model is for: sample, translate, upscale, colourise, inpaint, anomaly."""
    if "encoder" in model.networks:
        return "anomaly"
    if model.system.draws:
        return "sample"
    if model.experiment.model.system == "srgan":
        return "upscale"
    return TURNERS.get(model.experiment.data.view, "translate")


def check_draws(model: ImageModelFile, command: str) -> None:
    """Refuse a model that draws nothing from latents. Raises UsageError with what it is for."""
    use = use_of(model)
    if use == "anomaly":
        raise UsageError(
            f"this model judges pictures (it has an encoder); `musegan image anomaly` uses it, "
            f"{command} wants the model that it was trained on"
        )
    if use != "sample":
        raise UsageError(
            f"this model translates; `musegan image {use}` uses it, {command} wants one that "
            f"draws, such as dcgan's"
        )


def check_knows_words(model: ImageModelFile) -> None:
    """Refuse a model that was not trained on captions. Raises UsageError."""
    if not knows_words(model):
        raise UsageError(
            "this model knows no words; leave --caption out, or train `musegan train captions`"
        )


def knows_words(model: ImageModelFile) -> bool:
    """Whether a model draws what a caption says."""
    return model.sizes.words > 0
