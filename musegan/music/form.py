"""Form: which bars of a new tune come back to earlier ones, as the phrases of songs do.

Phrases of four bars, A A B A C C B A: a phrase that was there before begins as it did and ends
anew. So the form is a plan of reuse, and what a phrase is made of is not decided here.
"""

import numpy as np
import numpy.typing as npt

from musegan.music.sections import PHRASE_BARS

PHRASES = "AABACCBA"  # over and over
KEPT = (2, 3)  # bars of a phrase that come back: the fewest, the most
NEW = -1


def form_of(bars: int, seed: int) -> npt.NDArray[np.int64]:
    """For each bar the earlier bar that it repeats, or `NEW`, (bar,). The last bar is new."""
    random = np.random.default_rng(seed)
    source = np.full(bars, NEW)
    begun: dict[str, int] = {}
    for first in range(0, bars, PHRASE_BARS):
        letter = PHRASES[first // PHRASE_BARS % len(PHRASES)]
        kept = int(random.integers(KEPT[0], KEPT[1] + 1))
        if letter in begun:
            stop = min(first + kept, bars - 1)
            source[first:stop] = begun[letter] + np.arange(max(0, stop - first))
        else:
            begun[letter] = first
    return source
