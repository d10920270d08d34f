"""musegan evaluate, of a peer that was trained on the clips of AWS DeepComposer's notebook."""

from dataclasses import asdict
from pathlib import Path
from typing import Any


def evaluate_chorales(path: Path, data: Path | None, seeds: int) -> dict[str, Any]:
    """Print the notebook's measures of a peer's clips and of real ones; returns the figures."""
    import numpy as np
    import torch

    from musegan.data.barrolls import read_chorales
    from musegan.evaluate.chorales import chorale_figures, print_chorales
    from musegan.experiments.peers import load_peer, noise_of, sounding

    torch.set_num_threads(1)
    peer = load_peer(path)
    real = read_chorales(data or Path(peer.experiment.data.folder), peer.system.bars)
    melody = torch.from_numpy(real[:, 0])
    takes = [
        sounding(peer, melody, noise_of(peer, len(melody), seed), seed) for seed in range(seeds)
    ]
    rows = [
        chorale_figures("ours", torch.cat(takes).numpy()),
        chorale_figures("real", real.astype(np.bool_)),
    ]
    print_chorales(rows)
    return {"clips": len(real), "seeds": list(range(seeds)), "rows": [asdict(row) for row in rows]}
