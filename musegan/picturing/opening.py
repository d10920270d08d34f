"""Trained models on images by name, and what each of them can be used for."""

from difflib import get_close_matches
from pathlib import Path
from textwrap import shorten

from musegan.errors import CheckpointError, ConfigError, UsageError
from musegan.experiments.images import ImageModelFile, load_images
from musegan.pretrained import find_model, read_config

WEIGHTS = "model.safetensors"  # in a run folder
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
        raise CheckpointError(f"{name}: holds a band, no GAN on images; `musegan compose` uses it")
    try:
        return load_images(path)
    except (RuntimeError, KeyError, TypeError, AssertionError, ConfigError) as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise CheckpointError(
            f"{path}: damaged, or of another version ({reason}); train it anew"
        ) from error


def find_weights(name: str) -> Path:
    """The weights file that a run folder, a file's path or a bundled name stands for.

    Raises:
        CheckpointError: there is none.
    """
    folder = Path(name)
    if folder.is_dir():
        path = folder / WEIGHTS
        if not path.is_file():
            raise CheckpointError(
                f"{name}: no {WEIGHTS} in this folder; name a run that was trained to its end"
            )
        return path
    return find_model(name)


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


def class_number(model: ImageModelFile, name: str) -> int:
    """The number of a class that is asked for by its name or number.

    Raises:
        UsageError: the model knows no classes, or not this one.
    """
    if not model.sizes.classes:
        raise UsageError(
            "this model was trained without classes; leave --class out, or train one with "
            "model.conditional=true"
        )
    names = model.classes[: model.sizes.classes]
    wanted = " ".join(name.lower().split())
    plain = [known.lower() for known in names]
    if wanted in plain:
        return plain.index(wanted)
    if wanted.isdecimal() and int(wanted) < model.sizes.classes:
        return int(wanted)
    near = get_close_matches(wanted, plain, 1) or [each for each in plain if wanted in each][:1]
    known = ", ".join(names) or f"0 to {model.sizes.classes - 1}"
    hint = f"did you mean {near[0]!r}?" if near and wanted else f"there are {known}"
    raise UsageError(f"no class {name!r}; {hint}")


def class_name(model: ImageModelFile, number: int) -> str:
    """What a class is called; empty where a model knows none."""
    if not model.sizes.classes:
        return ""
    return model.classes[number] if number < len(model.classes) else str(number)
