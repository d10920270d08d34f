"""A guitar's fretboard: which notes a hand can strike together."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from musegan.music.arrangement import PITCH, START, Notes

STRINGS = (40, 45, 50, 55, 59, 64)  # what they sound open: E A D G B E
FRETS = 22
STRETCH = 4  # frets between the first finger and the last; open strings need no finger
OCTAVE = 12
MOVED = 2  # notes of a chord that may be moved by an octave before any is left out
OUTER = 4  # of more notes than twice so many only the lowest and the highest are thought of
NOWHERE = -1


def in_reach(notes: Notes) -> Notes:
    """Notes that can be struck where they begin: of a chord that no hand can hold some are moved or left out.

    Up to two notes move by an octave where that will do; else as many are kept as can be.
    """
    if not len(notes):
        return notes
    placed = notes.copy()
    order = np.argsort(notes[:, START], kind="stable")
    edges = np.flatnonzero(np.diff(notes[order, START])) + 1
    for chord in np.split(order, edges):
        if len(chord) > 1:
            pitches = notes[chord, PITCH].tolist()
            rising = tuple(sorted(set(pitches)))
            where = dict(zip(rising, fingered(rising), strict=True))
            placed[chord, PITCH] = [where[pitch] for pitch in pitches]
    kept: Notes = placed[placed[:, PITCH] != NOWHERE]
    return kept


@lru_cache(4096)
def fingered(pitches: tuple[int, ...]) -> tuple[int, ...]:
    """Where a hand strikes each note of a chord, rising pitches: there, an octave off, or `NOWHERE`."""
    for count in range(MOVED + 1):
        found = [moved for moved in _moved(pitches, count) if can_hold(sorted(moved))]
        if found:
            return found[0]
    kept = _kept(pitches)
    return tuple(pitch if pitch in kept else NOWHERE for pitch in pitches)


def _moved(pitches: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """A chord with so many notes moved by an octave, no two to one place; the lowest note last of all."""
    if len(pitches) > len(STRINGS):
        return []
    made = []
    for chosen in combinations(reversed(range(len(pitches))), count):
        for ways in product((OCTAVE, -OCTAVE), repeat=count):
            moved = list(pitches)
            for index, way in zip(chosen, ways, strict=True):
                moved[index] += way
            if len(set(moved)) == len(moved):
                made.append(tuple(moved))
    return made


def _kept(pitches: tuple[int, ...]) -> tuple[int, ...]:
    """As many notes as a hand can hold; of those the lowest, then the most pitch classes, the highest."""
    if len(pitches) > 2 * OUTER:
        pitches = (*pitches[:OUTER], *pitches[-OUTER:])

    def worth(chord: Sequence[int]) -> tuple[bool, int, bool]:
        classes = len({pitch % OCTAVE for pitch in chord})
        return chord[0] == pitches[0], classes, chord[-1] == pitches[-1]

    for count in range(min(len(pitches), len(STRINGS)), 1, -1):
        found = [chord for chord in combinations(pitches, count) if can_hold(chord)]
        if found:
            return max(found, key=worth)
    return pitches[:1]


def can_hold(pitches: Sequence[int], string: int = 0, frets: tuple[int, ...] = ()) -> bool:
    """Whether a hand can hold rising pitches on as many strings, from a string on.

    `frets` are those that its fingers are on already.
    """
    if not pitches:
        return True
    for number in range(string, len(STRINGS)):
        fret = pitches[0] - STRINGS[number]
        fingers = (*frets, fret) if fret else frets
        held = 0 <= fret <= FRETS and (not fingers or max(fingers) - min(fingers) <= STRETCH)
        if held and can_hold(pitches[1:], number + 1, fingers):
            return True
    return False
