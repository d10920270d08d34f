"""What an evaluation says: its figures as JSON, and as tables for a terminal."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from musegan.evaluate.structure import Structure
from musegan.evaluate.structuretables import structure_tables
from musegan.evaluate.twosample import ToldApart
from musegan.music.band import Role
from musegan.music.harmony import Harmony
from musegan.music.texture import PublishedTexture, Texture

REAL = "real"


@dataclass(frozen=True)
class Row:
    """One kind of band: the means over songs of all that is measured of it."""

    name: str
    per_beat: Harmony  # the judged roles together, pooled per beat
    per_step: Harmony  # the same at each step
    texture: Mapping[Role, Texture]  # of roles judged or played, over the songs that have them
    published: Mapping[Role, PublishedTexture]
    structure: Structure
    frechet: float  # to the real windows; of the real row, between odd and even songs
    ratio: float  # that, over the real row's
    told_apart: ToldApart | None  # None where nobody asked, and for the real row


@dataclass(frozen=True)
class Readiness:
    """How soon the cells of a band that plays along were written."""

    answers: int
    in_time: float  # share that took less than `limit_ms`
    limit_ms: float  # from the band's being asked to the cell's beginning
    p50_ms: float
    p99_ms: float
    max_ms: float


def readiness(seconds: Sequence[float], limit_ms: float) -> Readiness | None:
    """Of answers that took so long; None where there are none."""
    if not len(seconds):
        return None
    spent = 1e3 * np.asarray(seconds, np.float64)
    p50, p99 = np.percentile(spent, [50, 99]).tolist()
    in_time = float((spent < limit_ms).mean())
    return Readiness(len(spent), in_time, limit_ms, p50, p99, float(spent.max()))


@dataclass(frozen=True)
class Report:
    """An evaluation: a row for our band, one for the real one, and one for each baseline."""

    songs: int
    windows: int  # of four bars, that the Frechet distance and the classifier see
    seeds: tuple[int, ...]
    judged: tuple[Role, ...]  # the roles whose harmony and features are judged
    rows: tuple[Row, ...]
    training_songs: Mapping[Role, int]  # in which copies were looked for
    readiness: Readiness | None = None  # of a band that plays along

    def row(self, name: str) -> Row:
        """The row of that name; KeyError where there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    @property
    def floor(self) -> float:
        """The Frechet distance between the odd and the even songs of real music."""
        return self.row(REAL).frechet

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and numbers; what is not a number becomes None."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the tables, at most 160 columns wide; to the terminal where no console is given."""
    console = console or Console(width=160)
    console.print(_harmony_table(report))
    console.print(_texture_table(report))
    for table in structure_tables(report.rows, report.row(REAL)):
        console.print(table)
    console.print(_published_table(report))
    console.print(
        "MCTD lower agrees more; PCS, NiC, CTnCTR, CR higher agree more. A band is good where it "
        "comes close to real, not where it beats it.\n"
        f"Fréchet: {report.windows} windows of 4 bars, plain features of "
        f"{', '.join(role.value for role in report.judged)}; x floor: over that of real odd against "
        f"even songs. Told apart: boosted trees, .5 is perfect."
    )
    console.print(
        "Patterns and phrases, shares of bars: ± half a 95 % interval over seeds. Two bands: two "
        "seeds'; of real bands, two passages of one melody, played anew."
    )
    if known := report.training_songs:
        songs = ", ".join(f"{role.value} {number:,}" for role, number in known.items())
        console.print(f"Run: notes in a row that a training song has too, in any key ({songs}).")
    else:
        console.print(
            "Copies were not looked for: no corpus is prepared here. `musegan prepare` makes them, "
            "--training FOLDER says where they are."
        )
    if ready := report.readiness:
        console.print(
            f"Playing along: of {ready.answers} cells {100 * ready.in_time:.2f} % were ready in time, "
            f"within {ready.limit_ms:.0f} ms of being asked for; ms a cell: p50 {ready.p50_ms:.1f}, "
            f"p99 {ready.p99_ms:.1f}, max {ready.max_ms:.1f}. The row to beat is causal chords, which "
            f"knows as little."
        )


