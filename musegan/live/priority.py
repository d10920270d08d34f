"""Priority: real time for the engine's threads, where the system allows it."""

import os
import sys

# SCHED_FIFO levels; each goes before all ordinary work
ENGINE, DRIVER, HOUSE, GENERATOR, RENDERER = 60, 50, 10, 2, 1

NOT_ALLOWED = (
    "no real-time priority: the system does not allow it, so a busy machine may disturb the timing; "
    "docs/live.md says how to allow it"
)
NOT_HERE = "no real-time priority: musegan knows how to ask for it on Linux only"


def raise_ordinary(level: int) -> None:
    """Give the calling thread real-time priority where it has none, and may have it."""
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
        become_real_time(level)


def become_real_time(level: int) -> str:
    """Give the calling thread real-time priority -> "" if it has it, else why not, in a line.

    Processes that it starts do not inherit it.
    """
    if sys.platform != "linux":
        return NOT_HERE
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(level))
    except OSError:
        return NOT_ALLOWED
    return ""
