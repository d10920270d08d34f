"""Drum fills: what a drummer plays before a new section begins, and the crash that begins it."""

import numpy as np

from musegan.music.arrangement import START, Notes
from musegan.music.band import DRUM_KEYS

# A letter a step; the end of a pattern is the end of the bar, so a short cell takes its last steps.
_DRUMS = {"K": "kick", "S": "snare", "T": "high tom", "M": "mid tom", "L": "low tom"}
_STRAIGHT = ("S.SSTTML", "K.S.STML", "S..S.SSL", "SSTTMMLL", "K.S.T.L.", "..SST.ML")
_COMPOUND = ("S.T.M.L.", "SSTTMMLL", "S..T.SML")  # two beats of three, in eights and sixteenths
_SOFTEST, _LOUDEST = 76, 112


def drum_fill(steps: int, *, compound: bool, rng: np.random.Generator) -> Notes:
    """A fill for a cell of `steps` steps: it grows towards the end. Velocities are its own."""
    patterns = _COMPOUND if compound else _STRAIGHT
    pattern = patterns[int(rng.integers(len(patterns)))][-steps:].rjust(steps, ".")
    rows = [
        (step, step + 1, DRUM_KEYS[_DRUMS[letter]], round(loud))
        for step, (letter, loud) in enumerate(
            zip(pattern, np.linspace(_SOFTEST, _LOUDEST, steps), strict=True)
        )
        if letter in _DRUMS
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def with_crash(drums: Notes, velocity: int) -> Notes:
    """The drums with a crash and the kick on the first step, in place of what was there."""
    first = [(0, 1, DRUM_KEYS[name], velocity) for name in ("kick", "crash")]
    struck: Notes = np.concatenate([np.array(first, np.int64), drums[drums[:, START] != 0]])
    return struck
