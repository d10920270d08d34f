"""Tracks as users name them: by a number from 1, or by a name or a part of it."""

import re
from collections.abc import Mapping


def is_number(wanted: str) -> bool:
    """Whether a user means a number."""
    return re.fullmatch(r"\s*\d+\s*", wanted) is not None


def fitting(names: Mapping[int, str], wanted: str) -> list[int]:
    """Which tracks, of these names by index, a user means; a whole name goes before a part of one."""
    if is_number(wanted):
        return [index for index in names if index == int(wanted) - 1]
    key = wanted.strip().lower()
    known = {index: name.strip().lower() for index, name in names.items()}
    whole = [index for index, name in known.items() if key and name == key]
    return whole or [index for index, name in known.items() if key and key in name]
