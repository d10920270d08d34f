"""Cells for a codebook, drawn from prepared corpora: what is played often is drawn often."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from musegan.data.pianorolls import TRACK_NAMES, Rolls
from musegan.data.windows import track_planes

# Notes of a half bar, by track: denser ones are left out. Eight notes and more in a row that one song alone
# has are a copy of it; nobody's strings share so many with other people's.
DENSEST = {"strings": 8}


def draw_entries(
    corpora: Sequence[Rolls],
    shares: Sequence[float],
    styles: Sequence[str],
    track: str,
    count: int,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Cells of a track, near C major or A minor, none of them twice, the first of them silent.

    Of each style `count` cells are drawn from its songs in one corpus, that with the largest share in
    which somebody plays the track; cells that are alike are one, and of strings those are left out in which
    more notes begin than `DENSEST` says. A style in which nobody plays the track has all.

    Returns planes (entry, plane, step, pitch), 0 and 1 as bytes, and styles (entry, style), whether
    it was drawn for a style; silence is every style's.
    """
    column = TRACK_NAMES.index(track)
    drawn: list[Tensor] = []
    whose: list[int] = []
    for index, style in enumerate(styles):
        for rolls, _ in sorted(zip(corpora, shares, strict=True), key=lambda pair: -pair[1]):
            own = np.array([name == style for name in rolls.style])[rolls.song]
            busy = np.flatnonzero(own & rolls.planes[:, column].any((1, 2, 3)))
            if len(busy):
                chosen = np.sort(rng.choice(busy, min(count, len(busy)), replace=False))
                shift = rolls.shift[rolls.song[chosen]]
                drawn.append(track_planes(rolls.planes[chosen, column], track, shift))
                whose += [index] * len(chosen)
                break
    if not drawn:
        raise ValueError(f"nobody plays {track} in these corpora")
    whole = torch.cat(drawn)
    sparse = (whole[:, 0] > 0).sum((1, 2)) <= DENSEST.get(track, whole[0, 0].numel())
    whole, whose = whole[sparse], np.array(whose)[sparse.numpy()]
    cells, entry = np.unique(whole.flatten(1).numpy(), axis=0, return_inverse=True)
    belongs = np.zeros((1 + len(cells), len(styles)), bool)
    belongs[1 + entry, whose] = True
    belongs[:, ~belongs.any(0)] = True
    belongs[0] = True
    planes = np.zeros((1 + len(cells), *whole.shape[1:]), np.uint8)
    planes[1:] = cells.reshape(-1, *whole.shape[1:])
    return torch.from_numpy(planes), torch.from_numpy(belongs)
