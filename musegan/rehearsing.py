"""Rehearsing: a band for a whole song that is told of its melody as in live playing, and no sooner."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from musegan.music.arrangement import END, PITCH, START, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cue import Answer, Cue, cross, cue_of_song
from musegan.music.grid import Grid
from musegan.music.sections import bar_roles, sounding_bars


class Answers(Protocol):
    """What answers cues: an `Improviser`, or something around one."""

    def answer(self, cue: Cue) -> Answer:
        """See `Improviser.answer`."""


def accompany(
    melody: Notes,
    grid: Grid,
    improviser: Answers,
    *,
    roles: Sequence[Role],
    style: str | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    unheard: int = 1,
) -> dict[Role, Notes]:
    """A band for a whole song that never knows more of its melody than was heard, as in live playing.

    It plays from the bar after that of the melody's first note to the bar of its last; who of
    `roles` rests in which bar is decided by `music.sections`. Of the notes that begin in the last
    `unheard` steps before a cell nothing is known when it is written.
    """
    if not len(melody):
        return {role: no_notes() for role in roles}
    ends = [melody[:, START].min(), melody[:, END].max() - 1]
    begin, last = (np.searchsorted(grid.bar_starts, ends, "right") - 1).tolist()
    bars = grid.bar_starts[[begin, begin + 1, min(last + 1, grid.bars)]]
    first, entry, after = np.searchsorted(grid.cell_starts, bars).tolist()
    bar_of = np.searchsorted(grid.bar_starts, grid.cell_starts, "right") - 1
    known = melody.copy()
    known[:, START] = np.minimum(known[:, START] + unheard, grid.steps - 1)
    known[:, END] = np.maximum(known[:, START] + 1, known[:, END])
    sung = sounding_bars(known, grid).tolist()
    written: dict[Role, list[list[int]]] = {role: [] for role in roles}
    held: dict[Role, dict[int, list[int]]] = {role: {} for role in roles}  # notes, by pitch
    for cell in range(entry, after):
        planned = bar_roles(sung[begin : bar_of[cell]], ROLES, seed, style)
        cue = cue_of_song(
            melody,
            {role: _sorted(notes) for role, notes in written.items()},
            grid,
            cell,
            plays=[role for role in roles if role in planned] or roles,
            first=first,
            unheard=unheard,
            style=style,
            seed=seed,
            temperature=temperature,
        )
        answer = improviser.answer(cue)
        start, end = grid.cell_starts[cell : cell + 2].tolist()
        for role in roles:
            now, was = [], held[role]
            crossing = cross(was, answer.get(role, no_notes()))
            for pitch, stop in crossing.goes_on.items():
                was[pitch][END] = start + stop
                now.append(was[pitch])
            for note in crossing.begins.tolist():
                note[START] += start
                note[END] += start
                written[role].append(note)
                now.append(note)
            held[role] = {note[PITCH]: note for note in now if note[END] >= end}
    return {role: _sorted(notes) for role, notes in written.items()}


def _sorted(rows: Sequence[Sequence[int]]) -> Notes:
    notes = np.array(rows, np.int64).reshape(-1, 4)
    return notes[np.lexsort((notes[:, PITCH], notes[:, START]))]
