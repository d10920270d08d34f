"""Settings: frozen dataclasses overridden by dotted path, to and from JSON.

A setting is a bool, int, float, str, Path, Enum, Literal, a tuple or union of these, or another
dataclass of settings. What a dataclass itself forbids it says in its `__post_init__`.
"""

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from musegan.errors import ConfigError

C = TypeVar("C")
_Change = tuple[list[str], str, str]  # keys, the value's text, the whole path for messages
TRUTH = {"true": True, "yes": True, "on": True, "1": True}
TRUTH |= {"false": False, "no": False, "off": False, "0": False}


def override(config: C, *assignments: str) -> C:
    """Return a copy of `config` with every `path.to.field=value` applied, the last one winning.

    They are applied together, so settings that depend on each other may come in any order.
    Tuples are written with commas, None as none. Raises ConfigError if there is no such setting,
    a value is not of its kind, or a dataclass forbids it.
    """
    changes: list[_Change] = []
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        path = path.strip()
        if not equals or not path:
            raise ConfigError(f"{assignment!r} is not of the form path.to.field=value")
        changes.append((path.split("."), text.strip(), path))
    changed: C = _replaced(config, changes)
    return changed


def as_dict(config: Any) -> dict[str, Any]:
    """Settings as what JSON can say: nested dicts, lists, strings, numbers, booleans, None."""
    return {f.name: _plain(getattr(config, f.name)) for f in fields(config)}


def from_dict(kind: type[C], values: Mapping[str, Any]) -> C:
    """The settings of dataclass `kind` that `as_dict` wrote; absent ones take their defaults.

    Raises ConfigError for an unknown key, a missing one without a default, or a wrong value.
    """
    settings: C = _built(kind, values, "")
    return settings


def _replaced(config: Any, changes: list[_Change]) -> Any:
    hints, values = get_type_hints(type(config)), {}
    below: dict[str, list[_Change]] = {}
    for (key, *rest), text, path in changes:
        _check_known(type(config), key, path)
        if not rest:
            values[key] = _parsed(text, hints[key], path)
            continue
        part = values.get(key, getattr(config, key))
        if not is_dataclass(part):
            parent = ".".join(path.split(".")[: -len(rest)])
            raise ConfigError(f"no setting {path!r}: {parent} is {part!r} and has no parts")
        below.setdefault(key, []).append((rest, text, path))
    for key, parts in below.items():
        values.setdefault(key, _replaced(getattr(config, key), parts))
    return replace(config, **values) if values else config


def _check_known(kind: type[Any], key: str, path: str) -> None:
    names = [f.name for f in fields(kind)]
    if key not in names:
        near = get_close_matches(key, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
        raise ConfigError(f"no setting {path!r}: {kind.__name__} has no {key!r}; {hint}")


def _parsed(text: str, kind: Any, path: str) -> Any:
    """The value that `text` writes, of the annotated `kind`."""
    options = _options(kind)
    if type(None) in options and text.lower() in ("none", "null"):
        return None
    options = [option for option in options if option is not type(None)]
    if all(is_dataclass(option) for option in options):
        names = ", ".join(f.name for option in options for f in fields(option))
        raise ConfigError(f"{path!r} is a group of settings; set one of its own: {names}")
    for option in options:
        try:
            return _parsed_as(text, option)
        except (ValueError, KeyError):
            continue
    raise ConfigError(f"{path}={text}: expected {describe(kind)}")


def _parsed_as(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return {str(choice): choice for choice in get_args(kind)}[text]
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in text.strip("()[] ").split(",")]
        parts = parts[:-1] if parts[-1] == "" else parts  # "" is (), and "1," is (1,)
        pairs = zip(parts, _item_kinds(kind, len(parts)), strict=True)
        return tuple(_parsed(part, item, "") for part, item in pairs)
    if kind is bool:
        return TRUTH[text.lower()]
    if kind is int:
        return _whole(float(text)) if "e" in text.lower() else int(text)
    if kind is float:
        return _number(float(text))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, text)
    if kind in (str, Path):
        return kind(text)
    raise ValueError(text)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return as_dict(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _built(kind: Any, values: Any, path: str) -> Any:
    if not isinstance(values, Mapping):
        raise ConfigError(f"{path or kind.__name__} is {values!r}, expected a group of settings")
    hints, given = get_type_hints(kind), {}
    for key, value in values.items():
        below = f"{path}.{key}" if path else str(key)
        _check_known(kind, str(key), below)
        given[key] = _checked(value, hints[key], below)
    for f in fields(kind):
        if f.name not in given and f.default is MISSING and f.default_factory is MISSING:
            raise ConfigError(f"{path or kind.__name__} lacks the setting {f.name!r}; add it")
    return kind(**given)


def _checked(value: Any, kind: Any, path: str) -> Any:
    """The value that a JSON `value` stands for, of the annotated `kind`."""
    options = _options(kind)
    if value is None and type(None) in options:
        return None
    groups = [option for option in options if is_dataclass(option)]
    if groups:
        return _built(groups[0], value, path)
    for option in options:
        try:
            return _checked_as(value, option)
        except (ValueError, KeyError, TypeError):
            continue
    raise ConfigError(f"{path}={value!r}: expected {describe(kind)}")


def _checked_as(value: Any, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return choices[[(type(c), c) for c in choices].index((type(value), value))]
    if get_origin(kind) is tuple and isinstance(value, (list, tuple)):
        pairs = zip(value, _item_kinds(kind, len(value)), strict=True)
        return tuple(_checked(item, item_kind, "") for item, item_kind in pairs)
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(float(value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return value if isinstance(value, kind) else _member(kind, value)
    if kind is Path and isinstance(value, (str, Path)):
        return Path(value)
    if kind in (bool, int, str) and type(value) is kind:
        return value
    raise ValueError(value)


def describe(kind: Any) -> str:
    """An annotated kind in words: "int", "one of vanilla, hinge", "float or none"."""
    options = _options(kind)
    if len(options) > 1:
        return " or ".join("none" if o is type(None) else describe(o) for o in options)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(str(choice) for choice in get_args(kind))}"
    if get_origin(kind) is tuple:
        items = get_args(kind)
        if items[-1] is Ellipsis:
            return f"a list of {describe(items[0])}"
        return f"{len(items)} values ({', '.join(describe(item) for item in items)})"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(member.name.lower() for member in kind)}"
    return getattr(kind, "__name__", str(kind))


def _options(kind: Any) -> list[Any]:
    return list(get_args(kind)) if get_origin(kind) in (Union, types.UnionType) else [kind]


def _item_kinds(kind: Any, count: int) -> list[Any]:
    items = get_args(kind)
    if items[-1] is Ellipsis:
        return [items[0]] * count
    if len(items) != count:
        raise ValueError(count)
    return list(items)


def _member(kind: type[Enum], name: Any) -> Enum:
    return {member.name.lower(): member for member in kind}[str(name).lower()]


def _number(value: float) -> float:
    if math.isnan(value):
        raise ValueError(value)
    return value


def _whole(value: float) -> int:
    if not math.isfinite(value) or value != int(value):
        raise ValueError(value)
    return int(value)
