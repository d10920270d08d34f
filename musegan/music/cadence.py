"""Cadences: how a band ends, on the dominant and then home."""

from collections.abc import Sequence

import numpy as np

from musegan.music.arrangement import Notes
from musegan.music.band import DRUM_KEYS, Role
from musegan.music.key import Key

_MAJOR, _MINOR, _SEVENTH = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10)
_REGISTER = {Role.BASS: 36, Role.PIANO: 55, Role.GUITAR: 52, Role.STRINGS: 60}  # lowest note


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
