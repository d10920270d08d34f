"""Small peers for tests, on songs and chorales that are made here."""

from pathlib import Path

import numpy as np
from bands import CORPUS, small_song
from symusic.core import ScoreTick

from musegan.config import PeerExperiment
from musegan.data.pianorolls import gather, pack, save
from musegan.experiments import build
from musegan.music.midi import AddedTrack, add_tracks, standard_bytes
from musegan.presets import PEERS
from musegan.settings import override

SMALL = (
    "model.width=4",
    "model.critic_width=4",
    "train.batch_size=4",
    "train.rounds=6",
    "train.device=cpu",
)
BAND = (f"data.corpora={CORPUS}", "data.shares=1")


def write_chorales(folder: Path, count: int = 3) -> None:
    """Clips of two bars: four voices in quarters, a third apart, each clip a step higher."""
    folder.mkdir(parents=True, exist_ok=True)
    for clip in range(count):
        voices = [
            AddedTrack(
                "voice",
                0,
                channel,
                np.array([[480 * k, 480 * k + 480, 72 + clip - 4 * channel, 80] for k in range(8)]),
            )
            for channel in range(4)
        ]
        data = add_tracks(standard_bytes(ScoreTick(480)), voices)
        (folder / f"clip{clip}.mid").write_bytes(data)


def small_peer(preset: str, folder: Path, *settings: str) -> PeerExperiment:
    """A preset's experiment at sizes that take moments; its data are written to `folder`."""
    if PEERS[preset].data.chorales:
        write_chorales(folder / "chorales")
        own = (f"data.folder={folder / 'chorales'}",)
    else:
        if not (folder / f"{CORPUS}.npz").exists():
            songs = [pack(small_song(f"song{seed}", seed)) for seed in range(4)]
            save(gather(songs), folder / f"{CORPUS}.npz")
        own = (f"data.folder={folder}", *BAND)
    return override(PEERS[preset], *SMALL, *own, *settings)


def peer_model(preset: str, folder: Path) -> Path:
    """An untrained peer as a weights file."""
    path = folder / f"{preset}.safetensors"
    build(small_peer(preset, folder)).release(path)
    return path
