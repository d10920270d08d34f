"""Two translators, one each way, and a critic of each domain: what CycleGAN and DiscoGAN share.

A batch has images of both domains that have nothing to do with each other: what is shown, and
images of the kind that it is to become.
"""

from collections.abc import Callable

from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.pictures import Pictures
from musegan.gans.system import Players, pictured, shown_in
from musegan.train.game import Move, Terms
from musegan.train.losses import LOSSES
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial, together
from musegan.train.state import GameState


class BothWays(nn.Module):
    """Two translators, each other's inverse where they have learned; `forward` is the first."""

    def __init__(self, there: nn.Module, back: nn.Module) -> None:
        super().__init__()
        self.there, self.back = there, back

    def forward(self, shown: Tensor) -> Tensor:
        images: Tensor = self.there(shown)
        return images


class Critics(nn.Module):
    """A critic of what is shown and one of images; `pools` are what they remember, if anything."""

    def __init__(
        self,
        shown: nn.Module,
        images: nn.Module,
        pools: tuple[nn.Module, nn.Module] = (nn.Identity(), nn.Identity()),
    ) -> None:
        super().__init__()
        self.shown, self.images = shown, images
        self.shown_pool, self.images_pool = pools


def both_ways(
    players: Players,
    wanted: ImageExperiment,
    state: GameState,
    *,
    distance: Callable[[Tensor, Tensor], Tensor],
    same: float = 0.0,
) -> list[Move]:
    """A game for each domain; in both, what is translated there and back must be what it was.

    `distance` says how far two images are from each other, and is weighted by model.cycle. With
    `same`, an image that is of a translator's own kind already must stay, at this weight.
    """
    generator, critic = players["generator"], players["critic"]
    translators, critics = generator.module, critic.module
    assert isinstance(translators, BothWays)
    assert isinstance(critics, Critics)

    def game(
        forth: nn.Module,
        home: nn.Module,
        begin: Callable[[Pictures, int], Tensor],
        end: Callable[[Pictures, int], Tensor],
        judge: nn.Module,
        pool: nn.Module,
    ) -> list[Move]:
        def extra(made: Tensor, batch: Pictures) -> Terms:
            there = wanted.model.cycle * distance(home(made), begin(batch, 0))
            if not same:
                return {"cycle": there}
            kept = distance(forth(end(batch, 0)), end(batch, 0))
            return {"cycle": there, "same": same * kept}

        return adversarial(
            generator,
            critic,
            LOSSES[wanted.train.loss],
            real=end,
            fake=lambda batch, round: forth(begin(batch, round)),
            score=lambda images, batch, round: judge(images),
            extra=extra,
            penalties=[Penalty("r1", r1, wanted.train.gamma, wanted.train.penalty_every)],
            n_critic=wanted.train.n_critic,
            remembered=pool,
            state=state,
        )

    there, back = translators.there, translators.back
    return together(
        {
            "there": game(there, back, shown_in, pictured, critics.images, critics.images_pool),
            "back": game(back, there, pictured, shown_in, critics.shown, critics.shown_pool),
        }
    )
