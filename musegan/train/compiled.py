"""Moves made faster by torch's compiler: their terms, gradient penalties included.

Each move is compiled by itself, when it is first played. It is compiled again only where its
batches change shape or a factor of the game's state first moves; from then on the factor is an
input. Updates, averages and checks stay as they are, so the game is the same up to rounding, but
that numbers which nothing depends on are not drawn.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import torch

from musegan.errors import ConfigError
from musegan.train.game import Terms, TermsFunction


def compiler(
    mode: str, backend: str = "inductor"
) -> Callable[[TermsFunction], TermsFunction] | None:
    """What `Trainer` compiles its moves with, by the setting `train.compiled`; None but for "default".

    A compiled move raises ConfigError where torch cannot compile it, as without a C++ compiler.
    """
    if mode != "default":
        return None
    from torch._dynamo.exc import TorchDynamoException  # takes seconds, which others need not wait

    options: dict[str, Any] = {"fallback_random": True}  # the numbers that eager moves draw

    def compiled(terms: TermsFunction) -> TermsFunction:
        def move(batch: Any, round: int) -> Terms:
            return terms(batch, round)

        # A code object of its own: torch keeps what it has compiled by code, and only so much.
        code = move.__code__.replace(co_name="move")
        own = FunctionType(code, move.__globals__, "move", None, move.__closure__)
        fast = torch.compile(
            own, backend=backend, options=options if backend == "inductor" else None
        )

        def played(batch: Any, round: int) -> Terms:
            try:
                made: Terms = fast(batch, round)
            except TorchDynamoException as error:
                raise ConfigError(
                    f"train.compiled={mode}: torch cannot compile a move here ({_gist(error)}); "
                    f"install a C++ compiler, or set train.compiled=off"
                ) from error
            return made

        return played

    return compiled


def _gist(error: Exception) -> str:
    """What another library says, in one line."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
