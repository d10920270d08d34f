"""The band: five roles, their General MIDI programs and ranges."""

from enum import Enum


class Role(str, Enum):
    """A part of the band; the value is the name users type."""

    DRUMS = "drums"
    BASS = "bass"
    PIANO = "piano"
    GUITAR = "guitar"
    STRINGS = "strings"


ROLES: tuple[Role, ...] = tuple(Role)  # the order of every track axis
