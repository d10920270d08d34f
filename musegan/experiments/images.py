"""GANs on images: from a gallery to players and moves, and from weights to networks."""

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
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
    joint_weights,
    make_batches,
    make_players,
    make_trainer,
    with_weights,
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
        begin_with(experiment.start, system.begin, networks)
    players = make_players(networks, system.released, wanted, device)
    state = GameState(augmentation=experiment.model.strength)
    size = wanted.batch_size * ranks.world()
    source = source_of(gallery, experiment.data, size, device, shown=shown)
    moves = system.recipe(players, experiment, state)
    batches = make_batches(source.draw, experiment.seed, device)
    trainer = make_trainer(moves, batches, experiment, device, state)
    classes = classes_of(gallery, experiment.data)
    config = as_json(experiment) | {"sizes": sizes._asdict(), "classes": list(classes)}

    def release(path: Path) -> None:
        networks = {name: copy.deepcopy(average_of(players[name])) for name in system.released}
        for name, network in networks.items():
            if system.draws and name == "generator":
                dice = torch.Generator().manual_seed(experiment.seed)
                rng = np.random.default_rng(experiment.seed)
                drawn = [source.draw(rng) for _ in range(STANDING)]
                labels = [batch.labels if batch.tokens is None else batch.tokens for batch in drawn]
                stand(network, latents_for(labels, experiment.model.latent, dice))
        save_release(path, joint_weights(networks), config)

    return Built(trainer, config, release, watch_images(experiment, source, device))


def latents_for(
    labels: Iterable[Tensor], latent: int, dice: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of latents (batch, latent), and their labels."""
    for batch in labels:
        yield torch.randn(len(batch), latent, generator=dice).to(batch.device), batch


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
    networks = with_weights({name: made[name] for name in system.released}, tensors)
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
    (count, word). For `truncation` see `drawing`.
    """
    device = next(model.networks["generator"].parameters()).device
    if labels is None:
        labels = labels_in_turn(model, count, seed)
    dice = torch.Generator().manual_seed(seed)
    make = drawing(model, truncation, seed)
    with torch.no_grad():
        batches = labels.to(device).chunk(max(1, -(-count // 256)))
        parts = [make(*batch) for batch in latents_for(batches, model.sizes.latent, dice)]
    return torch.cat(parts).float().cpu(), labels


def drawing(
    model: ImageModelFile, truncation: float = 0.0, seed: int = 0
) -> Callable[[Tensor, Tensor], Tensor]:
    """What makes images (batch, channel, row, column) of latents (batch, latent) and labels.

    With `truncation` they are more typical, and vary less. The latents' numbers are brought within
    so much of 0 (Brock et al. 2019, arXiv:1809.11096, section 3.1), and BigGAN's batch norms given
    the statistics of such (appendix C); elsewhere latents enter by one layer alone, whose norm
    would undo the truncation. StyleGAN2's styles go so much of the way from their mean (Karras et
    al. 2019, arXiv:1812.04948, appendix B).
    """
    generator: nn.Module = model.networks["generator"]
    if not truncation:
        return generator
    if model.system.truncates == "styles":
        return partial(generator, psi=truncation)
    if model.system.truncates == "norms":
        generator = copy.deepcopy(generator)
        device = next(generator.parameters()).device
        labels = labels_in_turn(model, 64 * STANDING, seed).to(device).chunk(STANDING)
        dice = torch.Generator().manual_seed(seed + 1)
        batches = latents_for(labels, model.sizes.latent, dice)
        stand(generator, ((truncated(z, truncation), batch) for z, batch in batches))

    def draw(latents: Tensor, labels: Tensor) -> Tensor:
        images: Tensor = generator(truncated(latents, truncation), labels)
        return images

    return draw


def labels_in_turn(model: ImageModelFile, count: int, seed: int = 0) -> Tensor:
    """What a system is told where nobody says: each class in turn (count,), or captions."""
    if model.sizes.words:
        return drawn_captions(model.classes, range(1, count + 1), seed)
    return torch.arange(count) % max(model.sizes.classes, 1)