def _harmony_table(report: Report) -> Table:
    seeds = f"seeds {', '.join(map(str, report.seeds))}" if report.seeds else "no seed"
    judged = " + ".join(role.value for role in report.judged)
    table = Table(title=f"{judged} against the melody, {report.songs} songs, {seeds}")
    table.add_column("band", no_wrap=True)
    for name in ("MCTD", "PCS", "NiC", "TD", "CTnCTR", "CR", "UR"):
        table.add_column(name, justify="right")
    for name in ("MCTD/16", "PCS/16", "NiC/16", "Fréchet", "x floor", "told apart"):
        table.add_column(name, justify="right")
    for row in report.rows:
        beat, step = row.per_beat, row.per_step
        table.add_row(
            row.name,
            *(_figure(value) for value in (
                beat.centroid_distance, beat.pitch_consonance, beat.notes_in_chord,
                beat.tonal_distance, step.chord_tones, step.consonant, step.unsupported,
                step.centroid_distance, step.pitch_consonance, step.notes_in_chord,
            )),
            _figure(row.frechet, 2),
            _figure(row.ratio, 2),
            _interval(row.told_apart),
        )  # fmt: skip
    return table


_TEXTURE_COLUMNS: Sequence[tuple[str, Callable[[Texture], float]]] = (
    ("EB", lambda one: one.empty_bars),
    ("UPC", lambda one: one.pitch_classes),
    ("pitches", lambda one: one.pitches),
    ("PP ≥2", lambda one: one.polyphony),
    ("PP >2", lambda one: one.dense_polyphony),
    ("QN", lambda one: one.qualified_notes),
    ("notes/bar", lambda one: one.notes),
    ("beats/note", lambda one: one.note_beats),
    ("groove", lambda one: one.groove),
    ("entropy", lambda one: one.entropy),
    ("scale", lambda one: one.scale),
    ("DP", lambda one: one.drum_pattern),
)


def _texture_table(report: Report) -> Table:
    table = Table(title="Each track")
    table.add_column("track", no_wrap=True)
    table.add_column("band", no_wrap=True)
    for name, _ in _TEXTURE_COLUMNS:
        table.add_column(name, justify="right")
    for role in report.row(REAL).texture:
        for row in report.rows:
            if role in row.texture:
                figures = (value(row.texture[role]) for _, value in _TEXTURE_COLUMNS)
                table.add_row(role.value, row.name, *map(_figure, figures))
        table.add_section()
    return table


def _published_table(report: Report) -> Table:
    roles = tuple(report.row(REAL).published)
    table = Table(title="As published code computes them (only to compare with papers' tables)")
    table.add_column("band", no_wrap=True)
    table.add_column("TD", justify="right")
    for role in roles:
        for name in ("“EB”", "UPC", "QN", "DP"):
            if name != "DP" or role is Role.DRUMS:
                table.add_column(f"{role.value}\n{name}", justify="right")
    for row in report.rows:
        figures = [row.per_step.published_tonal_distance]
        for role in roles:
            one = row.published.get(role)
            figures += [one.empty_bars, one.pitch_classes, one.qualified_notes] if one else _GAP
            if role is Role.DRUMS:
                figures.append(one.drum_pattern if one else math.nan)
        table.add_row(row.name, *map(_figure, figures))
    return table


_GAP = [math.nan] * 3


def _figure(value: float, digits: int = 3) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _interval(told: ToldApart | None) -> str:
    return "-" if told is None else f"{told.accuracy:.3f} ({told.low:.3f}..{told.high:.3f})"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key.value if isinstance(key, Role) else key: _plain(one) for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Role):
        return value.value
    return None if isinstance(value, float) and not math.isfinite(value) else value
