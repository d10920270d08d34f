"""The screen of a live session: what it shows, and what it writes to show it."""

import io
from dataclasses import replace

import pytest

from musegan.live.computerkeys import key_map_lines
from musegan.live.status import Status
from musegan.music.band import Role
from musegan.music.metre import Metre
from musegan_cli.stage import Stage, pitch_name

PLAYING = Status(
    bar=5,
    beat=2,
    qpm=120.0,
    style="pop",
    key="C major",
    plan="playing",
    playing=(Role.DRUMS, Role.BASS, Role.PIANO),
    muted=(Role.STRINGS,),
    melody=(67, 64),
    band={Role.DRUMS: (36, 42), Role.BASS: (36,), Role.PIANO: (60, 52, 55)},
    lateness_p99_ms=1.26,
    generation_p50_ms=41.4,
    cpu_percent=23.2,
    input="Keystation 49",
    output="built-in sound",
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal; without a file number it is 80 by 24."""

    encoding = "utf-8"

    def isatty(self):
        return True

    def taken(self):
        """What was written since it was last asked."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class Screen:
    """So much of a terminal as the stage uses: lines, a row, clearing."""

    def __init__(self):
        self.lines, self.row, self.cursor = [""], 0, True

    def write(self, text):
        while text:
            if text.startswith("\x1b["):
                end = next(at for at in range(2, len(text)) if text[at].isalpha())
                code, text = text[2 : end + 1], text[end + 1 :]
                if code == "J":
                    del self.lines[self.row + 1 :]
                    self.lines[self.row] = ""
                elif code == "K":
                    self.lines[self.row] = self.lines[self.row][: self.column]
                elif code.endswith("A"):
                    self.row -= int(code[:-1])
                elif code in ("?25l", "?25h"):
                    self.cursor = code == "?25h"
            elif text[0] in "\r\n":
                self.column = 0
                if text[0] == "\n":
                    self.row += 1
                    self.lines += [""] * (self.row + 1 - len(self.lines))
                text = text[1:]
            else:
                line = self.lines[self.row]
                self.lines[self.row] = line[: self.column] + text[0] + line[self.column + 1 :]
                self.column += 1
                text = text[1:]
        return self

    column = 0

    def text(self):
        return "\n".join(self.lines).rstrip("\n")


def shown(status=PLAYING, metre=None, environment=None):
    terminal = Terminal()
    Stage(metre or Metre(), terminal, environment or {}).show(status)
    return Screen().write(terminal.taken()).text()


def test_the_picture_says_what_matters():
    assert shown() == (
        "bar 5    ○ ● ○ ○   120 bpm  pop  C major  temperature 1.0\n"
        "you      E4 G4\n"
        "drums    kick, hat            bass     C2\n"
        "piano    E3 G3 C4             guitar   -\n"
        "strings  muted                band     playing\n"
        "late     0 bars  p99 1.3 ms   writes in 41 ms   cpu 23 %\n"
        "in Keystation 49   out built-in sound   ? keys"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bar": 0, "plan": ""}, ["count-in ○ ●", "band     count-in"]),
        ({"plan": "waiting"}, ["waiting for you"]),
        ({"plan": "ending"}, ["band     ending"]),
        ({"plan": "fill"}, ["band     a fill"]),
        ({"plan": "something new"}, ["something new"]),
        ({"late_bars": 3}, ["late     3 bars"]),
        ({"late_notes": 0}, ["late     0 bars, 0 notes  p99"]),
        ({"late_bars": 3, "late_notes": 12}, ["late     3 bars, 12 notes  p99"]),
        ({"input": "", "output_connected": False}, ["in none", "built-in sound is gone"]),
        ({"beat": 0}, ["○ ○ ○ ○"]),
        ({"qpm": 97.3}, ["97.3 bpm"]),
        ({"band": {}}, ["drums    ♪", "bass     ♪", "guitar   -"]),
        ({"band": {Role.DRUMS: (35, 54, 81)}}, ["kick, hat, open hat"]),
    ],
)
def test_what_changes_is_told(change, words):
    picture = shown(replace(PLAYING, **change))
    assert all(word in picture for word in words)


def test_a_metre_has_its_beats_and_counts_its_tempo_in_them():
    picture = shown(replace(PLAYING, qpm=180.0), Metre(6, 8))
    assert picture.startswith("bar 5    ○ ●   120 bpm")


def test_no_line_is_wider_than_the_terminal(monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda fd: __import__("os").terminal_size((60, 24)))
    terminal = Terminal()
    terminal.fileno = lambda: 1
    crowd = {role: tuple(range(40, 90)) for role in Role}
    busy = replace(PLAYING, melody=tuple(range(128)), band=crowd, input="x" * 99, muted=())
    Stage(Metre(), terminal, {}).show(busy)
    lines = Screen().write(terminal.taken()).text().split("\n")
    assert len(lines) == 7
    assert max(map(len, lines)) == 59
    assert lines[1].endswith("…")


