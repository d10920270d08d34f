"""Fixtures of the tests that play with programs of others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jackrig import Rig


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A rig whose JACK server is not started yet; `serve` starts it."""
    rig = Rig(tmp_path)
    for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
        monkeypatch.setenv(name, rig.environment[name])
    try:
        yield rig
    finally:
        rig.stop_all()


@pytest.fixture
def jack(studio: Rig) -> Rig:
    """A rig with a running JACK server of its own."""
    studio.serve()
    return studio
