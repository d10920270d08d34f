"""Every preset goes on bit for bit after a kill, whatever it was doing."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from notebanks import SMALL as SMALL_SYNTH
from notebanks import write_bank
from peermodels import small_peer
from rich.console import Console
from soundfiles import RATE, SAMPLES, tones_folder
from touches import SMALL as SMALL_TOUCH
from touches import write_touches

from musegan.config import (
    ImageExperiment,
    PeerExperiment,
    SoundExperiment,
    SynthExperiment,
    TouchExperiment,
)
from musegan.experiments import build
from musegan.presets import IMAGES, PEERS, SOUNDS, SYNTHS, TOUCHES
from musegan.settings import override
from musegan.train.checkpoint import checkpoints_of, save_checkpoint
from musegan.train.run import run

ROUNDS, SAVE_EVERY = 6, 2
SMALL = (
    "model.width=4",
    "train.batch_size=4",
    f"train.rounds={ROUNDS}",
    "train.device=cpu",
    "health.every=2",
    "health.samples=16",
    "health.grace=0",
    "health.young=0",
    "health.patience=1",  # so that health has something to decide
    "health.stop=false",
)
DIGITS = ("data.source=digits", "data.side=16", "data.limit=64")
# What a preset needs beside these; the last setting of a name counts.
MORE: dict[str, tuple[str, ...]] = {"biggan": ("model.latent=12",)}
TONES = (f"data.rate={RATE}", f"data.samples={SAMPLES}", "model.window=64", "model.hop=32")
GANS = {**IMAGES, **SOUNDS, **SYNTHS, **TOUCHES, **PEERS}
BEGUN = {"fanogan": "wgan-gp"}  # presets that begin with a trained one

TRULY = {"dcgan": "saving", "wgan-gp": "playing", "stylegan2-ada": "playing", "cyclegan": "saving",
         "istftgan": "playing", "synth": "playing"}  # fmt: skip
KILLED = """
import os, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent)]
from test_resume import TRULY, killed
for preset, how in TRULY.items():
    child = os.fork()  # torch is loaded once for all
    if not child:
        killed(preset, Path(sys.argv[2]) / preset / "parts", how)
    print(preset, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def small(
    preset: str, folder: Path
) -> ImageExperiment | SoundExperiment | SynthExperiment | TouchExperiment | PeerExperiment:
    """A preset's experiment at sizes that take moments."""
    if preset in PEERS:
        return small_peer(preset, folder, *SMALL)
    if preset in SOUNDS:
        tones = folder / "tones"
        if not tones.is_dir():
            tones_folder(tones)
        settings = [*SMALL, *TONES, "model.width=8", "model.latent=6", f"data.source={tones}"]
        return override(SOUNDS[preset], *settings)
    if preset in SYNTHS:
        bank = folder / "bank"
        if not bank.is_dir():
            write_bank(bank)
        return override(SYNTHS[preset], *SMALL, *SMALL_SYNTH, f"data.folder={bank}")
    if preset in TOUCHES:
        folder = write_touches(folder / "performances")
        return override(TOUCHES[preset], *SMALL, *SMALL_TOUCH, f"data.folder={folder}")
    points = IMAGES[preset].data.source in ("ring", "grid")
    settings = [*SMALL, *(() if points else DIGITS), *MORE.get(preset, ())]
    if preset in BEGUN:
        first, start = build(small(BEGUN[preset], folder)), folder / "first"
        if not checkpoints_of(start):
            first.trainer.play_round()
            save_checkpoint(start, first.trainer, first.config)
        settings.append(f"start={start}")
    return override(IMAGES[preset], *settings)


def play(preset: str, folder: Path, prepare=lambda trainer: None):
    """Run a small preset in its folder to the end, or as far as it comes; returns its trainer."""
    torch.set_num_threads(1)
    experiment = small(preset, folder.parent)
    built = build(experiment)
    prepare(built.trainer)
    run(
        built.trainer,
        folder,
        rounds=ROUNDS,
        config=built.config,
        log_every=1,
        save_every=SAVE_EVERY,
        tensorboard=False,
        console=Console(file=io.StringIO()),
        watch=built.watch,
    )
    return built.trainer


class Killed(BaseException):
    """As if the process had ended."""


def end_at(turn: int, end):
    """Let the trainer's `turn`th round call `end` when its moves are half played."""

    def prepare(trainer):
        play_move, play_round, count = trainer.play, trainer.play_round, []

        def played(*arguments):
            log = play_move(*arguments)
            if len(count) == turn:
                end()
            return log

        def round_played():
            count.append(1)
            return play_round()

        trainer.play, trainer.play_round = played, round_played

    return prepare


def killed(preset: str, folder: Path, how: str) -> None:
    """Run a small preset, and end this process by SIGKILL in a round or in the middle of saving."""

    def kill():
        os.kill(os.getpid(), signal.SIGKILL)

    if how == "saving":
        save, times = torch.save, []

        def save_half(state, file):
            save(state, file)
            times.append(1)
            if len(times) == 3:  # the first is of round 0
                file.flush()
                file.truncate(file.tell() // 2)
                kill()

        torch.save = save_half
    play(preset, folder, end_at(5 if how == "playing" else 0, kill))


def same(whole, other) -> bool:
    """Whether two saved states are equal bit for bit."""
    if isinstance(whole, torch.Tensor):
        return whole.dtype == other.dtype and torch.equal(whole, other)
    if isinstance(whole, dict):
        return whole.keys() == other.keys() and all(same(whole[k], other[k]) for k in whole)
    if isinstance(whole, (list, tuple)):
        return len(whole) == len(other) and all(map(same, whole, other))
    return whole == other


def lines(folder: Path) -> list[dict]:
    """The metrics of a run, without what the clock says."""
    texts = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(t).items() if "second" not in k} for t in texts]


