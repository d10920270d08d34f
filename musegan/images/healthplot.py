"""The health of a run as a picture: a small curve for each measure, its limit, and what was said.

Of a run that was taken back, what came of the rounds that were given up is drawn paler.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from musegan.files import written_aside

Line = Mapping[str, Any]  # of metrics.jsonl

CELL, COLUMNS, HEAD, ROW = (300, 150), 4, 46, 16  # pixels
INK, GREY, FRAME, RED = "#222222", "#666666", "#d0d0d0", "#c0392b"
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#8C6D1F")
PALE = ("#a8cde4", "#f5dba4", "#a8d8cb", "#ecd0de", "#c6e5f7", "#d8cda9")
MOST_TOLD = 12  # lines of words below the curves


class Panel(NamedTuple):
    """Measures that are drawn together, and what each is called; nothing where it is one alone."""

    title: str
    names: tuple[str, ...]  # as in the metrics, less "health/"
    labels: tuple[str, ...] = ()
    span: tuple[float, ...] = ()  # values that the axis reaches at least
    limit: float | None = None
    logarithmic: bool = False


def panels_of(limits: Mapping[str, float]) -> list[Panel]:
    """What is drawn, with the limits of the settings, by their names there."""
    signs, players = ("reals", "held out", "fakes"), ("generator", "critic")
    return [
        Panel("what the critic tells", ("accuracy",), (), (0.5, 1.0), limits.get("accuracy")),
        Panel("sign of logits:", ("real_sign", "held_sign", "fake_sign"), signs, (-1.0, 1.0)),
        Panel("held out, towards the fakes", ("gap",), (), (0.0,), limits.get("gap")),
        Panel("squared slope:", ("real_gradient", "fake_gradient"), signs[::2], logarithmic=True),
        Panel("coverage of real samples", ("coverage",), (), (0.0,)),
        Panel("distance of samples, of reals'", ("spread",), (), (0.0, 1.0)),
        Panel("histogram of modes, nats off", ("modes",), (), (0.0,)),
        Panel("samples that have a twin", ("twins",), (), (0.0,), 0.5),
        Panel("gradient:", tuple(f"{name}_norm" for name in players), players, logarithmic=True),
        Panel("factors:", ("gamma", "augmentation"), ("gamma", "augmentation"), (0.0,)),
        Panel("distance to real samples", ("distance",), logarithmic=True),
        Panel("measured fid", ("fid",)),
    ]


class Curve(NamedTuple):
    """Points (round, value) of one measure between two rollbacks."""

    points: list[tuple[int, float]]
    colour: str


def draw_health(
    lines: Sequence[Line], path: Path, *, limits: Mapping[str, float], title: str = ""
) -> None:
    """Draw the lines of a run's metrics as a PNG: nothing where no line has a measure of health."""
    shown = [(panel, curves_of(lines, panel)) for panel in panels_of(limits)]
    shown = [(panel, curves) for panel, curves in shown if curves]
    if not shown:
        return
    told = [(line["round"], line["health"]) for line in lines if "health" in line]
    rows = math.ceil(len(shown) / COLUMNS)
    words = min(len(told), MOST_TOLD) + (len(told) > MOST_TOLD)
    size = (COLUMNS * CELL[0] + 20, HEAD + rows * CELL[1] + words * ROW + 20)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    last = max(int(line["round"]) for line in lines)
    draw.text((14, 10), title or "Health", INK, _font(18))
    draw.text((14, 31), f"{last:,} rounds; a red line is a limit, a mark a sign", GREY, _font(11))
    for index, (panel, curves) in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        corner = (10 + column * CELL[0], HEAD + row * CELL[1])
        _draw_panel(draw, corner, panel, curves, last, [round for round, _ in told])
    top = HEAD + rows * CELL[1] + 8
    for index, (round, text) in enumerate(told[-MOST_TOLD:]):
        draw.text((14, top + index * ROW), f"{round:,}  {text}"[:190], RED, _font(12))
    if len(told) > MOST_TOLD:
        text = f"and {len(told) - MOST_TOLD} more, earlier"
        draw.text((14, top + MOST_TOLD * ROW), text, GREY, _font(12))
    with written_aside(path) as aside:
        picture.save(aside, "PNG")


def curves_of(lines: Sequence[Line], panel: Panel) -> list[Curve]:
    """The curves of a panel, those of rounds that were given up first."""
    final = max((line.get("rollbacks", 0) for line in lines), default=0)
    names = [
        (index, key)
        for index, name in enumerate(panel.names)
        for key in dict.fromkeys(key for line in lines for key in line)
        if key == name or (key.startswith("health/") and key.split("/")[-1] == name)
    ]
    curves = []
    for attempt in range(final + 1):
        begun = min((n["round"] for n in lines if n.get("rollbacks", 0) > attempt), default=None)
        for order, (index, key) in enumerate(names):
            points = [
                (int(line["round"]), float(line[key]))
                for line in lines
                if line.get("rollbacks", 0) == attempt and key in line
                and math.isfinite(line[key])
            ]  # fmt: skip
            colour = max(index, order) % len(COLOURS)
            kept = [point for point in points if begun is None or point[0] < begun]
            lost = [point for point in points if begun is not None and point[0] >= begun]
            if lost:
                curves.append(Curve([*kept[-1:], *lost], PALE[colour]))
            if kept:
                curves.append(Curve(kept, COLOURS[colour]))
    return sorted(curves, key=lambda curve: curve.colour in COLOURS)


def _draw_panel(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    panel: Panel,
    curves: Sequence[Curve],
    last: int,
    marks: Sequence[int],
) -> None:
    left, top = corner[0] + 6, corner[1] + 24
    right, bottom = corner[0] + CELL[0] - 52, corner[1] + CELL[1] - 10
    values = [value for curve in curves for _, value in curve.points]
    values += [*panel.span, *([] if panel.limit is None else [panel.limit])]
    scale = _scale(values, panel.logarithmic)

    def place(round: int, value: float) -> tuple[float, float]:
        return left + (right - left) * round / last, bottom - (bottom - top) * scale(value)

    x, words = float(left), [(panel.title, INK), *zip(panel.labels, COLOURS, strict=False)]
    for text, colour in words:
        draw.text((x, corner[1] + 6), text, colour, _font(12))
        x += draw.textlength(f"{text}  ", _font(12))
    draw.rectangle((left, top, right, bottom), outline=FRAME)
    for round in marks:
        x = place(round, min(values))[0]
        draw.line((x, bottom - 6, x, bottom), RED, 2)
    if panel.limit is not None:
        y = place(0, panel.limit)[1]
        draw.line((left, y, right, y), RED)
    for curve in curves:
        points = [place(*point) for point in curve.points]
        if len(points) == 1:
            x, y = points[0]
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=curve.colour)
        else:
            draw.line(points, curve.colour, 2)
    for value in {min(values), max(values)}:
        draw.text((right + 4, place(0, value)[1] - 6), f"{value:.3g}", GREY, _font(11))


def _scale(values: Sequence[float], logarithmic: bool) -> Callable[[float], float]:
    """A function from a value to where it lies between the lowest and the highest: 0 to 1."""
    low, high = min(values), max(values)
    if logarithmic and low > 0 and high > low:
        return lambda value: math.log(value / low) / math.log(high / low)
    return lambda value: (value - low) / (high - low) if high > low else 0.5


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
