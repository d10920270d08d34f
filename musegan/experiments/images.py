"""GANs on images: from a gallery to players and moves, and from weights to networks."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment, experiment_from_dict
from musegan.data.batches import Batches
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import PictureSource
from musegan.errors import CheckpointError
from musegan.experiments.built import Built, as_json, average_of, make_player
from musegan.gans import SYSTEMS
from musegan.gans.system import Sizes, System
from musegan.train.checkpoint import load_release, save_release
from musegan.train.game import Trainer
from musegan.train.state import GameState


@dataclass(frozen=True, eq=False)
class ImageModelFile:
    """A released system, ready to use."""

    experiment: ImageExperiment
    system: System
    sizes: Sizes
    classes: tuple[str, ...]  # names by number; empty where there are none
    networks: dict[str, nn.Module]  # those released, frozen, in evaluation mode


def build_images(experiment: ImageExperiment) -> Built:
    """One paper's game on the gallery that the settings name."""
    wanted, system = experiment.train, SYSTEMS[experiment.model.system]
    device = device_of(wanted.device)
    gallery = open_gallery(experiment.data)
    sizes = sizes_of(experiment, gallery)
    players = {
        name: make_player(name, network.to(device), wanted, averaged=name in system.released)
        for name, network in system.networks(sizes).items()
    }
    state = GameState(augmentation=experiment.model.strength)
    source = PictureSource(gallery, experiment.data, wanted.batch_size, device)
    trainer = Trainer(
        system.recipe(players, experiment, state),
        Batches(source.draw, experiment.seed),
        experiment.seed,
        bfloat16=wanted.bfloat16,
        accumulate=wanted.accumulate,
        state=state,
    )
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(gallery.classes)}

    def release(path: Path) -> None:
        tensors: dict[str, Tensor] = {}
        for name in system.released:
            weights = average_of(players[name]).state_dict()
            tensors |= {f"{name}.{key}": value for key, value in weights.items()}
        save_release(path, tensors, config)

    return Built(trainer, config, release)


def load_images(path: Path) -> ImageModelFile:
    """A released system on images.

    Raises:
        CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != "images":
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not a GAN on images")
    sizes, classes = Sizes(**config.pop("sizes")), tuple(config.pop("classes"))
    experiment = experiment_from_dict(config)
    assert isinstance(experiment, ImageExperiment)
    system = SYSTEMS[experiment.model.system]
    made = system.networks(sizes)
    networks = {name: made[name] for name in system.released}
    for name, network in networks.items():
        begin = f"{name}."
        weights = {k[len(begin) :]: v for k, v in tensors.items() if k.startswith(begin)}
        network.load_state_dict(weights)
        network.requires_grad_(False).eval()
    return ImageModelFile(experiment, system, sizes, classes, networks)


def sizes_of(experiment: ImageExperiment, gallery: Gallery) -> Sizes:
    """What the networks of an experiment on a gallery depend on."""
    model = experiment.model
    return Sizes(
        side=gallery.images.shape[-1],
        channels=gallery.images.shape[1],
        classes=len(gallery.classes) if model.conditional else 0,
        latent=model.latent,
        width=model.width,
        attention=model.attention,
    )


def device_of(name: str) -> torch.device:
    """The device that is asked for; "auto" is a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def draw_images(
    model: ImageModelFile, count: int, seed: int = 0, *, labels: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Images (count, channel, row, column) in [-1, 1] of a system that draws, and their labels.

    Without `labels` the classes come in turn.
    """
    generator = model.networks["generator"]
    device = next(generator.parameters()).device
    if labels is None:
        labels = torch.arange(count) % max(model.sizes.classes, 1)
    dice = torch.Generator().manual_seed(seed)
    latents = torch.randn(count, model.sizes.latent, generator=dice).to(device)
    labels = labels.to(device)
    with torch.no_grad():
        parts = [
            generator(latents[first : first + 256], labels[first : first + 256])
            for first in range(0, count, 256)
        ]
    return torch.cat(parts).float().cpu(), labels.cpu()
