"""What a live band is known to play, in seconds: for whoever makes its sound ahead of time."""

from collections.abc import Sequence
from typing import NamedTuple


class Foreseen(NamedTuple):
    """A note that sounds, has sounded or is decided. Times are seconds of `time.perf_counter`."""

    channel: int
    pitch: int
    velocity: int
    begin: float
    end: float  # infinity where it is not decided yet
    place: int  # where it stands in the music, in 480ths of a quarter note; with channel and pitch, its name


class Telling(NamedTuple):
    """All that is known at a moment. It says all that matters, so who missed the last needs no other."""

    number: int  # rising
    notes: Sequence[Foreseen]
    until: float  # seconds: no other note begins before
