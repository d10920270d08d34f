"""Touching: a band's notes in, the same notes as people would strike them out, with one released model."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from musegan.experiments.touches import load_touch, touch
from musegan.gans.touch import REACH
from musegan.music.arrangement import START, VELOCITY, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cue import FIRST, STEPS, Answer, Cue
from musegan.music.grid import CELL_STEPS, Grid
from musegan.music.playing import levels_around, with_dynamics
from musegan.music.touch import NOMINAL, Touched, told, touched
from musegan.pretrained import find_model

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

TOUCH = "touch"  # the bundled model


class Toucher:
    """A released touch, loaded once."""

    def __init__(self, path: Path) -> None:
        """Load a model; raises CheckpointError if the file is missing, damaged or of another kind."""
        self.model = load_touch(path)

    def strike(
        self, parts: Mapping[Role, Notes], places: Places, *, seed: int = 0, number: int = 0
    ) -> dict[Role, Touched]:
        """How each note of some parts is struck that begins in some cells.

        The same notes, seed and number are struck alike, whatever comes after, and whatever came more
        than `REACH` steps before.

        Args:
            parts: notes in steps.
            places: the cells, (cell, 5) as `Grid.cell_table` has them.
            seed: of hands and noise.
            number: of the first cell in its song.
        """
        if not parts or not len(places):
            return {}
        sizes, lengths = self.model.experiment.model, places[:, STEPS].tolist()
        known, hands, noise = [], [], []
        for role, notes in parts.items():
            stream = ROLES.index(role)
            known.append(told(notes, role, places))
            hands.append(_normal(seed, stream, 0, sizes.hand, 1)[:, 0])
            cells = [
                _normal(seed, stream, 1 + max(0, number + index), sizes.noise, CELL_STEPS)
                for index in range(len(lengths))
            ]
            noise.append(np.concatenate([c[:, :n] for c, n in zip(cells, lengths, strict=True)], 1))
        batches = (torch.from_numpy(np.stack(rows)) for rows in (known, hands, noise))
        made, first = touch(self.model, *batches).numpy(), int(places[0, FIRST])
        return {
            role: touched(notes, role, own, first)
            for (role, notes), own in zip(parts.items(), made, strict=True)
        }

    def play(
        self,
        parts: Mapping[Role, Notes],
        melody: Notes,
        grid: Grid,
        *,
        seed: int = 0,
        on_grid: bool = False,
    ) -> tuple[dict[Role, Notes], dict[Role, npt.NDArray[np.float64]]]:
        """Parts as loud as their roles are beside a melody, each note by its touch; and the notes' delays,
        which are 0 where they are to lie `on_grid`."""
        struck = self.strike(parts, grid.cell_table(), seed=seed)
        levels = np.full(grid.steps, float(NOMINAL))
        if len(melody):
            levels = levels_around(melody[:, START], melody[:, VELOCITY], grid)
        played = {
            role: with_dynamics(notes, role, levels[notes[:, START]], struck[role].velocities)
            for role, notes in parts.items()
        }
        late = 0.0 if on_grid else 1.0
        return played, {role: late * touched.delays for role, touched in struck.items()}

    def answer(self, cue: Cue, answer: Answer) -> Answer:
        """An answer to a cue with the velocities of its touch, as what was played before leads to it."""
        coming = int(np.searchsorted(cue.places[:, FIRST], 0))
        first = int(np.searchsorted(cue.places[:, FIRST], -REACH, "right")) - 1
        first = min(coming, max(0, first))
        places, begin = cue.places[first : coming + cue.cells], int(cue.places[first, FIRST])
        known, rows = {}, {}
        for role, notes in answer.items():
            before = cue.band.get(role, no_notes())
            rows[role] = notes[:, START] >= 0  # the others go on from before
            known[role] = np.concatenate([before[before[:, START] >= begin], notes[rows[role]]])
        struck = self.strike(known, places, seed=cue.seed, number=cue.number - (coming - first))
        played = {}
        for role, notes in answer.items():
            played[role] = notes.copy()
            begun = int(rows[role].sum())
            velocities = struck[role].velocities[len(known[role]) - begun :]
            played[role][rows[role], VELOCITY] = np.clip(np.rint(velocities), 1, 127)
        return played


@lru_cache(maxsize=1)
def open_touch() -> Toucher:
    """The bundled touch; raises CheckpointError if it is not there."""
    return Toucher(find_model(TOUCH))


def _normal(seed: int, stream: int, cell: int, rows: int, columns: int) -> Floats:
    dice = np.random.default_rng([seed, stream, cell])
    return dice.standard_normal((rows, columns), np.float32)
