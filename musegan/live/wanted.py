"""What a player wants of the band, and may change at any time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from musegan.music.band import ROLES, Role

MOST_TEMPERATURE = 4.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who plays, and how."""

    roles: Sequence[Role] = ROLES
    style: str | None = None
    temperature: float = 1.0
    seed: int = 0

    def warmed(self, temperature: float | None, step: float) -> "Wanted":
        """A step above a temperature, or above this one, within limits."""
        start = self.temperature if temperature is None else temperature
        return replace(self, temperature=min(max(0.0, start + step), MOST_TEMPERATURE))

    def styled(self, number: float | None, styles: Sequence[str]) -> "Wanted":
        """In the style of a number, or in the next; as it is where there is none."""
        if number is None and styles:
            now = styles.index(self.style) if self.style in styles else -1
            number = (now + 1) % len(styles)
        if number is None or not 0 <= number < len(styles):
            return self
        return replace(self, style=styles[int(number)])

    def among(self, planned: Collection[Role]) -> tuple[Role, ...]:
        """Who of those planned is wanted; where nobody is, all that are wanted."""
        wanted = tuple(role for role in ROLES if role in self.roles)
        return tuple(role for role in wanted if role in planned) or wanted
