"""How a session goes: what is decided before it begins."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.live.wanted import Wanted
from musegan.music.metre import Metre

TempoSource = Literal["fixed", "tap", "midi"]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a session goes."""

    metre: Metre
    qpm: float = 120.0
    tempo_source: TempoSource = "fixed"
    count_in: int = 1  # bars
    metronome: bool = False
    thru: bool = False  # whether the player's own notes sound here
    send_clock: bool = False
    styles: tuple[str, ...] = ()  # that can be chosen, in order
    bars: int | None = None  # after which it ends; None: when it is told to
    ask_seconds: float = 0.10
    decide_seconds: float = 0.02
    eager: bool = False  # decide as soon as there is an answer, for who makes sound of it ahead
    wanted: Wanted = field(default_factory=Wanted)
