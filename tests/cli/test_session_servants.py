"""What a live session does when one of its processes cannot be used."""

from types import SimpleNamespace

import pytest

from musegan.errors import CheckpointError
from musegan_cli.session import Session


class Servant:
    """A process that loads, or does not."""

    def __init__(self, error=None):
        self.error, self.watched = error, 0

    def look_after(self):
        if self.error is not None:
            raise self.error
        self.watched += 1


def session(worker, synth):
    return SimpleNamespace(worker=worker, servants=[worker, synth], notices=[], polls=[])


def test_a_synth_that_cannot_be_loaded_is_told_once_and_the_music_goes_on():
    playing = session(Servant(), Servant(CheckpointError("synth: damaged")))
    for _ in range(3):
        Session._watch(playing)
    assert playing.notices == ["synth: damaged; the SoundFont plays on"]
    assert playing.worker.watched == 3


def test_a_generator_that_cannot_be_loaded_ends_the_session():
    playing = session(Servant(CheckpointError("band: damaged")), Servant())
    with pytest.raises(CheckpointError, match="band: damaged"):
        Session._watch(playing)
