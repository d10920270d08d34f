"""The tables of what a band repeats and varies, for a terminal."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rich.table import Table

from musegan.evaluate.structure import Over, Structure
from musegan.music.band import Role
from musegan.music.texture import Texture


class Measured(Protocol):
    """A row of a report, as far as it is shown here."""

    @property
    def name(self) -> str:
        """Whose band it is."""

    @property
    def texture(self) -> Mapping[Role, Texture]:
        """Of each track."""

    @property
    def structure(self) -> Structure:
        """What repeats and varies."""


_PATTERNS: Sequence[tuple[str, str]] = (
    ("repeats", "repeats"),
    ("changes", "changes"),
    ("fills", "fills"),
    ("alike 1", "alike_1"),
    ("alike 2", "alike_2"),
    ("alike 4", "alike_4"),
    ("alike 8", "alike_8"),
    ("stays", "stays"),
)
_COPIES: Sequence[tuple[str, str]] = (("run", "mean"), ("longest", "most"))
_TEXTURE: Sequence[tuple[str, str]] = (
    ("QN", "qualified_notes"),
    ("groove", "groove"),
    ("scale", "scale"),
)
_DIFFERENCES = ("notes", "rhythm", "harmony")


def structure_tables(rows: Sequence[Measured], real: Measured) -> Iterator[Table]:
    """Patterns of each track; how far the first row's are from real; bands beside bands."""
    yield _pattern_table(rows, real)
    yield _less_real_table(rows[0], real)
    yield _variety_table(rows)


def _pattern_table(rows: Sequence[Measured], real: Measured) -> Table:
    table = Table(title="Patterns and phrases, each track")
    table.add_column("track", no_wrap=True)
    table.add_column("band", no_wrap=True)
    for name, _ in (*_PATTERNS, *_COPIES):
        table.add_column(name, justify="right", no_wrap=True)
    for role in real.structure.patterns:
        for row in rows:
            found = row.structure
            if role not in found.patterns:
                continue
            told = [
                _spread(getattr(found.patterns[role], field), getattr(reach, field), 3)
                for reach in (found.patterns_reach[role],)
                for _, field in _PATTERNS
            ]
            told += [
                _spread(getattr(found.copies[role], field), getattr(reach, field), 1)
                for reach in (found.copies_reach[role],)
                for _, field in _COPIES
            ] if role in found.copies else ["-"] * len(_COPIES)  # fmt: skip
            table.add_row(role.value, row.name, *told)
        table.add_section()
    return table


def _less_real_table(ours: Measured, real: Measured) -> Table:
    table = Table(title=f"{ours.name} less real")
    table.add_column("track", no_wrap=True)
    for name, _ in (*_TEXTURE, *_PATTERNS, *_COPIES):
        table.add_column(name, justify="right")
    for role, theirs in real.structure.patterns.items():
        if role not in ours.structure.patterns:
            continue
        pairs = [(ours.texture[role], real.texture[role], field) for _, field in _TEXTURE]
        told = [_difference(*pair, 3) for pair in pairs]
        mine = ours.structure.patterns[role]
        told += [_difference(mine, theirs, field, 3) for _, field in _PATTERNS]
        one, other = ours.structure.copies.get(role), real.structure.copies.get(role)
        told += [
            _difference(one, other, field, 1) if one and other else "-" for _, field in _COPIES
        ]
        table.add_row(role.value, *told)
    return table


def _variety_table(rows: Sequence[Measured]) -> Table:
    table = Table(title="Bands beside bands: 0 is the same, 1 shares nothing")
    table.add_column("of", no_wrap=True)
    table.add_column("band", no_wrap=True)
    for title in ("melody again", "from real", "two bands", "two bands / real"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in _DIFFERENCES:
        for row in rows:
            found = row.structure
            each = (found.again, found.from_real, found.two_bands)
            told = [_figure(getattr(one, name), 3) for one in each]
            table.add_row(name, row.name, *told, _ratio(found.over_real[name]))
        table.add_section()
    return table


def _spread(value: float, reach: float, digits: int) -> str:
    told = _figure(value, digits)
    return told if math.isnan(reach) else f"{told} ±{reach:.{digits}f}"


def _difference(one: object, other: object, field: str, digits: int) -> str:
    value = getattr(one, field) - getattr(other, field)
    return "-" if math.isnan(value) else f"{value:+.{digits}f}"


def _ratio(over: Over) -> str:
    if math.isnan(over.ratio):
        return "-"
    return f"{over.ratio:.2f} ({over.low:.2f}..{over.high:.2f})"


def _figure(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
