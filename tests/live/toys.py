"""Generators that are no models, for a worker's process; kept apart so that it starts quickly."""

import os
import time
from functools import partial

import numpy as np

from musegan.errors import CheckpointError
from musegan.music.band import Role


def answer_at_once(cue):
    if cue.seed == 99:
        os._exit(1)
    return {Role.BASS: np.array([[0, 8, 36 + cue.number, 80]])}


def open_quick():
    return answer_at_once


def answer_when_told(folder, cue):
    """Say that a cue came, and answer once the test lets it."""
    (folder / f"got{cue.number}").touch()
    while not (folder / f"go{cue.number}").exists():
        time.sleep(0.005)
    return answer_at_once(cue)


def open_patient(folder):
    return partial(answer_when_told, folder)


def open_refusing(kind):
    raise kind("model.safetensors: no such file")


def open_dying():
    os._exit(3)


def open_hanging():
    while True:
        time.sleep(1)


def open_once(folder):
    """Load the first time, and never again."""
    if (folder / "loaded").exists():
        raise CheckpointError("the model is gone")
    (folder / "loaded").touch()
    return answer_at_once


class ToyRenders:
    """Gives one piece, a word, for each telling; dies of one, and says so of another."""

    def __init__(self):
        self.waiting = []

    def tell(self, telling, now):
        if telling.until == 99:
            os._exit(1)
        if telling.until == 98:
            raise ValueError("a bug")
        if telling.until == 97:
            time.sleep(60)
        self.waiting.append((f"piece {telling.number}", [note.begin for note in telling.notes]))

    def render(self, now):
        return self.waiting.pop(0) if self.waiting else None


def open_renders():
    return ToyRenders()
