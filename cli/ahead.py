"""The synth of a live session: who is played by it, and the process in which it renders ahead."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegan.audio.casting import Seat, cast, wish_of
from musegan.live.lineup import CHANNELS
from musegan.live.renderer import Renderer
from musegan.music.band import PARTS, ROLES, Role
from musegan.sounding.finding import SYNTH, find_synth

from .request import Request

if TYPE_CHECKING:
    from musegan.audio.ahead import AheadParts
    from musegan.sounding.ahead import AheadPlayer


@dataclass(frozen=True)
class _Part:
    """A part of the band, as `cast` sees it."""

    role: Role
    bent: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return PARTS[self.role].title

    @property
    def program(self) -> int:
        """Of General MIDI."""
        return PARTS[self.role].program

    @property
    def drums(self) -> bool:
        """Whether its keys are a kit's."""
        return self.role is Role.DRUMS


@dataclass(frozen=True)
class Ahead:
    """What is rendered ahead: by whom, and where it sounds."""

    renderer: Renderer
    parts: "AheadParts"
    others: list[str]  # parts that the synth has no timbre for

    def wait(self, seconds: float) -> list[str]:
        """Wait for the synth, for so long; returns what is to be said of it."""
        notices = []
        if not self.renderer.wait(seconds):
            notices.append("the synth is not there yet; the SoundFont plays until it is")
        if self.others:
            notices.append(
                f"the synth has no timbre for {', '.join(self.others)}; the SoundFont plays them"
            )
        return notices

    def as_json(self) -> dict[str, Any]:
        """How it went."""
        renderer, parts = self.renderer, self.parts
        nearest = {"p1": round(renderer.ahead.percentile(1), 4)}
        return {
            "notes": parts.notes,
            "late_notes": parts.late_notes,
            "ahead_ms": {**renderer.ahead.as_json(), **nearest},
            "rendering_ms": renderer.rendering.as_json(),
            "restarts": renderer.restarts,
        }


def ahead_of(request: Request, stack: ExitStack) -> Ahead | None:
    """The synth that plays the band's parts in built-in sound, where one is asked for, on its way."""
    if request.synth != "gan":
        return None
    seats = seats_of(request.synth_model, request.timbres)
    if request.output_port != "sound":
        return None  # it plays the recording
    from musegan.audio.ahead import AheadParts

    parts = AheadParts(seats, time.perf_counter())
    opens = partial(
        open_ahead, request.synth_model, seats, parts.origin, request.seed, request.soundfont
    )
    renderer = Renderer(opens, parts)
    stack.callback(renderer.close)
    renderer.launch()
    return Ahead(renderer, parts, parts_without(seats, request.tracks))


def seats_of(model: str | None, timbres: tuple[str, ...]) -> dict[int, Seat]:
    """Which parts of the band a synth plays, by channel; this loads no model.

    Raises CheckpointError (there is no such synth) or UsageError (it has no such timbre, or the band
    no such part).
    """
    _, config = find_synth(model or SYNTH)
    known = tuple(config["timbres"])
    wishes = [wish_of(text, known, "part") for text in timbres]
    cast_as = cast([_Part(role) for role in ROLES], wishes, known, "part")
    return {
        CHANNELS[role]: Seat(timbre, PARTS[role].program, PARTS[role].lowest, PARTS[role].highest)
        for role, timbre in zip(ROLES, cast_as, strict=True)
        if timbre is not None
    }


def parts_without(seats: Mapping[int, Seat], tracks: tuple[str, ...]) -> list[str]:
    """The parts with pitches that play, and that a synth has no timbre for."""
    return [
        role.value
        for role in ROLES
        if role.value in tracks and role is not Role.DRUMS and CHANNELS[role] not in seats
    ]


def open_ahead(
    model: str | None, seats: Mapping[int, Seat], origin: float, seed: int, soundfont: Path | None
) -> "AheadPlayer":
    """Load the synth in the renderer's process, and measure how loud it is."""
    import torch

    from musegan.sounding.ahead import ahead_player
    from musegan.sounding.opening import open_synth

    torch.set_num_threads(1)
    return ahead_player(open_synth(model or SYNTH), seats, origin, seed, soundfont)
