"""Cells, bands and melodies: from corpora to players and moves, and from weights to networks.

A band has five roles and hears a melody; who writes melodies has one role, the melody, and hears none.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from musegan.config import BandExperiment
from musegan.data.batches import Batches
from musegan.data.pianorolls import MELODY, TRACK_NAMES, Rolls, gather, open_rolls, pack
from musegan.data.toy import toy_songs
from musegan.data.tunes import TuneSource, find_tunes
from musegan.data.windows import CellSource, WindowBatch, WindowSource
from musegan.errors import CheckpointError
from musegan.experiments.built import (
    Built,
    as_json,
    average_of,
    device_of,
    make_batches,
    make_player,
    make_trainer,
    moved,
)
from musegan.experiments.codebooks import draw_codebooks, read_codebooks, tensors_of
from musegan.experiments.hearing import (
    as_heard,
    as_played,
    encode_window,
    with_other_melody,
    with_own_past,
)
from musegan.experiments.watching import watch_band
from musegan.models.band import BandCritic, BandGenerator, Sizes, Trunk, Window
from musegan.models.cells import BandCells
from musegan.presets import BAND
from musegan.pretrained import find_model
from musegan.train import ranks
from musegan.train.checkpoint import load_release, load_weights, save_release
from musegan.train.game import Terms, Trainer
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.penalties import Critic, r1, r2
from musegan.train.precision import in_bfloat16
from musegan.train.recipes import Penalty, adversarial, reconstruction
from musegan.train.state import GameState

TOY_SONGS = 64
CELLS_OF = {"band": "cells", "melody": "melody-cells"}  # the autoencoders' task, by who plays
ROLES_OF = {
    "cells": TRACK_NAMES[1:],
    "band": TRACK_NAMES[1:],
    "melody-cells": (MELODY,),
    "melody": (MELODY,),
}


def build_music(experiment: BandExperiment) -> Built:
    """The experiment of any task, from prepared corpora."""
    folder = Path(experiment.data.folder)
    corpora = [open_corpus(name, folder) for name in experiment.data.corpora]
    build = build_band if experiment.task in CELLS_OF else build_cells
    return build(experiment, corpora)


def open_corpus(name: str, folder: Path) -> Rolls:
    """A prepared corpus of the folder, or the toy corpus, which is made on the spot."""
    if name == "toy":
        return gather([pack(song) for song in toy_songs(TOY_SONGS)])
    return open_rolls(folder / f"{name}.npz")


def cells_first(experiment: BandExperiment) -> BandExperiment | None:
    """The experiment that trains the autoencoders of who has none; None where there are some."""
    if experiment.task not in CELLS_OF or experiment.data.cells:
        return None
    cells = BAND[CELLS_OF[experiment.task]]
    wanted = replace(cells.train, rounds=experiment.cells.rounds)
    return replace(
        cells, data=experiment.data, cells=experiment.cells, train=wanted, seed=experiment.seed
    )


def build_cells(experiment: BandExperiment, corpora: list[Rolls]) -> Built:
    """The cell autoencoders: cross-entropy of each cell from its noisy latent.

    Where `experiment.start` names autoencoders, only their decoders learn on, so that what was trained
    on their latents fits still.
    """
    device = device_of(experiment.train.device)
    model = make_cells(experiment)
    if experiment.start:
        tensors = load_cells(find_model(experiment.start), _whose(experiment.task))[0].state_dict()
        model.load_state_dict(tensors)
        for part in model.of.values():
            part.keep_encoder()  # type: ignore[operator]
    model.to(device)
    player = make_player("cells", model, experiment.train)
    size = experiment.train.batch_size * ranks.world()
    source = CellSource(corpora, size, tracks=ROLES_OF[experiment.task])
    pools = source.pools()

    def terms(batch: dict[str, Tensor], round: int) -> Terms:
        losses = {}
        for role, bits in batch.items():
            cells = bits.float()
            latents = model.encode(role, cells)
            noisy = latents + experiment.cells.noise * normal(*latents.shape, device=device)
            logits = model.decode(role, noisy)
            loss = binary_cross_entropy_with_logits(logits, cells, reduction="none")
            losses[role] = loss.sum((1, 2, 3)).mean()
        return losses

    batches = make_batches(lambda rng: source.draw_from(pools, rng), experiment.seed, device)
    trainer = make_trainer(reconstruction(player, terms), batches, experiment, device)
    config = as_json(experiment)

    def release(path: Path) -> None:
        save_release(path, average_of(player).state_dict(), config, half=False)

    return Built(trainer, config, release)


def build_band(experiment: BandExperiment, corpora: list[Rolls]) -> Built:
    """A band, or who writes melodies: generator and critic on latents of trained autoencoders."""
    sings = experiment.task == "melody"
    cells, cells_config = load_cells(find_model(experiment.data.cells), experiment.task)
    shape, wanted = experiment.band, experiment.train
    mismatch = 0.0 if sings else wanted.mismatch  # it hears no melody that could be another's
    device = device_of(wanted.device)
    half = in_bfloat16(wanted.bfloat16, device)
    cells.to(device)
    data = experiment.data
    if shape.codebook:
        cells.codebooks = draw_codebooks(
            cells, corpora, data.shares, data.styles, shape.codebook, experiment.seed
        )
    sizes = sizes_of(as_json(experiment), cells)
    generator = BandGenerator(sizes, shape.generator_depth).to(device)
    critic = BandCritic(sizes, shape.critic_depth).to(device)
    size = wanted.batch_size * ranks.world()
    window = (data.shares, data.styles, shape.cells, shape.past, size)
    source = (
        TuneSource([find_tunes(rolls) for rolls in corpora], *window)
        if sings
        else WindowSource(
            corpora,
            *window,
            # Entries are near C major and A minor, and so must be what is heard by them.
            stray_keys=0.0 if shape.heard == "nearest" else WindowSource.stray_keys,
            live=shape.live,
        )
    )
    apart: list[Tensor] = []  # of what the generator wrote last, from its nearest entries

    def encode(batch: WindowBatch) -> Window:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            return encode_window(cells, batch)

    def real(window: Window, round: int) -> Tensor:
        return heard(judged(window, round), window.latents)

    def fake(window: Window, round: int) -> Tensor:
        count = len(window.given)
        song = normal(count, 1, generator.song_noise, device=device)
        own = normal(count, shape.cells, generator.cell_noise, device=device)
        noise = torch.cat([song.expand(-1, shape.cells, -1), own], 2)
        asked = judged(window, round)
        if asked is not window:
            window = with_own_past(window, asked, cells, generator, noise)
        return heard(asked, generator(window, noise))

    def judged(window: Window, round: int) -> Window:
        """What the critic takes for given: less where the generator wrote the past, too."""
        if not shape.own_past or round % 2 == 0:
            return window
        real = torch.arange(shape.cells, device=device) < shape.past - shape.own_past
        return replace(window, given=window.given * real[:, None])

    def heard(window: Window, latents: Tensor) -> Tensor:
        if shape.heard == "nearest":
            latents, distance = as_played(cells, window, latents)
            apart[:] = [distance]
        elif shape.heard != "latents":
            latents = as_heard(cells, window, latents, struck=shape.heard == "struck")
        blurred = latents + shape.blur * normal(*latents.shape, device=device)
        return blurred * window.active[:, None, :, None]

    def score(latents: Tensor, window: Window, round: int) -> Tensor:
        window = judged(window, round)
        if shape.hindsight:
            window = replace(window, visible=torch.ones_like(window.visible))
        logits: Tensor = critic(window, latents)
        return logits

    def gradients(judge: Critic, real: Tensor, made: Tensor) -> Tensor:
        return r1(judge, real, made) + r2(judge, real, made)

    def commitment(fake: Tensor, window: Window) -> Terms:
        return {"apart": shape.pull * apart[0]} if apart else {}

    state = GameState()
    moves = adversarial(
        make_player("generator", generator, experiment.train),
        make_player("critic", critic, experiment.train, averaged=False),
        LOSSES[wanted.loss],
        real=real,
        fake=fake,
        score=score,
        penalties=[Penalty("r1_r2", gradients, wanted.gamma, wanted.penalty_every)],
        mismatched=(lambda window, round: with_other_melody(window)) if mismatch else None,
        mismatch_weight=mismatch,
        extra=commitment,
        head_start=shape.head_start,
        n_critic=wanted.n_critic,
        constants=lambda round: bool(shape.own_past) and round % 2,
        state=state,
    )
    batches = Batches(
        lambda rng: encode(moved(ranks.own_rows(source.draw(rng)), device)), experiment.seed
    )
    trainer = make_trainer(moves, batches, experiment, device, state)
    if experiment.start and Path(experiment.start).is_dir():
        load_weights(Path(experiment.start), trainer)
    elif experiment.start:
        begin_with_release(find_model(experiment.start), trainer)
    config = as_json(experiment) | {"cells": cells_config["cells"]}

    def release(path: Path) -> None:
        made = average_of(trainer.players["generator"]).state_dict()
        tensors = {f"generator.{key}": value for key, value in made.items()}
        tensors |= {f"cells.{key}": value for key, value in cells.state_dict().items()}
        tensors |= tensors_of(cells.codebooks)
        save_release(path, tensors, config, bytewise="cells.")

    return Built(trainer, config, release, watch_band(experiment, batches))


def begin_with_release(path: Path, trainer: Trainer) -> None:
    """Give the generator a released band's weights, and the critic the layers that it has like them.

    What the generator knows of melodies and of parts that are given its critic knows then, too; its
    head begins anew. A shorter window takes the first of the released one's positions. Raises
    CheckpointError.
    """
    tensors, config = load_release(path)
    player = trainer.players["generator"]
    wanted = player.module.state_dict()
    found = {key: tensors.get(f"generator.{key}") for key in wanted}
    weights = {key: value[: len(wanted[key])] for key, value in found.items() if value is not None}
    try:
        for module in (player.module, average_of(player)):
            module.load_state_dict(weights)
        critic = trainer.players["critic"].module
        assert isinstance(critic, BandCritic) and isinstance(player.module, BandGenerator)
        read_alike(critic.trunk, player.module.trunk)
    except RuntimeError as error:
        name = config.get("name")
        raise CheckpointError(
            f"{path}: {name!r} has a generator of another shape; begin with one of the same sizes"
        ) from error


@torch.no_grad()
def read_alike(trunk: Trunk, other: Trunk) -> None:
    """Give a trunk the weights of another, which may be deeper and reads noise after the features."""
    theirs = dict(other.named_parameters())
    for key, weight in trunk.named_parameters():
        if key == "flags.weight":
            weight[:] = theirs[key][:, : weight.shape[1]]
        elif key in theirs:
            weight[:] = theirs[key]


def make_cells(experiment: BandExperiment) -> BandCells:
    """Fresh autoencoders for all roles of a task."""
    model = experiment.cells
    roles = ROLES_OF[experiment.task]
    return BandCells(roles, latent=model.latent, width=model.width, hidden=model.hidden)


def load_cells(path: Path, task: str = "band") -> tuple[BandCells, dict[str, Any]]:
    """Trained autoencoders, frozen, and the config they were trained with; a band's have them too.

    `task` says for whom: "band" or "melody".
    """
    tensors, config = load_release(path)
    if config.get("task") == task:
        tensors = {
            k.removeprefix("cells."): v for k, v in tensors.items() if k.startswith("cells.")
        }
    elif config.get("task") != CELLS_OF[task]:
        whose = "" if task == "band" else f" of a {task}"
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not cell autoencoders{whose}")
    model = BandCells(ROLES_OF[task], **_sizes_of_cells(config))
    model.load_state_dict({key: value.float() for key, value in tensors.items()})
    return model.requires_grad_(False).eval(), config


def load_band(path: Path, task: str = "band") -> tuple[BandGenerator, BandCells, dict[str, Any]]:
    """A released band, or who writes melodies, as `task` says: generator, autoencoders, config.

    Raises:
        CheckpointError: the file is missing, damaged, or of another kind of model.
    """
    tensors, config = load_release(path)
    if config.get("task") != task:
        wanted = {"band": "a band", "melody": "a model that writes melodies"}[task]
        raise CheckpointError(f"{path}: holds {config.get('name')!r}, not {wanted}")
    cells = BandCells(ROLES_OF[task], **_sizes_of_cells(config))
    generator = BandGenerator(sizes_of(config, cells), config["band"]["generator_depth"])
    for prefix, module in (("generator.", generator), ("cells.", cells)):
        part = {k[len(prefix) :]: v.float() for k, v in tensors.items() if k.startswith(prefix)}
        module.load_state_dict(part)
        module.requires_grad_(False).eval()
    cells.codebooks = read_codebooks(cells, tensors)
    return generator, cells, config


def sizes_of(config: dict[str, Any], cells: BandCells) -> Sizes:
    """The sizes that generator and critic of a config share."""
    shape = config["band"]
    return Sizes(
        cells=shape["cells"],
        roles=len(cells.roles),
        latent=cells.latent,
        styles=len(config["data"]["styles"]),
        width=shape["width"],
        heads=shape["heads"],
        hears=config["task"] != "melody",
    )


def _whose(task: str) -> str:
    """Who plays on the autoencoders of a task."""
    return next(player for player, cells in CELLS_OF.items() if task == cells)


def _sizes_of_cells(config: dict[str, Any]) -> dict[str, int]:
    return {key: config["cells"][key] for key in ("latent", "width", "hidden")}
