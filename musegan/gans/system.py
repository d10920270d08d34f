"""What every system on images is: networks for given sizes, and a recipe that plays them.

A system is one paper and one module of this room. It gives `networks`, which makes fresh ones,
and `recipe`, which turns players into moves. Systems do not inherit from each other; what two
papers share they import.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from torch import Tensor, nn

from musegan.config import ImageExperiment, ImageModel
from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.gans.augment import adapted, augmented
from musegan.train.game import Move, Player
from musegan.train.noise import normal, uniform
from musegan.train.state import GameState

Players = Mapping[str, Player]
Weights = Mapping[str, Mapping[str, Tensor]]  # state dicts of another run's players, by name


class Sizes(NamedTuple):
    """What networks depend on."""

    side: int  # pixels of an image's row and column
    channels: int  # of an image
    classes: int  # 0: nobody knows the class
    latent: int  # numbers of a latent
    width: int  # channels, as the paper counts them
    shown_side: int = 0  # of what a translator is shown
    shown_channels: int = 0
    masked: bool = False  # what is shown has a hole; its last channel says where, and is not shown
    words: int = 0  # that captions know; 0: there are no captions
    dense: bool = False  # of wgan-gp and fanogan: dense networks in place of convolutions
    attention: bool = True


def same_players(networks: Mapping[str, nn.Module], weights: Weights) -> None:
    """Begin with the weights of the players of the same names, of those that are there.

    Raises KeyError if none is, RuntimeError if one has other sizes.
    """
    shared = [name for name in networks if name in weights]
    if not shared:
        raise KeyError(f"players {', '.join(weights)}, wanted {', '.join(networks)}")
    for name in shared:
        networks[name].load_state_dict(weights[name])


class System(NamedTuple):
    """One paper."""

    networks: Callable[[Sizes], dict[str, nn.Module]]  # by player
    recipe: Callable[[Players, ImageExperiment, GameState], list[Move]]
    released: tuple[str, ...] = ("generator",)  # players that have an average, which is released
    draws: bool = True  # generator(latent, labels); False: generator(shown)
    begin: Callable[[Mapping[str, nn.Module], Weights], None] = same_players  # where `start` is set
    # What is drawn from, truncated: latents as they are, or with batch norms that are given their
    # statistics, or generator(latent, labels, psi=...), which moves styles to their mean.
    truncates: Literal["latents", "norms", "styles"] = "latents"


def known_classes(sizes: Sizes, system: str) -> int:
    """How many classes there are, for a system that is nothing without. Raises ConfigError."""
    if not sizes.classes:
        raise ConfigError(
            f"{system} draws by class; set model.conditional=true, with images that have classes"
        )
    return sizes.classes


def other_classes(labels: Tensor, classes: int) -> Tensor:
    """For each label, int64, another of so many classes, all others alike."""
    on = 1 + (uniform(*labels.shape, device=labels.device) * (classes - 1)).long()
    return (labels + on) % classes


def drawn(generator: Player, latent: int) -> Callable[[Pictures, int], Tensor]:
    """Images from latents, with the batch's labels: (batch, round) -> images."""

    def draw(batch: Pictures, round: int) -> Tensor:
        noise = normal(len(batch.images), latent, device=batch.images.device)
        images: Tensor = generator.module(noise, batch.labels)
        return images

    return draw


def pictured(batch: Pictures, round: int) -> Tensor:
    """The batch's own images."""
    return batch.images


def shown_in(batch: Pictures, round: int = 0) -> Tensor:
    """What a translator is shown."""
    assert batch.shown is not None
    return batch.shown


def judged(
    critic: Player, model: ImageModel, state: GameState
) -> Callable[[Tensor, Pictures, int], Tensor]:
    """The critic's logits of images under the batch's labels, augmented as the settings ask."""
    asked = model.augment != "none"
    state.augmentable = model.augment == "fixed"
    if model.augment == "ada" and not state.turns:
        state.turns.append(adapted(state, model.target, model.pace))

    def judge(images: Tensor, batch: Pictures, round: int) -> Tensor:
        seen = images
        if asked and state.augmentation > 0:
            seen = augmented(images, state.chance_on(images.device))
        logits: Tensor = critic.module(seen, batch.labels)
        return logits

    return judge
