"""A song as a picture that a musician can read: a lane for each track, systems one below another.

Time runs in quarter notes, so bars of one metre are equally wide. Systems break at bar lines.
Colours are those of Okabe and Ito, "Color Universal Design" (2008), told apart by the colour-blind
too; a soft note is paler than a loud one.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from symusic.core import ScoreTick

from musegan.files import written_aside
from musegan.images.lanes import DRUM_ROW, Lane, lanes_of
from musegan.images.systems import Bar, System, bars_of, lay_out
from musegan.music.midi import seconds_of_ticks

NARROWEST, TALLEST = 760, 12_000  # pixels, of the picture
LEFT, RIGHT, GAP = 132, 24, 8
SYSTEM_HEAD, SYSTEM_FOOT = 30, 26

INK, GREY, BAR_LINE, BEAT_LINE, OCTAVE_LINE = "#222222", "#666666", "#8c8c8c", "#e6e6e6", "#d0d0d0"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_pianoroll(score: ScoreTick, path: Path | None = None, *, title: str = "") -> Image.Image:
    """Draw all tracks that have notes; write a PNG to `path` if there is one."""
    return draw_lanes(score, lanes_of(score), path, title=title)


def draw_lanes(
    score: ScoreTick,
    lanes: Sequence[Lane],
    path: Path | None = None,
    *,
    title: str = "",
    legend: Sequence[tuple[str, str]] = (),
) -> Image.Image:
    """Draw lanes over the bars of a score; `legend` has names and their colours."""
    bars = bars_of(score)
    height = SYSTEM_HEAD + sum(lane.height + GAP for lane in lanes) + SYSTEM_FOOT
    head = 64
    layout = lay_out(bars, score.ticks_per_quarter, max(1, (TALLEST - head) // height))
    size = max(NARROWEST, LEFT + layout.width + RIGHT), head + height * len(layout.systems)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    _draw_head(draw, score, title, len(bars), bool(lanes), legend)
    for index, system in enumerate(layout.systems):
        _System(draw, score, bars, system, layout.quarter, head + index * height).draw(lanes)
    if path is not None:
        with written_aside(path) as aside:
            picture.save(aside, "PNG", optimize=False)
    return picture


def _draw_head(
    draw: ImageDraw.ImageDraw,
    score: ScoreTick,
    title: str,
    bars: int,
    sounds: bool,
    legend: Sequence[tuple[str, str]],
) -> None:
    draw.text((LEFT, 10), title or "Piano roll", INK, _font(22))
    seconds = float(seconds_of_ticks(score, [float(score.end())])[0])
    tempos = sorted({round(tempo.qpm) for tempo in score.tempos}) or [120]
    pace = f"{tempos[0]}" if len(tempos) == 1 else f"{tempos[0]} to {tempos[-1]}"
    facts = f"{bars} bars, {_clock(seconds)}, {pace} quarter notes a minute"
    draw.text((LEFT, 38), facts if sounds else "no notes", GREY, _font(13))
    x = LEFT + draw.textlength(facts, _font(13))
    for name, colour in legend:
        draw.text((x + 24, 38), name, colour, _font(13))
        x += 24 + draw.textlength(name, _font(13))


class _System:
    """One system on the picture: where its bars lie, in pixels."""

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        score: ScoreTick,
        bars: list[Bar],
        system: System,
        quarter: float,
        top: int,
    ) -> None:
        self.to = draw
        self.score = score
        self.bars = bars[system.first : system.last + 1]
        self.first_number = system.first + 1
        self.pixels_a_tick = quarter / score.ticks_per_quarter
        self.top = top
        self.start, self.end = self.bars[0].start, self.bars[-1].end

    def x(self, tick: float) -> float:
        """The pixel of a tick."""
        return LEFT + (min(max(tick, self.start), self.end) - self.start) * self.pixels_a_tick

    def draw(self, lanes: Sequence[Lane]) -> None:
        """Draw the lanes and the bars' numbers."""
        top = self.top + SYSTEM_HEAD
        bottom = top
        for lane in lanes:
            self._lane(lane, bottom)
            bottom += lane.height + GAP
        self._bar_heads(top, bottom - GAP if lanes else top)

    def _bar_heads(self, top: int, bottom: int) -> None:
        seconds = float(seconds_of_ticks(self.score, [float(self.start)])[0])
        self.to.text((8, top - 18), _clock(seconds), GREY, _font(12))
        narrowest = min(bar.end - bar.start for bar in self.bars[:-1] or self.bars)
        every = next(
            n for n in (1, 2, 4, 8, 16, 32, 64, 1 << 30) if n * narrowest * self.pixels_a_tick >= 26
        )
        for offset, bar in enumerate(self.bars):
            x, number = self.x(bar.start), self.first_number + offset
            self.to.line((x, top - 4, x, bottom), BAR_LINE, 2 if bar.metre else 1)
            shift = 0.0
            if bar.metre:
                self.to.text((x + 3, top - 18), bar.metre, INK, _font(13))
                shift = self.to.textlength(bar.metre, _font(13)) + 10
            if (offset == 0 or (number - 1) % every == 0) and (
                self.to.textlength(str(number), _font(12)) + shift
                < (bar.end - bar.start) * self.pixels_a_tick * every
            ):
                self.to.text((x + 3 + shift, top - 17), str(number), GREY, _font(12))
        x = self.x(self.end)
        self.to.line((x, top - 4, x, bottom), BAR_LINE, 1)

    def _lane(self, lane: Lane, top: int) -> None:
        foot = top + lane.height
        right = self.x(self.end)
        self.to.rectangle((LEFT, top, right, foot), "#fafafa")
        self._beat_lines(top, foot)
        slack = (lane.height - lane.rows * lane.row_height) / 2
        for row in lane.lines:
            y = foot - slack - row * lane.row_height
            self.to.line((LEFT, y, right, y), OCTAVE_LINE)
        self._margin(lane, top, foot, slack)
        inside = (lane.notes[:, 0] < self.end) & (lane.notes[:, 1] > self.start)
        colours = lane.colours or (lane.colour,) * len(lane.notes)
        for index in np.flatnonzero(inside).tolist():
            start, end, row, velocity = lane.notes[index].tolist()
            y = foot - slack - (row + 1) * lane.row_height
            left = self.x(start)
            width = max(2.0, self.x(end) - left - 1)
            if lane.row_height == DRUM_ROW:
                width = min(max(width, 3.0), 5.0)
                y += 2
            tall = lane.row_height - (4 if lane.row_height == DRUM_ROW else 0)
            fill = _shade(colours[index], velocity)
            self.to.rectangle((left, y, left + width - 1, y + tall - 1), fill)
            if width > 4 and start >= self.start:  # the onset, so that repeated notes show
                self.to.line(
                    (left, y, left, y + tall - 1), _shade(colours[index], 127, darker=True)
                )

    def _beat_lines(self, top: int, foot: int) -> None:
        for bar in self.bars:
            if bar.beat * self.pixels_a_tick >= 9:
                for tick in np.arange(bar.start + bar.beat, bar.end - 1, bar.beat).tolist():
                    self.to.line((self.x(tick), top, self.x(tick), foot), BEAT_LINE)
            self.to.line((self.x(bar.start), top, self.x(bar.start), foot), BAR_LINE)

    def _margin(self, lane: Lane, top: int, foot: int, slack: float) -> None:
        self.to.rectangle((LEFT - 5, top, LEFT - 1, foot), lane.colour)
        small = _font(10)
        for row, label in lane.labels.items():
            middle = 0.5 if lane.row_height == DRUM_ROW else 0.0
            y = foot - slack - (row + middle) * lane.row_height
            self.to.text((LEFT - 9, y), label, GREY, small, anchor="rm")
        room = (
            LEFT
            - 9
            - 8
            - max((self.to.textlength(label, small) for label in lane.labels.values()), default=0)
            - 6
        )
        name = lane.name
        while len(name) > 1 and self.to.textlength(name, _font(12)) > room:
            name = name[:-2].rstrip() + "…"
        self.to.text(
            (8, (top + foot) / 2),
            name,
            _shade(lane.colour, 127, darker=True),
            _font(12),
            anchor="lm",
        )


def _shade(colour: str, velocity: int, *, darker: bool = False) -> tuple[int, int, int]:
    """A colour, paler for softer notes: white shines through by up to a half."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    if darker:
        return red * 2 // 3, green * 2 // 3, blue * 2 // 3
    white = 0.5 * (1 - min(velocity, 127) / 127)
    return tuple(round(part + (255 - part) * white) for part in (red, green, blue))  # type: ignore[return-value]


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"
