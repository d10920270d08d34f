"""The table of an evaluation of sounds, for a terminal."""

import math

from rich.console import Console
from rich.table import Table

from musegan.evaluate.confidence import interval
from musegan.evaluate.sounds import SoundReport


def print_sounds(report: SoundReport, console: Console | None = None) -> None:
    """Print the table, at most 160 columns wide; to the terminal where no console is given."""
    console = console or Console(width=160)
    seeds = f"seeds {', '.join(map(str, report.seeds))}"
    table = Table(title=f"{report.sounds:,} sounds against as many of the test split, {seeds}")
    table.add_column("sounds", no_wrap=True)
    for name in ("score", "Frechet", "kernel x 1000", "precision", "recall", "coverage", "modes",
                 "KL", "|D|self", "|D|train", "heard as asked"):  # fmt: skip
        table.add_column(name, justify="right")
    for row in report.rows:
        table.add_row(
            row.name,
            _figure(row.score, 2),
            _figure(row.frechet, 2),
            _figure(1000 * row.kernel, 2),
            *(_figure(value) for value in (row.precision, row.recall, row.coverage)),
            f"{row.modes:g} of {report.classes}",
            *(_figure(value) for value in (row.divergence, row.among, row.to_train, row.reads)),
        )
    console.print(table)
    console.print(
        f"On the features of {report.judge} (accuracy {report.accuracy:.4f}): figures compare with "
        f"rows of this table, not of others. Score of ours: "
        f"{interval([row.score for row in report.each])}, {100 * report.share:.1f} % of real "
        f"sounds'. |D| are mean distances of mel bands to the nearest, of the test sounds'."
    )


def _figure(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
