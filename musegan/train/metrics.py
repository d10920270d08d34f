"""metrics.jsonl and TensorBoard: what was measured, line by line, in a run that may be resumed.

After a run was taken back to an earlier round, its lines say so with "rollbacks", and rounds come
a second time. What is read back is what belongs to the past of the checkpoint that is resumed.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from musegan.files import write_whole
from musegan.train import ranks
from musegan.train.game import Terms


class Averages:
    """The mean of each term since it was last taken; stays on the terms' device until then."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[Tensor | float, int]] = {}

    def add(self, terms: Terms) -> None:
        for name, value in terms.items():
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + value.float(), count + 1)

    def means(self) -> dict[str, float]:
        return {name: float(total) / count for name, (total, count) in self.sums.items()}

    def take(self) -> dict[str, float]:
        means, self.sums = self.means(), {}
        return means

    def state_dict(self) -> dict[str, Any]:
        return {name: (float(total), count) for name, (total, count) in self.sums.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.sums = dict(state)


class Metrics:
    """Writes lines, in the first rank alone.

    Lines that are there after round `first`, or after more `rollbacks`, are of a future that was
    lost, and are left out.
    """

    def __init__(self, folder: Path, first: int, rollbacks: int, tensorboard: bool) -> None:
        path = folder / "metrics.jsonl" if ranks.is_first() else Path(os.devnull)
        kept = [line for line in read_metrics(path) if _place(line) <= (rollbacks, first)]
        if ranks.is_first():
            write_whole(path, "".join(json.dumps(line) + "\n" for line in kept).encode())
        self.file = path.open("a")
        self.before = float(kept[-1]["seconds"]) if kept else 0.0  # spent by earlier calls
        self.started = self.last = time.monotonic()
        self.last_round = first
        self.writer: Any = None
        if tensorboard and ranks.is_first():
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first + 1)

    def write(
        self, round: int, values: dict[str, float], words: str = "", rollbacks: int = 0
    ) -> dict[str, float]:
        """Write one line; `words` is what health has to say. Returns its numbers."""
        now = time.monotonic()
        numbers = {
            "round": round,
            **({"rollbacks": rollbacks} if rollbacks else {}),
            **values,
            "seconds": self.before + now - self.started,
            "rounds_per_second": (round - self.last_round) / max(now - self.last, 1e-9),
        }
        self.last, self.last_round = now, round
        line = {**numbers, **({"health": words} if words else {})}
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
        if self.writer is not None:
            for name, value in numbers.items():
                if name != "round":
                    self.writer.add_scalar(name, value, round)
            if words:
                self.writer.add_text("health", words, round)
        return numbers

    def __enter__(self) -> "Metrics":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        if self.writer is not None:
            self.writer.close()


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a metrics file; one that was cut short by a kill is left out."""
    for text in path.read_text().splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and "round" in line and "seconds" in line:
            yield line


def _place(line: dict[str, Any]) -> tuple[int, int]:
    return line.get("rollbacks", 0), line["round"]
