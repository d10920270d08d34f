"""Controls: what a player may ask for while playing, by the computer's keys or by MIDI.

From MIDI, on any channel; a controller's value counts as on from 64:

    102 to 106   drums, bass, piano, guitar, strings play, or rest
    80           a fill
    81           end with a cadence
    82           start or stop the band
    83           a tap of the tempo
    84           the metronome, on or off
    16           temperature: 0 is 0, 64 is 1, 127 is 2
    program n    the style of that number, from 0

These messages are not passed on to the output.
"""

from dataclasses import dataclass
from typing import Literal

from musegan.live.events import CONTROL, PROGRAM
from musegan.music.band import ROLES, Role

Kind = Literal[
    "mute", "solo", "style", "temperature", "tempo", "tap", "fill", "metronome", "toggle", "end",
    "quit", "help", "nothing",
]  # fmt: skip

FIRST_ROLE, FILL, END, TOGGLE, TAP, METRONOME, TEMPERATURE = 102, 80, 81, 82, 83, 84, 16
ON = 64


@dataclass(frozen=True)
class Control:
    """One thing that is asked for."""

    kind: Kind
    role: Role | None = None  # of mute and solo
    on: bool | None = None  # the role or the metronome plays; None: the other way round
    value: float | None = None  # a style's number or a temperature; None: the next style
    step: float = 0.0  # of tempo, beats a minute, or of temperature, up or down


def control_of_message(message: bytes) -> Control | None:
    """What a MIDI message asks for; None where it is music.  Thread: any.

    Controllers that are let go (below 64) ask for nothing where only pressing counts.
    """
    status = message[0] & 0xF0
    if status == PROGRAM and len(message) == 2:
        return Control("style", value=message[1])
    if status != CONTROL or len(message) != 3:
        return None
    number, value = message[1], message[2]
    if FIRST_ROLE <= number < FIRST_ROLE + len(ROLES):
        return Control("mute", role=ROLES[number - FIRST_ROLE], on=value >= ON)
    if number == TEMPERATURE:
        return Control("temperature", value=value / 64 if value <= 64 else 1 + (value - 64) / 63)
    if number == METRONOME:
        return Control("metronome", on=value >= ON)
    kinds: dict[int, Kind] = {FILL: "fill", END: "end", TOGGLE: "toggle", TAP: "tap"}
    kind = kinds.get(number)
    return None if kind is None else Control(kind if value >= ON else "nothing")
