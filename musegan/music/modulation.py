"""Modulation: which scale a melody is in where, and a song as if it stayed in one.

The scales of a song are the likeliest course through the 24 keys, bar by bar (Viterbi): a key's
profile, see `key`, is the chance of each pitch class, a note counts by the square root of its
length, and each change to another scale has a price. In how many melodies of POP909 changes are found
(`python benchmarks/modulations.py DATA/pop909`): of 250 in one scale by its annotations; where such are
moved from some bar on, or for eight bars; and of 123 that change by them:

    price   where none is   from a bar on   eight bars   annotated
    8       .040            .97             .91          .85
    12      .024            .95             .83          .84
    16      .016            .93             .72          .84    used here
    25      .004            .86             .46          .84
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes
from musegan.music.band import Role
from musegan.music.key import Key, estimate_key, likelihoods
from musegan.music.playing import playable

Steps = npt.NDArray[np.int64]

PRICE = 16.0  # of a change to another scale, in nats
BAR = 16  # steps of what is taken for a bar where none is known


@dataclass(frozen=True, eq=False)
class Modulations:
    """Where a song changes its scale, and how far each section lies above the song's own."""

    borders: Steps  # (section,), first steps; the first section begins before anything
    moves: Steps  # (section,), semitones, -6..5
    shift: int = 0  # semitones from the song's own scale to C major or A minor

    @property
    def any(self) -> bool:
        """Whether it changes at all."""
        return len(self.moves) > 1

    def levelled(self, notes: Notes) -> Notes:
        """Pitched notes in steps, each by its beginning moved to where the song's own scale has it."""
        return self._moved(notes, -1)

    def raised(self, notes: Notes) -> Notes:
        """The notes that `levelled` was given."""
        return self._moved(notes, 1)

    def parted(self, notes: Notes) -> Notes:
        """Notes of which none sounds on into another scale."""
        if not self.any:
            return notes
        after = np.append(self.borders[1:], np.iinfo(np.int64).max)
        parted = notes.copy()
        parted[:, END] = np.minimum(notes[:, END], after[self._sections(notes)])
        return parted

    def _moved(self, notes: Notes, sign: int) -> Notes:
        if not self.any:
            return notes
        moved = notes.copy()
        moved[:, PITCH] += sign * self.moves[self._sections(notes)]
        return moved

    def _sections(self, notes: Notes) -> Steps:
        found = np.searchsorted(self.borders, notes[:, START], "right") - 1
        return np.maximum(found, 0)


def modulations(melody: Notes, bar_starts: Steps) -> Modulations:
    """The modulations of a melody in steps; `bar_starts` are those of its grid.

    The song's own scale is the one that it is in for the most bars.
    """
    scales = scales_of(melody, bar_starts[:-1])
    own = np.bincount(scales + 6).argmax() - 6
    new = np.append(True, np.diff(scales) != 0)
    moves = (own - scales[new] + 6) % 12 - 6
    return Modulations(np.asarray(bar_starts[:-1][new], np.int64), moves, int(own))


def scales_of(melody: Notes, starts: Steps) -> Steps:
    """Semitones to C major or A minor, -6..5, in each stretch from one of `starts` to the next.

    Notes before the first count to it. All 0 without notes.
    """
    counts = np.zeros((len(starts), 12))
    at = np.maximum(np.searchsorted(starts, melody[:, START], "right") - 1, 0)
    lengths = np.sqrt(np.maximum(melody[:, END] - melody[:, START], 0))
    np.add.at(counts, (at, melody[:, PITCH] % 12), lengths)
    shifts, chances = likelihoods(counts)
    price = PRICE * (shifts[:, None] != shifts)
    best, before = chances[0], np.zeros((len(starts), len(shifts)), np.int64)
    for row in range(1, len(starts)):
        ways = best - price  # (to, from)
        before[row] = ways.argmax(1)
        best = ways.max(1) + chances[row]
    course = np.zeros(len(starts), np.int64)
    course[-1] = best.argmax()
    for row in range(len(starts) - 1, 0, -1):
        course[row - 1] = before[row, course[row]]
    return np.asarray(shifts[course], np.int64)


def of_late(melody: Notes) -> Notes:
    """The notes since a melody last changed its scale; all of them where it never did.

    The melody is in steps, up to now.
    """
    if not len(melody):
        return melody
    last = int(melody[:, START].max())
    starts = np.arange(int(melody[:, START].min()), last + 1, BAR)
    changes = np.flatnonzero(np.diff(scales_of(melody, starts)))
    if not len(changes):
        return melody
    return np.asarray(melody[melody[:, START] >= starts[changes[-1] + 1]], np.int64)


def key_of_late(melody: Notes) -> Key:
    """The key that a melody is in where it ends."""
    late = of_late(melody)
    return estimate_key(late[:, PITCH], late[:, END] - late[:, START])


def levelled(parts: Mapping[Role, Notes], changes: Modulations) -> dict[Role, Notes]:
    """A band as if its song stayed in its own scale; drums as they are."""
    return {
        role: part if role is Role.DRUMS else changes.levelled(part) for role, part in parts.items()
    }


def raised(parts: Mapping[Role, Notes], changes: Modulations) -> dict[Role, Notes]:
    """A levelled band where its song's scales have it, within its instruments; drums as they are.

    No note sounds on into another scale.
    """
    if not changes.any:
        return dict(parts)
    return {
        role: part if role is Role.DRUMS else playable(changes.raised(changes.parted(part)), role)
        for role, part in parts.items()
    }
