"""The line-up of a session: who plays on which channel, and with which sound."""

from collections.abc import Iterator

from musegan.live.events import CONTROL, PROGRAM, VOLUME
from musegan.music.band import DRUM_CHANNEL, PARTS, ROLES, Role

PLAYER, METRONOME = 0, 15
CHANNELS = {Role.DRUMS: DRUM_CHANNEL, Role.BASS: 1, Role.PIANO: 2, Role.GUITAR: 3, Role.STRINGS: 4}
TITLES = {PLAYER: ("Melody", 0)} | {CHANNELS[r]: (PARTS[r].title, PARTS[r].program) for r in ROLES}
PLAYER_PROGRAM, METRONOME_PROGRAM = 0, 115  # acoustic grand piano, woodblock
VOLUMES = {Role.DRUMS: 100, Role.BASS: 100, Role.PIANO: 92, Role.GUITAR: 88, Role.STRINGS: 76}


def settings(*, thru: bool) -> Iterator[bytes]:
    """Messages that give each channel its sound; the player's own only where it sounds here."""
    for role in ROLES:
        yield bytes([PROGRAM | CHANNELS[role], PARTS[role].program])
        yield bytes([CONTROL | CHANNELS[role], VOLUME, VOLUMES[role]])
    yield bytes([PROGRAM | METRONOME, METRONOME_PROGRAM])
    if thru:
        yield bytes([PROGRAM | PLAYER, PLAYER_PROGRAM])
