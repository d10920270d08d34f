"""Copies: the longest run of notes that a band shares with a song it may have learned from.

A run is followed from onset to onset: by how many steps later and how many semitones higher each
note is than the one before (of drums, by which drum it is), so that a copy in another key or in
another place is one. Of notes that begin together the lower comes first. What everybody plays, a
bass that stays on its root, makes long runs too; so a band's are to be held against those that
songs of other people share with the same training songs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegan.music.arrangement import PITCH, START
from musegan.music.band import Role

Onsets = npt.NDArray[np.int64]
Symbols = npt.NDArray[np.int64]
TrainingSongs = Mapping[Role, Sequence[Onsets]]

_WIDTH = 1 << 24  # above every symbol
_LONGEST_REST = 1 << 10  # steps: a longer wait between two notes is told from no other


@dataclass(frozen=True)
class Copies:
    """The longest runs of one role in notes, over songs."""

    mean: float
    most: float


def moves(onsets: Onsets, *, drums: bool = False) -> Symbols:
    """From each note to the next: one number for how much later and how much higher, (note - 1,).

    Args:
        onsets: (note, ...), notes in any order, columns `START` in steps and `PITCH`; or
            (note, 2), start and pitch.
        drums: notes are told by their own pitches, not by how much higher one is.
    """
    pitch = PITCH if onsets.shape[1] > 2 else 1
    notes = np.unique(onsets[:, [START, pitch]], axis=0)
    if len(notes) < 2:
        return np.zeros(0, np.int64)
    later = np.minimum(np.diff(notes[:, 0]), _LONGEST_REST - 1)
    higher = notes[:-1, 1] * 128 + notes[1:, 1] if drums else np.diff(notes[:, 1]) + 128
    symbols: Symbols = later * 128**2 + higher
    return symbols


def longest_runs(songs: Sequence[Symbols], training: Sequence[Symbols]) -> npt.NDArray[np.int64]:
    """For each song the longest run of symbols that some training song has too, (song,).

    All runs of one length are named at once, and only those that are on both sides are made
    longer: the time falls quickly with the length, and nothing is hashed.
    """
    longest = np.zeros(len(songs), np.int64)
    ours = _joined(songs)
    text = np.concatenate([ours, _joined(training)])
    owner = np.repeat(np.arange(len(songs)), [len(song) + 1 for song in songs])
    at = np.flatnonzero(text >= 0)  # where the runs that go on begin
    name = np.zeros(len(at), np.int64)  # equal for equal runs
    length = 0
    while len(at):
        _, name = np.unique(name * _WIDTH + text[at + length], return_inverse=True)
        length += 1
        mine = at < len(ours)
        shared = np.zeros((2, int(name.max(initial=-1)) + 1), bool)
        shared[0, name[mine]] = True
        shared[1, name[~mine]] = True
        kept = (shared[0] & shared[1])[name]
        longest[owner[at[kept & mine]]] = length
        kept &= text[at + length] >= 0
        at, name = at[kept], name[kept]
    return longest


def copies(
    bands: Sequence[Mapping[Role, Onsets]], training: TrainingSongs, roles: Sequence[Role]
) -> dict[Role, npt.NDArray[np.int64]]:
    """For each role, each band's longest run shared with a training song's same role, in notes.

    Returns:
        role -> (band,), 0 where a band has no such role or shares nothing; roles without training
        songs are left out.
    """
    found = {}
    for role in roles:
        known = [moves(song, drums=role is Role.DRUMS) for song in training.get(role, ())]
        if not any(map(len, known)):
            continue
        played = [
            moves(band[role], drums=role is Role.DRUMS) if role in band else np.zeros(0, np.int64)
            for band in bands
        ]
        runs = longest_runs(played, known)
        found[role] = np.where(runs > 0, runs + 1, 0)  # so many moves join one note more
    return found


def _joined(songs: Sequence[Symbols]) -> Symbols:
    """One after another, -1 after each."""
    end = np.full(1, -1, np.int64)
    parts = [part for song in songs for part in (song, end)]
    return np.concatenate([np.zeros(0, np.int64), *parts])
