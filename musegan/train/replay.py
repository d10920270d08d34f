"""Moves that a GPU replays: their kernels are recorded once, as a CUDA graph, and launched as one.

A small network's round is hundreds of kernels of a few microseconds, and Python takes longer to
launch each than the GPU to run it. A recorded move launches none: its batch is copied to where the
recorded one lay, and gradients and terms come out where they did. It draws the numbers that it
would draw unrecorded, so the game is the same up to rounding.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from musegan.train import ranks
from musegan.train.state import GameState

logger = logging.getLogger(__name__)

PATIENCE = 20  # times that a move must have been played alike before it is recorded
HELD = 4  # recordings of a move that differ in its constants

Play = Callable[[Any], dict[str, Tensor]]  # batch -> terms, weighted


@dataclass(eq=False)
class Recording:
    """A recorded move, and the places that it reads and writes."""

    graph: torch.cuda.CUDAGraph
    batch: list[Tensor]
    terms: dict[str, Tensor]
    gradients: list[Tensor | None]
    signs: list[tuple[Tensor, Tensor]]  # what the state was shown

    def replay(self, batch: Sequence[Tensor]) -> None:
        for place, given in zip(self.batch, batch, strict=True):
            place.copy_(given)
        self.graph.replay()


@dataclass(eq=False)
class Recorder:
    """Plays one move, and records it when it has been played alike often enough.

    What Python's numbers a move depends on is its `constants`: those of another round are another
    recording, and where they change from round to round there is none.
    """

    state: GameState
    seen: OrderedDict[Hashable, int] = field(default_factory=OrderedDict)
    recordings: OrderedDict[Hashable, Recording] = field(default_factory=OrderedDict)
    able: bool = True  # False: torch could not record it

    def find(self, constants: Hashable, batch: Any) -> Hashable | None:
        """The key of what is to be played; None while it is played unrecorded."""
        leaves = leaves_of(batch)
        if not self.able or ranks.world() > 1 or any(leaf.device.type != "cuda" for leaf in leaves):
            return None
        shapes = tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        key = (constants, self.state.gamma, self.state.augmentation > 0, shapes)
        self.seen[key] = self.seen.pop(key, 0) + 1
        if len(self.seen) > 2 * HELD:
            self.seen.popitem(last=False)
        return key if self.seen[key] > PATIENCE else None

    def played(
        self, key: Hashable, batch: Any, parameters: Sequence[nn.Parameter], play: Play
    ) -> tuple[dict[str, Tensor], list[Tensor | None]] | None:
        """The terms of the move and the gradients of their sum; None if it cannot be recorded."""
        recording = self.recordings.get(key)
        if recording is None:
            recording = self._record(batch, parameters, play)
            if recording is None:
                return None
            self.recordings[key] = recording
            if len(self.recordings) > HELD:
                self.recordings.popitem(last=False)
        recording.replay(leaves_of(batch))
        self.state.pending.extend(recording.signs)
        terms = {name: value.clone() for name, value in recording.terms.items()}
        return terms, recording.gradients

    def _record(
        self, batch: Any, parameters: Sequence[nn.Parameter], play: Play
    ) -> Recording | None:
        places = ranks.mapped(batch, torch.clone)
        graph, shown = torch.cuda.CUDAGraph(), len(self.state.pending)
        numbers = torch.cuda.get_rng_state(parameters[0].device)
        kept = dict(self.state.kept)
        try:
            with torch.cuda.graph(graph):
                terms = play(places)
                loss = torch.stack([term.float() for term in terms.values()]).sum()
                slopes = torch.autograd.grad(loss, parameters, allow_unused=True)
                gradients = [_laid_out(*pair) for pair in zip(slopes, parameters, strict=True)]
                told = {name: value.detach().float() for name, value in terms.items()}
            if kept != self.state.kept:
                raise RuntimeError("a move that keeps numbers in the state cannot be recorded")
        except RuntimeError as error:
            torch.cuda.synchronize()
            torch.cuda.set_rng_state(numbers, parameters[0].device)
            self.able = False
            logger.warning("a move is not replayed, but played: %s", str(error).splitlines()[0])
            del self.state.pending[shown:]
            return None
        signs = self.state.pending[shown:]
        del self.state.pending[shown:]
        return Recording(graph, leaves_of(places), told, gradients, signs)


def leaves_of(batch: Any) -> list[Tensor]:
    """The tensors of a batch, always in the same order."""
    leaves: list[Tensor] = []

    def note(leaf: Tensor) -> Tensor:
        leaves.append(leaf)
        return leaf

    ranks.mapped(batch, note)
    return leaves


def _laid_out(slope: Tensor | None, parameter: nn.Parameter) -> Tensor | None:
    """A gradient in memory as its parameter is, which fused updates rely on."""
    if slope is None or slope.stride() == parameter.stride():
        return slope
    return torch.empty_like(parameter).copy_(slope)
