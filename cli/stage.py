"""The stage: the screen of a live session.

On a terminal seven lines, drawn again in place where they change; elsewhere a line a bar.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TextIO

from musegan.live.computerkeys import key_map_lines
from musegan.live.status import Status
from musegan.music.band import DRUM_KEYS, NEAREST_DRUM, ROLES, Role
from musegan.music.metre import Metre

from .terminal import SHOW_CURSOR

NARROWEST = 20  # columns that are drawn at least
WIDEST = 100
_NAME, _PART = 9, 20  # columns of a name, and of what a role plays
_HIDE_CURSOR, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[?25l", "\x1b[K", "\x1b[J"
_CUT, _WRAP = "\x1b[?7l", "\x1b[?7h"  # what the terminal does with lines that are too long
_BOLD, _DIM, _RED, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"

_PITCH_CLASSES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_DRUMS = {key: name.removeprefix("closed ") for name, key in DRUM_KEYS.items()}
_PLANS = {
    "waiting": "waiting for you",
    "listening": "listening",
    "playing": "playing",
    "fill": "a fill",
    "ending": "ending",
    "resting": "resting until you play",
    "stopped": "stopped; space starts it",
    "ended": "the end",
}

Piece = tuple[str, str]  # text, and the escape sequence of its look; "" is plain


class Stage:
    """Draws what the engine reports.  Thread: main.

    No colours where NO_COLOR is set, and no more than the terminal is wide.
    """

    def __init__(
        self,
        metre: Metre,
        stream: TextIO | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.metre = metre
        self.stream = sys.stdout if stream is None else stream
        environment = os.environ if environment is None else environment
        self._live = self.stream.isatty() and environment.get("TERM", "") != "dumb"
        self._colours = not environment.get("NO_COLOR")
        self._signs = _signs(self.stream.encoding)
        self._shown: list[str] = []  # the lines on the terminal; the cursor is below them
        self._size = (0, 0)
        self._status: Status | None = None
        self._bar: int | None = None  # the last that got its plain line
        self._help = False
        if self._live and sys.platform == "win32":
            os.system("")  # has older consoles obey escape sequences

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def show(self, status: Status) -> None:
        """Show how things are; call it ten times a second or so."""
        self._status = status
        if self._live:
            self._draw()
        elif status.bar != self._bar and status.beat:
            self._bar = status.bar
            self._write(plain_line(status, self.metre) + "\n")

    def notice(self, text: str) -> None:
        """Say something in words, above the picture."""
        lines = [_printable(line) for line in text.splitlines()]
        if self._live:
            self._draw(lines)
        else:
            self._write("".join(f"{line}\n" for line in lines))

    def toggle_help(self) -> None:
        """Show the keys, or hide them again where they can be hidden."""
        if self._live:
            self._help = not self._help
            self._draw()
        else:
            self.notice("\n".join(key_map_lines()))

    def again(self) -> None:
        """Draw all anew, below what others have written.  Thread: main, also in a signal handler."""
        self._shown = []

    def close(self) -> None:
        """Leave the last picture, and the cursor below it."""
        if self._live:
            self._write(SHOW_CURSOR)

    def _draw(self, notices: Sequence[str] = ()) -> None:
        """Write what is not there yet, and notices above it."""
        columns, rows = self._measure()
        lines: list[str] = []
        if self._status is not None:
            if self._help:
                lines = [self._fitted([(line, "")], columns) for line in key_map_lines()]
            pieces = picture(self._status, self.metre, self._signs)
            lines += [self._fitted(line, columns) for line in pieces]
            lines = lines[-max(1, rows - 1) :]
        shown, anew = self._shown, bool(notices)
        if (columns, rows) != self._size or len(lines) != len(shown):
            anew = True
        if lines == shown and not anew:
            return
        out = [_HIDE_CURSOR]
        if shown:
            out.append(f"\r\x1b[{len(shown)}A")
        if anew:
            out += [_CLEAR_BELOW, *(f"{line}\n" for line in notices), _CUT]
            out += [f"{line}\n" for line in lines]
        else:
            out.append(_CUT)
            for line, old in zip(lines, shown, strict=True):
                out.append("\n" if line == old else f"{line}{_CLEAR_LINE}\n")
        out.append(_WRAP)
        self._shown, self._size = lines, (columns, rows)
        self._write("".join(out))

    def _measure(self) -> tuple[int, int]:
        """Columns that may be drawn on, and rows."""
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            size = os.terminal_size((80, 24))
        columns, rows = size.columns or 80, size.lines or 24  # some report nothing, as 0
        return min(max(columns - 1, NARROWEST), WIDEST), rows

    def _fitted(self, pieces: Sequence[Piece], columns: int) -> str:
        """A line cut to fit, with its looks."""
        out: list[str] = []
        room = columns
        for text, look in pieces:
            if len(text) > room:
                text = _cut(text, room, self._signs["more"])
            room -= len(text)
            out.append(f"{look}{text}{_PLAIN}" if look and self._colours and text else text)
            if room <= 0:
                break
        return "".join(out).rstrip(" ")

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
        except UnicodeEncodeError:  # a name of a port, such as an old console cannot write
            encoding = self.stream.encoding or "ascii"
            self.stream.write(text.encode(encoding, "replace").decode(encoding))
        self.stream.flush()


def plain_line(status: Status, metre: Metre) -> str:
    """A bar in a line, such as "bar 5  C major  120 bpm  drums bass  late 0"."""
    place = f"bar {status.bar}" if status.bar > 0 else "count-in"
    roles = " ".join(role.value for role in ROLES if role in status.playing)
    parts = (
        place,
        status.key,
        f"{_bpm(status, metre)} bpm",
        roles or _PLANS.get(status.plan, status.plan),
        f"late {status.late_bars}",
    )
    return "  ".join(_printable(part) for part in parts if part)


def picture(status: Status, metre: Metre, signs: Mapping[str, str]) -> list[list[Piece]]:
    """The lines of the screen, in pieces; the first columns hold what matters most."""
    count_in = status.bar < 1
    first: list[Piece] = [
        (f"{'count-in' if count_in else f'bar {status.bar}':<{_NAME}}", _BOLD),
        (_dots(status.beat, metre.beats_per_bar, signs), _BOLD if status.beat == 1 else ""),
        (f"   {_bpm(status, metre)} bpm", ""),
        (f"  {_printable(status.style)}" if status.style else "", ""),
        (f"  {_printable(status.key)}" if status.key else "", ""),
        (f"  temperature {status.temperature:.1f}", ""),
    ]
    plan = "count-in" if count_in and not status.plan else _PLANS.get(status.plan, status.plan)
    parts = [(role.value, *_part(status, role, signs)) for role in ROLES]
    parts.append(("band", _printable(plan), _BOLD))
    late = _RED if status.late_bars else ""
    notes: list[Piece] = []
    if status.late_notes is not None:
        notes = [(f", {status.late_notes} notes", _RED if status.late_notes else "")]
    health: list[Piece] = [
        (f"{'late':<{_NAME}}{status.late_bars} bars", late),
        *notes,
        (f"  p99 {status.lateness_p99_ms:.1f} ms", ""),
        (f"   writes in {status.generation_p50_ms:.0f} ms", ""),
        (f"   cpu {status.cpu_percent:.0f} %", ""),
    ]
    ports: list[Piece] = [
        *_port("in", status.input, status.input_connected),
        ("   ", ""),
        *_port("out", status.output, status.output_connected),
        ("   ? keys", _DIM),
    ]
    return [
        first,
        [(f"{'you':<{_NAME}}", _DIM), (_names(status.melody), _BOLD)],
        *(_pair(parts[at], parts[at + 1], signs) for at in range(0, len(parts), 2)),
        health,
        ports,
    ]


def pitch_name(pitch: int) -> str:
    """Such as "C4", the middle C."""
    return f"{_PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def _pair(
    left: tuple[str, str, str], right: tuple[str, str, str], signs: Mapping[str, str]
) -> list[Piece]:
    name, text, look = left
    return [
        (f"{name:<{_NAME}}", _DIM),
        (f"{_cut(text, _PART, signs['more']):<{_PART}} ", look),
        (f"{right[0]:<{_NAME}}", _DIM),
        right[1:],
    ]


def _part(status: Status, role: Role, signs: Mapping[str, str]) -> Piece:
    """What a role does."""
    if role in status.muted:
        return "muted", _DIM
    pitches = status.band.get(role, ())
    if pitches:
        return _drum_names(pitches) if role is Role.DRUMS else _names(pitches), ""
    return (signs["plays"], "") if role in status.playing else (signs["rests"], _DIM)


def _names(pitches: Iterable[int]) -> str:
    return " ".join(map(pitch_name, sorted(pitches)))


def _drum_names(pitches: Iterable[int]) -> str:
    drums = (_DRUMS.get(NEAREST_DRUM.get(key) or key, pitch_name(key)) for key in sorted(pitches))
    return ", ".join(dict.fromkeys(drums))


def _dots(beat: int, beats: int, signs: Mapping[str, str]) -> str:
    return " ".join(signs["beat" if at == beat else "other"] for at in range(1, beats + 1))


def _bpm(status: Status, metre: Metre) -> str:
    """Beats a minute, as a metronome has them: of dotted quarters in 6/8."""
    return f"{status.qpm / metre.beat_quarters:.1f}".removesuffix(".0")


def _port(kind: str, name: str, connected: bool) -> list[Piece]:
    name = _printable(name) or "none"
    return [(f"{kind} ", _DIM), (name, "") if connected else (f"{name} is gone", _RED)]


def _signs(encoding: str | None) -> dict[str, str]:
    """The signs that a stream can write."""
    signs = {"beat": "●", "other": "○", "more": "…", "plays": "♪", "rests": "-"}
    try:
        "".join(signs.values()).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return {"beat": "#", "other": ".", "more": "~", "plays": "*", "rests": "-"}
    return signs


def _cut(text: str, room: int, more: str) -> str:
    """As much of a text as there is room for."""
    return text if len(text) <= room else text[: max(room - len(more), 0)] + more


def _printable(text: str) -> str:
    """A text without what would move the cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
