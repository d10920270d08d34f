"""The line that shows how a run goes: a bar on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Show = Callable[[int, Mapping[str, float]], None]  # (round, metrics line)
PLAIN_SECONDS = 10.0  # at least so much time between two plain lines


@contextmanager
def progress_line(console: Console, first: int, rounds: int) -> Iterator[Show]:
    """Yield what to call with each metrics line: shows the round, rounds/s, time left, terms."""
    started, shown = time.monotonic(), float("-inf")

    def describe(round: int, line: Mapping[str, float]) -> str:
        speed = (round - first) / max(time.monotonic() - started, 1e-9)
        left = duration((rounds - round) / max(speed, 1e-9))
        terms = "  ".join(f"{k} {v:.3g}" for k, v in line.items() if is_term(k))
        return f"{speed:.1f} rounds/s  {left} left  {terms}"

    def show_plain(round: int, line: Mapping[str, float]) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= PLAIN_SECONDS or round == rounds:
            shown = now
            text = f"round {round}/{rounds}  {describe(round, line)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)

    if not console.is_terminal:
        yield show_plain
        return
    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=rounds, completed=first)
        yield lambda round, line: progress.update(
            task, completed=round, description=describe(round, line)
        )


def is_term(name: str) -> bool:
    """Whether a number of a metrics line is a term of the game."""
    return "/" in name and not name.startswith("health/")


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