def test_a_low_terminal_keeps_the_last_lines(monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda fd: __import__("os").terminal_size((80, 4)))
    terminal = Terminal()
    terminal.fileno = lambda: 1
    Stage(Metre(), terminal, {}).show(PLAYING)
    assert len(Screen().write(terminal.taken()).text().split("\n")) == 3


def test_the_same_status_writes_nothing_and_a_new_beat_one_line():
    terminal = Terminal()
    stage = Stage(Metre(), terminal, {})
    stage.show(PLAYING)
    terminal.taken()
    stage.show(PLAYING)
    assert terminal.taken() == ""
    stage.show(replace(PLAYING, beat=3))
    written = terminal.taken()
    assert "bpm" in written
    assert "Keystation" not in written


def test_drawn_again_in_place_it_is_as_if_drawn_once():
    terminal, screen = Terminal(), Screen()
    stage = Stage(Metre(), terminal, {})
    for bar in (98, 99, 100, 7):
        stage.show(replace(PLAYING, bar=bar, melody=tuple(range(bar - 3, bar))))
    stage.show(PLAYING)
    assert screen.write(terminal.taken()).text() == shown()


def test_notices_stand_above_the_picture():
    terminal = Terminal()
    stage = Stage(Metre(), terminal, {})
    stage.notice("the model is loaded")
    stage.show(PLAYING)
    stage.notice("the keyboard is gone\nit comes back by itself\x1b[2J")
    assert Screen().write(terminal.taken()).text() == (
        "the model is loaded\nthe keyboard is gone\nit comes back by itself?[2J\n" + shown()
    )


def test_help_comes_and_goes():
    terminal, screen = Terminal(), Screen()
    stage = Stage(Metre(), terminal, {})
    stage.show(PLAYING)
    stage.toggle_help()
    keys = "\n".join(line.rstrip() for line in key_map_lines())
    assert screen.write(terminal.taken()).text() == keys + "\n" + shown()
    stage.toggle_help()
    assert screen.write(terminal.taken()).text() == shown()


def test_drawn_anew_it_leaves_what_others_wrote():
    terminal = Terminal()
    stage = Stage(Metre(), terminal, {})
    stage.show(PLAYING)
    terminal.write("$ fg\n")
    stage.again()
    stage.show(PLAYING)
    assert Screen().write(terminal.taken()).text() == f"{shown()}\n$ fg\n{shown()}"


def test_the_cursor_is_hidden_while_it_draws_and_shown_at_the_end():
    terminal, screen = Terminal(), Screen()
    with Stage(Metre(), terminal, {}) as stage:
        stage.show(PLAYING)
        assert not screen.write(terminal.taken()).cursor
    assert screen.write(terminal.taken()).cursor


def test_colours_are_left_out_where_they_are_not_wanted():
    def looks(environment):
        terminal = Terminal()
        Stage(Metre(), terminal, environment).show(replace(PLAYING, late_bars=1))
        return "\x1b[31m" in terminal.getvalue(), "\x1b[1m" in terminal.getvalue()

    assert looks({}) == (True, True)
    assert looks({"NO_COLOR": ""}) == (True, True)
    assert looks({"NO_COLOR": "1"}) == (False, False)


def test_a_terminal_without_such_signs_gets_plain_ones():
    class Old(Terminal):
        encoding = "ascii"

    terminal = Old()
    Stage(Metre(), terminal, {}).show(replace(PLAYING, band={}))
    text = Screen().write(terminal.taken()).text()
    assert text.isascii()
    assert text.startswith("bar 5    . # . .")


def test_elsewhere_a_bar_is_a_line():
    stream = io.StringIO()
    with Stage(Metre(), stream, {}) as stage:
        stage.notice("no MIDI keyboard")
        for bar in (0, 1, 2):
            for beat in range(5):
                status = replace(PLAYING, bar=bar, beat=beat)
                stage.show(status if bar else replace(status, key="", playing=(), plan="waiting"))
    assert stream.getvalue().splitlines() == [
        "no MIDI keyboard",
        "count-in  120 bpm  waiting for you  late 0",
        "bar 1  C major  120 bpm  drums bass piano  late 0",
        "bar 2  C major  120 bpm  drums bass piano  late 0",
    ]


def test_elsewhere_help_is_printed_and_a_dumb_terminal_is_elsewhere():
    terminal = Terminal()
    stage = Stage(Metre(), terminal, {"TERM": "dumb"})
    stage.toggle_help()
    stage.close()
    assert terminal.getvalue().splitlines() == key_map_lines()


def test_a_name_that_a_console_cannot_write_does_not_end_the_music():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Stage(Metre(), stream, {}).notice("Klavier für Anfänger")
    stream.seek(0)
    assert stream.read() == "Klavier f?r Anf?nger\n"


def test_pitches_have_names():
    assert [pitch_name(pitch) for pitch in (0, 60, 61, 70, 127)] == [
        "C-1",
        "C4",
        "Db4",
        "Bb4",
        "G9",
    ]
