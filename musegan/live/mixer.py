"""The mixer: who of the band may be heard."""

from collections.abc import Sequence

from musegan.live.controls import Control
from musegan.music.band import Role


class Mixer:
    """Which roles are muted, and which plays alone. Not locked: one thread at a time."""

    def __init__(self, roles: Sequence[Role]) -> None:
        """All of `roles` play; no other can be called in."""
        self.roles = tuple(roles)
        self._muted: set[Role] = set()
        self._solo: Role | None = None

    @property
    def playing(self) -> tuple[Role, ...]:
        """The roles that may be heard."""
        if self._solo is not None:
            return tuple(role for role in self.roles if role is self._solo)
        return tuple(role for role in self.roles if role not in self._muted)

    def change(self, control: Control) -> None:
        """Do what a mute or a solo asks for; a solo that is asked for again is over."""
        role = control.role
        if role is None:
            return
        if control.kind == "solo":
            self._solo = None if self._solo is role else role
        elif control.on if control.on is not None else role in self._muted:
            self._muted.discard(role)
        else:
            self._muted.add(role)
