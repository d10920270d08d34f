"""The processor: how busy this process keeps it, and since when."""

import os
import time
from pathlib import Path

IMPORTED = time.perf_counter()  # about when the process began, where the system does not tell


class Processor:
    """How busy this process keeps a processor."""

    def __init__(self) -> None:
        self._last = (time.perf_counter(), self._spent())
        self._percent = 0.0

    def percent(self, now: float) -> float:
        """Percent of one processor over the last second or so."""
        since, spent = self._last
        if now - since > 1:
            self._percent = 100 * (self._spent() - spent) / (now - since)
            self._last = now, self._spent()
        return self._percent

    @staticmethod
    def _spent() -> float:
        return time.process_time()


def process_start() -> float:
    """When this process began, on the monotonic clock; where the system tells, else now."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        boot = time.clock_gettime(time.CLOCK_BOOTTIME) - time.perf_counter()
        return ticks - boot
    except (OSError, ValueError, IndexError, AttributeError):
        return IMPORTED
