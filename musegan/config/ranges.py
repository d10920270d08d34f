"""In what range a setting's number must lie."""

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any

from musegan.errors import ConfigError

WEIGHT = (0.0, inf)  # of a loss or a penalty, or any other finite number that is not below 0
SHARE = (0.0, 1.0)
COUNT = (1, inf)


def require_within(section: str, settings: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Raise ConfigError for the first number outside its range, (least, most), both allowed.

    `section` is what users write before the dot, `ranges` has the fields' names.
    """
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        if not least <= value <= most or not isfinite(value):
            span = f"at least {least:g}, and finite" if most == inf else f"{least:g} to {most:g}"
            raise ConfigError(f"{section}.{name}={value:g} is out of range; allowed: {span}")
