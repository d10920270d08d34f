"""The generator of a live session, in its own process: a model that follows a keyboard."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from musegan.live.worker import Improvise
from musegan.music.arrangement import no_notes
from musegan.music.band import ROLES
from musegan.music.cue import Answer, Cue
from musegan.music.melody import top_line
from musegan.music.metre import Metre

if TYPE_CHECKING:
    from musegan.accompanying import Improviser
    from musegan.touching import Toucher

# For the process's environment, since libraries read it when they are loaded.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WARM_UPS = 3  # cues that are answered before the first that counts


def open_improviser(model: str) -> Improvise:
    """Load the model in the worker's process, and write a bar so that the first is not slow."""
    import torch

    from musegan.accompanying import Improviser
    from musegan.touching import open_touch

    torch.set_num_threads(1)
    follower = Follower(Improviser(Path(model)), open_touch())
    places = Metre().places(0, 16)
    places[:, 0] -= places[8, 0]
    for _ in range(WARM_UPS):
        cue = Cue(no_notes(), {}, places, ROLES, 8)
        follower.rest(cue, follower(cue))
    return follower


class Follower:
    """An improviser that follows a keyboard, of whose chords the top line is the melody, and its touch."""

    def __init__(self, improviser: "Improviser", toucher: "Toucher") -> None:
        self.improviser, self.toucher = improviser, toucher

    def __call__(self, cue: Cue) -> Answer:
        """Answer a cue."""
        answer = self.improviser.answer(replace(cue, melody=top_line(cue.melody)))
        return self.toucher.answer(cue, answer)

    def rest(self, cue: Cue, answer: Answer) -> None:
        """Get ready for the next."""
        self.improviser.remember(replace(cue, melody=top_line(cue.melody)), answer)
