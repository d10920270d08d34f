"""The table of an evaluation of pictures, for a terminal."""

import math

from rich.console import Console
from rich.table import Table

from musegan.evaluate.confidence import interval
from musegan.evaluate.pictures import PictureReport


def print_pictures(report: PictureReport, console: Console | None = None) -> None:
    """Print the table, at most 160 columns wide; to the terminal where no console is given."""
    console = console or Console(width=160)
    seeds = f"seeds {', '.join(map(str, report.seeds))}"
    table = Table(title=f"{report.pictures:,} pictures against as many of the test split, {seeds}")
    table.add_column("pictures", no_wrap=True)
    for name in ("FID", "KID x 1000", "precision", "recall", "density", "coverage", "modes"):
        table.add_column(name, justify="right")
    for name in ("KL", "score", "told apart"):
        table.add_column(name, justify="right")
    for row in report.rows:
        told = row.told_apart
        table.add_row(
            row.name,
            _figure(row.frechet, 2),
            f"{_figure(1000 * row.kernel, 2)} ± {_figure(1000 * row.kernel_deviation, 2)}",
            *(_figure(value) for value in (row.precision, row.recall, row.density, row.coverage)),
            f"{row.modes:g} of {report.classes}",
            _figure(row.divergence),
            _figure(row.score, 2),
            "-" if told is None else f"{told.accuracy:.3f} ({told.low:.3f}..{told.high:.3f})",
        )
    console.print(table)
    reads = report.rows[0].reads
    if math.isfinite(reads):
        console.print(
            f"Of ours the judge reads {100 * reads:.1f} % as the class that was asked for."
        )
    apart = interval([row.frechet for row in report.each])
    console.print(
        f"FID and the rest on the features of {report.judge} (accuracy {report.accuracy:.4f}), not "
        f"Inception's: they compare with rows of this table, not of others. FID of ours: {apart}, "
        f"{100 * report.share:.1f} % of the PCA-Gaussian's. Told apart: boosted trees, .5 is perfect."
    )


def _figure(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
