"""The rows of the results, by name: a module a family."""

from importlib import import_module
from importlib.util import find_spec

from .row import Row

FAMILIES = ("first", "critics", "styles", "translators", "uses", "sounds")

ROWS: dict[str, Row] = {}
for family in FAMILIES:
    if find_spec(f"{__name__}.{family}") is not None:
        ROWS |= import_module(f"{__name__}.{family}").ROWS
