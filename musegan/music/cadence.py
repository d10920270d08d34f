"""Cadences: how a band ends, on the dominant and then home."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import END, PITCH, START, Notes
from musegan.music.band import DRUM_KEYS, PARTS, Role
from musegan.music.grid import Grid
from musegan.music.key import MODES, Key, estimate_key, fit_of
from musegan.music.modulation import of_late
from musegan.music.playing import playable

_MAJOR, _MINOR, _SEVENTH = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10)
_REGISTER = {Role.BASS: 36, Role.PIANO: 55, Role.GUITAR: 52, Role.STRINGS: 60}  # lowest note


LIKE = 0.4  # correlation from which a melody may be in a key that is not its likeliest
HEARD = 16  # bars before the end, by which its key is found


def dominant(key: Key, roles: Sequence[Role], steps: int) -> dict[Role, Notes]:
    """The dominant seventh of a key, held for `steps`; drums lead home."""
    parts = _held((key.tonic + 7) % 12, _SEVENTH, roles, steps)
    if Role.DRUMS in roles:
        half = steps // 2
        hits = [(0, "kick"), (0, "closed hat"), (half, "snare"), *((s, "mid tom") for s in range(half, steps, 2))]  # fmt: skip
        rows = sorted((step, step + 1, DRUM_KEYS[name], 90) for step, name in hits)
        parts[Role.DRUMS] = np.array(rows, np.int64)
    return parts


def tonic(key: Key, roles: Sequence[Role], steps: int) -> dict[Role, Notes]:
    """The tonic triad of a key, held for `steps`; drums strike once."""
    parts = _held(key.tonic, _MINOR if key.mode == "minor" else _MAJOR, roles, steps)
    if Role.DRUMS in roles:
        rows = [(0, 1, DRUM_KEYS[name], 100) for name in ("kick", "crash")]
        parts[Role.DRUMS] = np.array(rows, np.int64)
    return parts


def come_home(parts: Mapping[Role, Notes], melody: Notes, grid: Grid) -> dict[Role, Notes]:
    """A band whose last chord is the tonic's, where the melody ends on a note of it.

    From where the melody sounds nothing else, in its last bar, what begins goes to the nearest note of the
    tonic triad, of a bass to the root, which it strikes if it would hold another on; what is held from
    before and is no note of it ends there. Parts and melody are in steps of `grid`. Where the melody ends
    on another note, or no key is found, nothing changes.
    """
    if not len(melody):
        return dict(parts)
    last = int(np.searchsorted(grid.bar_starts, melody[:, START].max(), "right")) - 1
    heard = melody[melody[:, END] > grid.bar_starts[max(0, last + 1 - HEARD)]]
    home = home_of(of_late(heard))
    if home is None:
        return dict(parts)
    triad = [(home.tonic + step) % 12 for step in (_MINOR if home.mode == "minor" else _MAJOR)]
    other = melody[~np.isin(melody[:, PITCH] % 12, triad)]
    first = max(int(grid.bar_starts[last]), int(other[:, END].max(initial=0)))
    first = min(first, int(melody[:, START].max()))
    return {
        role: part if role is Role.DRUMS else _homeward(part, role, triad, first)
        for role, part in parts.items()
    }


def home_of(melody: Notes) -> Key | None:
    """The key that a melody ends in, None where it ends on no note of it.

    Its own or the relative one if it ends on the tonic of these, its own if on another note of its triad,
    and else that of the last note, if the melody is anything like it.
    """
    told = melody[:, PITCH], melody[:, END] - melody[:, START]
    key = estimate_key(*told)
    final = int(melody[np.lexsort((melody[:, PITCH], melody[:, START]))[-1], PITCH]) % 12
    minor = key.mode == "minor"
    relative = Key((key.tonic + (3 if minor else 9)) % 12, "major" if minor else "minor")
    for found in (key, relative):
        if found.tonic == final:
            return found
    if key.clarity and (final - key.tonic) % 12 in (3 if minor else 4, 7):
        return key
    own = max((Key(final, mode) for mode in MODES), key=lambda each: fit_of(each, *told))
    return own if fit_of(own, *told) >= LIKE else None


def _homeward(part: Notes, role: Role, triad: Sequence[int], first: int) -> Notes:
    """A part whose notes from step `first` on are of a triad, its root first."""
    classes = np.array(triad[:1] if role is Role.BASS else triad)
    begins = part[:, START] >= first
    before, after = part[~begins].copy(), part[begins].copy()
    held = (before[:, END] > first) & ~np.isin(before[:, PITCH] % 12, classes)
    if role is Role.BASS and held.any() and not (after[:, START] == first).any():
        root = before[held][-1:].copy()
        root[:, START] = first
        after = np.concatenate([root, after])
    before[held, END] = first
    after[:, PITCH] = _nearest(after[:, PITCH], classes, role)
    return np.concatenate([before, playable(after, role)])


def _nearest(
    pitches: npt.NDArray[np.int64], classes: npt.NDArray[np.int64], role: Role
) -> npt.NDArray[np.int64]:
    """The pitch of a class in a role's range that lies nearest to each, the lower of two."""
    known = np.arange(PARTS[role].lowest, PARTS[role].highest + 1)
    known = known[np.isin(known % 12, classes)]
    near: npt.NDArray[np.int64] = known[np.abs(known - pitches[:, None]).argmin(1)]
    return near


def _held(root: int, chord: Sequence[int], roles: Sequence[Role], steps: int) -> dict[Role, Notes]:
    """Each pitched role's notes of a chord: the bass its root, the others a close position."""
    parts: dict[Role, Notes] = {}
    for role in roles:
        if role is Role.DRUMS:
            continue
        lowest = _REGISTER[role]
        bottom = lowest + (root - lowest) % 12
        if role is Role.BASS:
            pitches = [bottom]
        else:
            pitches = sorted(lowest + (root + step - lowest) % 12 for step in chord)
        parts[role] = np.array([(0, steps, pitch, 80) for pitch in pitches], np.int64)
    return parts
