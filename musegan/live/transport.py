"""The transport: which position the band is at, at any moment, while the tempo holds.

A position is in quarter notes from the first downbeat after the count-in, negative before it.
Whatever the time, a position is computed from one anchor, so an hour of playing adds no error. A new
tempo is a new transport with another anchor.
"""

from dataclasses import dataclass

LOWEST_QPM, HIGHEST_QPM = 20.0, 400.0


@dataclass(frozen=True, slots=True)
class Transport:
    """A steady tempo: at `seconds` of the monotonic clock the position is `quarter`.

    Thread: any, as it never changes.
    """

    seconds: float
    quarter: float
    qpm: float  # more than 0

    def seconds_at(self, quarter: float) -> float:
        """When a position is reached.  Thread: any."""
        return self.seconds + (quarter - self.quarter) * 60 / self.qpm

    def quarter_at(self, seconds: float) -> float:
        """The position at a moment.  Thread: any."""
        return self.quarter + (seconds - self.seconds) * self.qpm / 60

    def retimed(self, seconds: float, qpm: float) -> "Transport":
        """Another tempo from a moment on; the position at that moment stays.  Thread: any."""
        return Transport(seconds, self.quarter_at(seconds), qpm)

    def moved(self, seconds: float, quarter: float) -> "Transport":
        """The same tempo, but at a moment the position is another.  Thread: any."""
        return Transport(seconds, quarter, self.qpm)


def within_limits(qpm: float) -> float:
    """The nearest tempo that the band plays at.  Thread: any."""
    return min(max(qpm, LOWEST_QPM), HIGHEST_QPM)
