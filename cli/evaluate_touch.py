"""musegan evaluate, of a touch."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click


def evaluate_touch(path: Path, data: Path | None, seeds: int) -> dict[str, Any]:
    """Print how a touch is told from people's, beside rules; returns the figures."""
    import torch

    from musegan.evaluate.touch import print_touch
    from musegan.experiments.touch_measuring import measure
    from musegan.experiments.touches import load_touch

    torch.set_num_threads(1)
    model = load_touch(path)
    wanted = model.experiment.data
    if data is not None:
        wanted = replace(wanted, folder=str(data))
    rows, windows = measure(model, wanted, seeds, lambda line: click.echo(line, err=True))
    print_touch(rows, windows)
    return {"windows": windows, "seeds": list(range(seeds)), "rows": [asdict(row) for row in rows]}
