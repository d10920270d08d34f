"""A mean over seeds, and how far it can be trusted."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t


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
