"""Captions that nobody asked for, for samples of a model that wants some."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from musegan.data.captions import Vocabulary, draw_attributes


def drawn_captions(classes: Sequence[str], numbers: Sequence[int], seed: int) -> Tensor:
    """Captions of pictures by number, from 1, (picture, word): things in turn, the rest by the seed."""
    vocabulary = Vocabulary(tuple(classes))
    rows = []
    for number in numbers:
        rng = np.random.default_rng([seed, number, 1])
        things = np.array([(number - 1) % len(classes)])
        rows.append(vocabulary.write(draw_attributes(things, "seen", rng), rng)[0])
    return torch.from_numpy(np.stack(rows))
