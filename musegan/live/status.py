"""The status: what a session looks like at one moment, for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from musegan.music.band import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One moment of a session.  Thread: any, as it never changes."""

    bar: int = 1  # from 1; 0 and less in the count-in
    beat: int = 1  # of the bar, from 1; 0 while time stands still
    qpm: float = 120.0
    style: str = ""
    temperature: float = 1.0
    key: str = ""  # of the music, or its chord
    plan: str = ""  # what the band does: `musegan.live.accompanist.Plan`, or any words
    playing: tuple[Role, ...] = ()
    muted: tuple[Role, ...] = ()
    melody: tuple[int, ...] = ()  # pitches that the player holds
    band: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)  # pitches that sound
    late_bars: int = 0
    lateness_p99_ms: float = 0.0  # of messages, after they were due
    generation_p50_ms: float = 0.0
    late_notes: int | None = None  # of a synth; None: there is none
    cpu_percent: float = 0.0
    input: str = ""  # its name
    output: str = ""
    input_connected: bool = True
    output_connected: bool = True
