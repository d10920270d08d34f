"""GANs on images: from a gallery to players and moves, and from weights to networks."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from musegan.config import ImageExperiment, experiment_from_dict
from musegan.data.domains import open_pair
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.sources import channels_of, classes_of, source_of, words_of
from musegan.data.views import ShownSize, shown_size
from musegan.errors import CheckpointError
from musegan.experiments.built import (
    Built,
    as_json,
    average_of,
    device_of,
    make_batches,
    make_player,
    make_trainer,
)
from musegan.experiments.captioned import drawn_captions
from musegan.experiments.starting import begin_with
from musegan.experiments.watching import watch_images
from musegan.gans import SYSTEMS
from musegan.gans.system import Sizes, System
from musegan.models.standing import stand
from musegan.train import ranks
from musegan.train.checkpoint import load_release, save_release
from musegan.train.noise import truncated
from musegan.train.state import GameState

STANDING = 32  # batches that batch norms are shown before they are released


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
    gallery, shown = open_gallery(experiment.data), None
    if experiment.data.onto:
        shown, gallery = open_pair(experiment.data)
    sizes = sizes_of(experiment, gallery, shown)
    networks = system.networks(sizes)
    if experiment.start:
        begin_with(experiment.start, system, networks)
    players = {
        name: make_player(name, network.to(device), wanted, averaged=name in system.released)
        for name, network in networks.items()
    }
    state = GameState(augmentation=experiment.model.strength)
    size = wanted.batch_size * ranks.world()
    source = source_of(gallery, experiment.data, size, device, shown=shown)
    moves = system.recipe(players, experiment, state)
    batches = make_batches(source.draw, experiment.seed, device)
    trainer = make_trainer(moves, batches, experiment, device, state)
    classes = classes_of(gallery, experiment.data)
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(classes)}

    def release(path: Path) -> None:
        tensors: dict[str, Tensor] = {}
        for name in system.released:
            network = copy.deepcopy(average_of(players[name]))
            if system.draws and name == "generator":
                dice = torch.Generator().manual_seed(experiment.seed)
                rng = np.random.default_rng(experiment.seed)
                drawn = [source.draw(rng) for _ in range(STANDING)]
                labels = [batch.labels if batch.tokens is None else batch.tokens for batch in drawn]
                stand(network, latents_for(labels, experiment.model.latent, dice))
            weights = network.state_dict()
            tensors |= {f"{name}.{key}": value for key, value in weights.items()}
        save_release(path, tensors, config)

    return Built(trainer, config, release, watch_images(experiment, source, device))


def latents_for(
    labels: Iterable[Tensor], latent: int, dice: torch.Generator, truncation: float = 0.0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of latents (batch, latent), and their labels; see `draw_images`."""
    for batch in labels:
        latents = torch.randn(len(batch), latent, generator=dice)
        if truncation:
            latents = truncated(latents, truncation)
        yield latents.to(batch.device), batch


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


def sizes_of(experiment: ImageExperiment, gallery: Gallery, shown: Gallery | None = None) -> Sizes:
    """What the networks of an experiment on a gallery depend on.

    `shown` is the other domain of an unpaired translator. Raises ConfigError if there is no such
    view of the gallery's images.
    """
    model, view = experiment.model, experiment.data.view
    side, channels = gallery.images.shape[-1], channels_of(gallery, experiment.data)
    seen = ShownSize(0, 0)
    if shown is not None:
        seen = ShownSize(shown.images.shape[1], shown.images.shape[-1])
    elif view:
        seen = shown_size(view, channels, side)
    return Sizes(
        side=side,
        channels=channels,
        classes=len(classes_of(gallery, experiment.data)) if model.conditional else 0,
        latent=model.latent,
        width=model.width,
        shown_side=seen.side,
        shown_channels=seen.channels,
        masked=view == "hole",
        words=words_of(gallery, experiment.data),
        dense=model.dense,
        attention=model.attention,
    )


def draw_images(
    model: ImageModelFile,
    count: int,
    seed: int = 0,
    *,
    labels: Tensor | None = None,
    truncation: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Images (count, channel, row, column) in [-1, 1] of a system that draws, and their labels.

    Without `labels` the classes come in turn; of a model of captions the labels are captions,
    (count, word). With `truncation` the numbers of the latents are brought within so much of 0,
    see `standing_at`.
    """
    if truncation:
        model = standing_at(model, truncation, seed)
    generator, latent = model.networks["generator"], model.sizes.latent
    device = next(generator.parameters()).device
    if labels is None:
        labels = labels_in_turn(model, count, seed)
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        batches = latents_for(
            labels.to(device).chunk(max(1, -(-count // 256))), latent, dice, truncation
        )
        parts = [generator(*batch) for batch in batches]
    return torch.cat(parts).float().cpu(), labels


def standing_at(model: ImageModelFile, truncation: float, seed: int = 0) -> ImageModelFile:
    """The same model for truncated latents: BigGAN's batch norms are given the statistics of such.

    The less the bound, the more typical are the images, and the less they vary. Other systems stay
    as they are: their latents enter by one layer alone, and its norm would undo the truncation.

    Source: Brock et al. 2019 (arXiv:1809.11096), section 3.1 and appendix C.
    """
    if model.experiment.model.system != "biggan":
        return model
    generator = copy.deepcopy(model.networks["generator"])
    device = next(generator.parameters()).device
    standing = labels_in_turn(model, 64 * STANDING, seed).to(device).chunk(STANDING)
    dice = torch.Generator().manual_seed(seed + 1)
    stand(generator, latents_for(standing, model.sizes.latent, dice, truncation))
    return replace(model, networks=model.networks | {"generator": generator})


def typical(
    model: ImageModelFile, latents: Tensor, truncation: float
) -> tuple[ImageModelFile, Tensor]:
    """Latents brought within so much of 0, of the same shape, and the model that draws from such."""
    return standing_at(model, truncation), truncated(latents, truncation)


def labels_in_turn(model: ImageModelFile, count: int, seed: int = 0) -> Tensor:
    """What a system is told where nobody says: each class in turn (count,), or captions."""
    if model.sizes.words:
        return drawn_captions(model.classes, range(1, count + 1), seed)
    return torch.arange(count) % max(model.sizes.classes, 1)
