import json
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest

from musegan.errors import ConfigError
from musegan.settings import as_dict, from_dict, override


class Colour(Enum):
    RED = 1
    DARK_BLUE = 2


@dataclass(frozen=True, kw_only=True)
class Window:
    bars: int = 4
    overlap: int = 2

    def __post_init__(self):
        if self.overlap >= self.bars:
            raise ConfigError(f"window.overlap is {self.overlap}; it must be below {self.bars}")


@dataclass(frozen=True, kw_only=True)
class Optimisation:
    loss: Literal["hinge", "relativistic"] = "relativistic"
    rate: float = 2e-4
    betas: tuple[float, float] = (0.0, 0.9)
    batch_size: int = 64
    decay: float | None = None


@dataclass(frozen=True, kw_only=True)
class Example:
    name: str
    window: Window = field(default_factory=Window)
    extra: Window | None = None
    optimisation: Optimisation = field(default_factory=Optimisation)
    channels: tuple[int, ...] = (8, 16)
    width: Literal[32, 64] = 32
    limit: int | Literal["all"] = "all"
    folder: Path = Path("runs")
    colour: Colour = Colour.RED
    half: bool = False


EXAMPLE = Example(name="bach")


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("name=chopin=op 9", "chopin=op 9"),
        ("name=", ""),
        ("window.bars=8", 8),
        (" window.bars = 8 ", 8),
        ("optimisation.batch_size=1_000", 1000),
        ("optimisation.batch_size=5e3", 5000),
        ("optimisation.loss=hinge", "hinge"),
        ("optimisation.rate=1e-3", 1e-3),
        ("optimisation.rate=3", 3.0),
        ("optimisation.betas=0.5,0.99", (0.5, 0.99)),
        ("optimisation.betas=(0.5, 0.99)", (0.5, 0.99)),
        ("optimisation.decay=0.9", 0.9),
        ("optimisation.decay=None", None),
        ("channels=1", (1,)),
        ("channels=1,", (1,)),
        ("channels=", ()),
        ("channels=4,5,6", (4, 5, 6)),
        ("width=64", 64),
        ("limit=12", 12),
        ("limit=all", "all"),
        ("folder=/tmp/x", Path("/tmp/x")),
        ("colour=dark_blue", Colour.DARK_BLUE),
        ("half=yes", True),
        ("half=False", False),
        ("extra=none", None),
    ],
)
def test_one_setting_is_replaced(assignment, value):
    changed = override(EXAMPLE, assignment)
    for key in assignment.partition("=")[0].strip().split("."):
        changed = getattr(changed, key)
    assert changed == value and type(changed) is type(value)


def test_the_original_and_all_other_settings_stay():
    changed = override(EXAMPLE, "window.bars=8")
    assert EXAMPLE.window.bars == 4
    assert override(changed, "window.bars=4") == EXAMPLE


def test_settings_that_depend_on_each_other_are_replaced_together():
    changed = override(EXAMPLE, "window.bars=1", "half=yes", "window.overlap=0")
    assert (changed.window, changed.half) == (Window(bars=1, overlap=0), True)
    assert override(EXAMPLE) is EXAMPLE


def test_the_last_assignment_wins():
    assert override(EXAMPLE, "window.bars=5", "window.bars=6").window.bars == 6


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("window.bars", "'window.bars' is not of the form path.to.field=value"),
        ("=3", "'=3' is not of the form path.to.field=value"),
        (
            "optimisation.batchsize=8",
            "no setting 'optimisation.batchsize': Optimisation has no 'batchsize'; "
            "did you mean 'batch_size'?",
        ),
        ("window.x=1", "no setting 'window.x': Window has no 'x'; known: bars, overlap"),
        ("window.bars.x=1", "no setting 'window.bars.x': window.bars is 4 and has no parts"),
        ("extra.bars=1", "no setting 'extra.bars': extra is None and has no parts"),
        ("window=3", "'window' is a group of settings; set one of its own: bars, overlap"),
        ("window.bars=many", "window.bars=many: expected int"),
        ("window.bars=1.5", "window.bars=1.5: expected int"),
        ("window.bars=1.5e0", "window.bars=1.5e0: expected int"),
        ("window.bars=none", "window.bars=none: expected int"),
        ("optimisation.rate=nan", "optimisation.rate=nan: expected float"),
        ("optimisation.loss=x", "optimisation.loss=x: expected one of hinge, relativistic"),
        ("optimisation.decay=x", "optimisation.decay=x: expected float or none"),
        ("optimisation.betas=1", "optimisation.betas=1: expected 2 values (float, float)"),
        ("channels=1,x", "channels=1,x: expected a list of int"),
        ("width=48", "width=48: expected one of 32, 64"),
        ("limit=some", "limit=some: expected int or one of all"),
        ("colour=green", "colour=green: expected one of red, dark_blue"),
        ("half=2", "half=2: expected bool"),
        ("window.bars=2", "window.overlap is 2; it must be below 2"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line(assignment, message):
    with pytest.raises(ConfigError) as caught:
        override(EXAMPLE, assignment)
    assert str(caught.value) == message


def test_settings_come_back_from_json():
    config = Example(name="x", extra=Window(bars=9), colour=Colour.DARK_BLUE, channels=(), limit=3)
    assert from_dict(Example, json.loads(json.dumps(as_dict(config)))) == config
    assert as_dict(config)["optimisation"]["betas"] == [0.0, 0.9]
    assert as_dict(config)["folder"] == "runs" and as_dict(config)["colour"] == "dark_blue"


def test_absent_settings_take_their_defaults():
    assert from_dict(Example, {"name": "bach", "window": {}}) == EXAMPLE
    assert type(from_dict(Optimisation, {"rate": 1}).rate) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Example lacks the setting 'name'; add it"),
        (
            {"name": "x", "window": {"bar": 3}},
            "no setting 'window.bar': Window has no 'bar'; did you mean 'bars'?",
        ),
        ({"name": 3}, "name=3: expected str"),
        ({"name": "x", "half": 1}, "half=1: expected bool"),
        ({"name": "x", "width": 64.0}, "width=64.0: expected one of 32, 64"),
        ({"name": "x", "window": 3}, "window is 3, expected a group of settings"),
        ({"name": "x", "window": None}, "window is None, expected a group of settings"),
        ({"name": "x", "channels": [1, "2"]}, "channels=[1, '2']: expected a list of int"),
        ({"name": "x", "optimisation": {"betas": [1.0]}}, "optimisation.betas=[1.0]: expected 2"),
        ({"name": "x", "window": {"bars": True}}, "window.bars=True: expected int"),
        ({"name": "x", "window": {"bars": 1}}, "window.overlap is 2; it must be below 1"),
    ],
)
def test_values_that_cannot_be_are_one_line(values, message):
    with pytest.raises(ConfigError) as caught:
        from_dict(Example, values)
    assert str(caught.value).startswith(message)
