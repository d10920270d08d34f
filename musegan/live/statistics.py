"""Statistics of a session: distributions that take no more room however long it lasts."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

FINEST_MS = 0.001  # the first bin's width; each is a hundredth wider than the one before
_GROWTH = math.log(1.01)
_BINS = 2100  # up to a day and more


class Distribution:
    """Milliseconds: how many were seen of which size, to one part in a hundred. Not locked."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)
        self.count = 0
        self.max = 0.0

    def add(self, milliseconds: float) -> None:
        """Count one; below zero counts as zero."""
        size = max(0.0, float(milliseconds))
        place = int(math.log1p(size / FINEST_MS * math.expm1(_GROWTH)) / _GROWTH)
        self._counts[min(place, _BINS - 1)] += 1
        self.count += 1
        self.max = max(self.max, size)

    def percentile(self, share: float) -> float:
        """The size that `share` percent do not exceed; 0 where none was seen."""
        if not self.count:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self._counts), share * self.count / 100))
        edge = FINEST_MS * np.expm1((place + 1) * _GROWTH) / math.expm1(_GROWTH)
        return min(float(edge), self.max)

    def as_json(self) -> Mapping[str, Any]:
        """`count`, `p50`, `p99` and `max`, milliseconds."""
        figures = {"p50": self.percentile(50), "p99": self.percentile(99), "max": self.max}
        return {"count": self.count, **{name: round(ms, 4) for name, ms in figures.items()}}