def assert_same_run(whole: Path, parts: Path, first, second) -> None:
    assert same(first.state_dict(), second.state_dict())
    assert lines(whole) == lines(parts)
    for kind in ("round", "healthy", "best"):
        names = [[path.name for path in checkpoints_of(run, kind)] for run in (whole, parts)]
        assert names[0] == names[1], kind


@pytest.mark.parametrize("preset", GANS)
def test_a_preset_that_is_killed_in_a_round_goes_on_bit_for_bit(preset, tmp_path):
    first = play(preset, tmp_path / "whole")
    assert first.round == ROUNDS
    with pytest.raises(Killed):
        play(preset, tmp_path / "parts", end_at(4, end=lambda: _raise(Killed)))
    second = play(preset, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts", first, second)
    assert any(name.startswith("health/") for name in lines(tmp_path / "parts")[-1])


@pytest.fixture(scope="module")
def killed_runs(tmp_path_factory) -> Path:
    """A folder with a run of one preset of each family, each ended by SIGKILL."""
    folder = tmp_path_factory.mktemp("killed")
    for preset in TRULY:
        (folder / preset).mkdir()
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{preset} {-signal.SIGKILL}" for preset in TRULY]
    return folder


@pytest.mark.parametrize(("preset", "how"), TRULY.items())
def test_one_preset_of_each_family_goes_on_after_a_true_kill(preset, how, killed_runs):
    whole, parts = killed_runs / preset / "whole", killed_runs / preset / "parts"
    leftovers = list((parts / "checkpoints").glob(".round-*"))
    assert len(leftovers) == (1 if how == "saving" else 0)
    first, second = play(preset, whole), play(preset, parts)
    assert_same_run(whole, parts, first, second)
    assert not list((parts / "checkpoints").glob(".*"))


def test_a_difference_of_one_bit_is_noticed():
    one = {"a": [torch.zeros(2), 1.0], "b": "x"}
    other = {"a": [torch.tensor([0.0, 1e-45]), 1.0], "b": "x"}
    assert same(one, {"a": [torch.zeros(2), 1.0], "b": "x"})
    assert not same(one, other)
    assert not same(one, {"a": one["a"]})


def _raise(error):
    raise error
