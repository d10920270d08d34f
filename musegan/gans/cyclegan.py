"""CycleGAN: one domain to another and back, without pairs. Zhu et al. 2017 (arXiv:1703.10593)."""

from torch import nn
from torch.nn.functional import l1_loss

from musegan.config import ImageExperiment
from musegan.data.domains import KNOWN_MAPS
from musegan.errors import ConfigError
from musegan.gans.system import Players, Sizes, System
from musegan.gans.unpaired import BothWays, Critics, both_ways
from musegan.models.translation import PatchCritic, ResidualTranslator
from musegan.train.game import Move
from musegan.train.pool import FakePool
from musegan.train.state import GameState

BLOCKS = 3  # residual ones of a translator; the paper has 6 at 128 pixels
PLACES = 50  # of a pool of earlier fakes (section 4)


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    """Johnson's translators, and critics of patches (section 4)."""
    if sizes.shown_side != sizes.side or sizes.side % 4 or sizes.side < 8:
        raise ConfigError(
            f"cyclegan translates between two sets of images; set data.onto to the second, and "
            f"data.side, now {sizes.side}, to a multiple of 4, at least 8"
        )
    shown, images = sizes.shown_channels, sizes.channels
    return {
        "generator": BothWays(
            ResidualTranslator(shown, images, sizes.width, BLOCKS),
            ResidualTranslator(images, shown, sizes.width, BLOCKS),
        ),
        "critic": Critics(
            PatchCritic(shown, sizes.width),
            PatchCritic(images, sizes.width),
            pools=(
                FakePool(PLACES, shown, sizes.side, sizes.side),
                FakePool(PLACES, images, sizes.side, sizes.side),
            ),
        ),
    }


def recipe(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """Equation 3, with the loss of section 4: least squares, and distances in pixels there and back.

    Section 5.2 adds that an image of the kind that is to be made stays as it is; model.same is
    its weight as a share of model.cycle, and needs domains of equal channels.
    """
    same = wanted.model.same * wanted.model.cycle
    if same and wanted.data.onto in KNOWN_MAPS:
        raise ConfigError(
            f"model.same={wanted.model.same} needs two domains of equal channels; "
            f"data.onto={wanted.data.onto} makes colours of greys: set model.same=0"
        )
    return both_ways(players, wanted, state, distance=l1_loss, same=same)


CYCLEGAN = System(networks, recipe, draws=False)
