"""How well a band's autoencoders give back half bars they have not learned from.

    python benchmarks/cells.py DATA [--model NAME|FILE]

DATA holds a folder for each corpus. Of each corpus's validation split every cell of every role
that a song has is encoded and decoded, in its melody's key; printed are the F1 of onsets, the
share of cells that come back without a fault, and onsets a cell, real and decoded.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.data.corpora import CORPORA
from musegan.data.preparation import prepare
from musegan.data.windows import role_planes
from musegan.experiments.band import load_band
from musegan.music.band import ROLES
from musegan.pretrained import find_model


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description="How well autoencoders give back half bars.")
    parser.add_argument("data", type=Path, help="folder with a folder for each corpus")
    parser.add_argument("--model", default="band", help="bundled model or weights file")
    given = parser.parse_args()
    torch.set_num_threads(1)
    _, cells, _ = load_band(find_model(given.model))
    table = Table("corpus", "role", "cells", "onset F1", "exact", "onsets real", "decoded")
    rows = []
    for corpus in CORPORA:
        rolls = prepare(corpus, given.data / corpus, "validation", jobs=2)
        for index, role in enumerate(ROLES):
            chosen = np.flatnonzero(rolls.present[rolls.song, index])
            if not len(chosen):
                continue
            shift = rolls.shift[rolls.song[chosen]]
            real = role_planes(rolls.planes[chosen, 1 + index], role, shift).float()
            with torch.inference_mode():
                decoded = (cells.decode(role.value, cells.encode(role.value, real)) > 0).float()
            onsets, made = real[:, 0], decoded[:, 0]
            row = {
                "corpus": corpus,
                "role": role.value,
                "cells": len(chosen),
                "onset_f1": float(2 * (onsets * made).sum() / (onsets.sum() + made.sum())),
                "exact": float((real == decoded).flatten(1).all(1).float().mean()),
                "onsets_real": float(onsets.sum((1, 2)).mean()),
                "onsets_decoded": float(made.sum((1, 2)).mean()),
            }
            rows.append(row)
            shown = [f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()]
            table.add_row(*shown)
    Console().print(table)
    print(write_result("cells", {"model": str(given.model), "rows": rows}))


if __name__ == "__main__":
    main()
