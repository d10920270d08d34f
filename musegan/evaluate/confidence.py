"""A mean over seeds or songs, and how far it can be trusted."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from scipy.stats import t

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Figures = TypeVar("Figures", bound=DataclassInstance)


class Interval(NamedTuple):
    """A mean and its confidence interval; of one value the interval is that value alone."""

    mean: float
    low: float
    high: float
    values: int

    def __str__(self) -> str:
        if self.values < 2:
            return f"{self.mean:.3g}"
        return f"{self.mean:.3g} ({self.low:.3g}..{self.high:.3g})"


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's interval of the mean of independent values, such as one a seed.

    Raises:
        ValueError: there are none.
    """
    if not len(values):
        raise ValueError("an interval needs a value")
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Interval(mean, mean, mean, count)
    error = float(np.std(values, ddof=1)) / count**0.5
    reach = float(t.ppf((1 + confidence) / 2, count - 1)) * error
    return Interval(mean, mean - reach, mean + reach, count)


def mean_of(items: "Sequence[Figures]") -> "Figures":
    """The mean of each field of equal dataclasses of floats, NaN left out."""
    first = items[0]
    means = {}
    for field in fields(first):
        values = np.array([getattr(item, field.name) for item in items], np.float64)
        known = values[~np.isnan(values)]
        means[field.name] = float(known.mean()) if len(known) else float("nan")
    return type(first)(**means)


def reach_of(items: "Sequence[Figures]") -> "Figures":
    """Half the 95 % interval of each field's mean, as `interval` has it; NaN of fewer than two."""
    first = items[0]
    reaches = {}
    for field in fields(first):
        known = [value for item in items if not np.isnan(value := getattr(item, field.name))]
        found = interval(known) if len(known) > 1 else None
        reaches[field.name] = found.high - found.mean if found else float("nan")
    return type(first)(**reaches)
