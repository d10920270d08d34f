"""What users call things by: a class for its number."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol

import torch
from torch import Tensor

from musegan.errors import UsageError


class Told(Protocol):
    """The sizes of a model's networks, as far as classes go."""

    @property
    def classes(self) -> int:
        """How many it is told; 0: none."""
        ...


class Classed(Protocol):
    """A released model of any domain."""

    @property
    def sizes(self) -> Told:
        """Of its networks."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by number."""
        ...


def class_number(model: Classed, name: str) -> int:
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


def class_name(model: Classed, number: int) -> str:
    """What a class is called; empty where a model knows none."""
    if not model.sizes.classes:
        return ""
    return model.classes[number] if number < len(model.classes) else str(number)


def labels_in_turn(model: Classed, numbers: Sequence[int]) -> Tensor:
    """The classes of samples by number, from 1, (sample,): in turn, or 0 where there are none."""
    return (torch.tensor(numbers) - 1) % max(model.sizes.classes, 1)
