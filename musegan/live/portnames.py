"""The names of MIDI ports: which are a user's, what to call them, and which one is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from musegan.errors import PortError

Direction = Literal["input", "output"]
OURS = re.compile(r"musegan(-in|-out)?(-\d+)?(:|$| \d+:)")
THROUGH = re.compile(r"midi through", re.IGNORECASE)  # ALSA's loop, which is no keyboard
BRIDGES = re.compile(r"a2j|midi-bridge", re.IGNORECASE)  # JACK clients that repeat ALSA's ports
ALSA, JACK, WINDOWS = 2, 3, 4  # rtmidi's numbers of its drivers
REMEDIES: dict[Direction, str] = {
    "input": "plug a keyboard in, or play with --input keys, or give --melody FILE",
    "output": "plug a synthesizer in or start one, or take the built-in sound",
}
NOUNS: dict[Direction, str] = {"input": "keyboard", "output": "MIDI output"}


@dataclass(frozen=True, slots=True)
class Port:
    """A port that can be opened."""

    driver: int  # rtmidi's number
    name: str  # as the driver says it; no two ports of a driver share it, where drivers are kind

    @property
    def plain(self) -> str:
        """The name without the numbers that change when a cable is plugged in again."""
        if self.driver == ALSA:
            return re.sub(r" \d+:\d+$", "", self.name)
        return re.sub(r" \d+$", "", self.name) if self.driver == WINDOWS else self.name


def shown(ports: Sequence[Port]) -> list[str]:
    """What to call each port: its plain name, where no other port has it."""
    plain = [port.plain for port in ports]
    return [
        name if plain.count(name) == 1 else port.name
        for name, port in zip(plain, ports, strict=True)
    ]


def without_bridges(ports: Sequence[Port]) -> list[Port]:
    """Leave out what JACK repeats of ALSA, so that no keyboard is heard twice."""
    if not any(port.driver == ALSA for port in ports):
        return list(ports)
    return [port for port in ports if port.driver != JACK or not BRIDGES.match(port.name)]


def choose(wanted: str, names: Sequence[str], direction: Direction = "input") -> int:
    """Which of `names` is meant: the one that is `wanted`, or the only one that has it in it.

    Raises PortError.
    """
    if not names:
        raise PortError(f"there is no MIDI {direction}; {REMEDIES[direction]}")
    folded = [name.casefold() for name in names]
    for candidates, text in ((list(names), wanted), (folded, wanted.casefold())):
        if text in candidates:
            return candidates.index(text)
    found = [index for index, name in enumerate(folded) if wanted.casefold() in name]
    if len(found) == 1:
        return found[0]
    present = ", ".join(repr(names[index]) for index in found or range(len(names)))
    if found:
        raise PortError(
            f"{wanted!r} may be {len(found)} MIDI {direction}s: {present}; give more of the name"
        )
    raise PortError(
        f"no MIDI {direction} has {wanted!r} in its name; present: {present}; "
        "`musegan ports` lists them"
    )
