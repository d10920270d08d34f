"""Whether health notices: games that papers say go wrong, and games that are well.

    python benchmarks/health.py [NAME ...] [--seconds 100]

Each control is trained for so many seconds at most, watched but left alone, and the signs that
count are listed with the round at which they first did. Whether a game did go wrong is read from
its course: at any round its Fréchet distance, which no rule uses, had risen to `WRONG` times its best
until then, or its coverage had fallen below `LOST` of its best; or the distance ended above `POOR`.
Those that did must raise a sign, the others none. What was trained is kept in runs/health/NAME, with health.png; a control that is
named is trained anew, the others are read from there. Writes results/health.json.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.config import ImageExperiment
from musegan.config.health import ONLY_WATCHED
from musegan.errors import MuseganError
from musegan.experiments import build
from musegan.gans import SYSTEMS, r3gan
from musegan.gans.system import Players, System, drawn, judged, pictured
from musegan.images.healthplot import draw_health
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.game import Move, Trainer
from musegan.train.losses import LOSSES
from musegan.train.metrics import read_metrics
from musegan.train.penalties import r1
from musegan.train.recipes import Penalty, adversarial
from musegan.train.run import run
from musegan.train.state import GameState

RUNS = Path("runs/health")
WRONG, POOR, LOST = 1.5, 1.0, 0.6
LAST = 5  # looks whose mean counts
STACKED = ("data.source=digits", "data.side=8", "data.stack=2", "train.batch_size=64")


class Control(NamedTuple):
    """A game, and whether it is said to go wrong."""

    said: bool
    preset: str
    settings: tuple[str, ...] = ()
    system: System | None = None  # instead of the preset's
    why: str = ""


def without_r2(players: Players, wanted: ImageExperiment, state: GameState) -> list[Move]:
    """The relativistic loss with R1 alone, which Huang et al. 2024 found to diverge (section 3)."""
    generator, critic = players["generator"], players["critic"]
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=pictured,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic, wanted.model, state),
        penalties=[Penalty("r1", r1, wanted.train.gamma)],
        own_logits=True,
        state=state,
    )


SMALL = ("model.width=16", "train.batch_size=32", "train.rounds=3000")
TINY = (*STACKED, "model.width=8", "model.conditional=false", "train.rounds=2000")
# Three digits as three channels: a thousand kinds, of which a generator can lose many.
DIGITS = ("data.source=mnist", "data.stack=3", "model.width=16", "train.rounds=3000")
DCGAN_DIGITS = (*DIGITS, "train.batch_size=32")
R3GAN_DIGITS = (*DIGITS, "model.conditional=false")
CONTROLS = {
    "gan": Control(False, "gan", ("train.rounds=2000",)),
    "dcgan": Control(False, "dcgan", SMALL),
    "r3gan": Control(False, "r3gan", TINY),
    "dcgan, digits": Control(False, "dcgan", DCGAN_DIGITS),
    "r3gan, digits": Control(False, "r3gan", R3GAN_DIGITS),
    "fast critic": Control(
        True,
        "dcgan",
        (*DCGAN_DIGITS, "train.critic_factor=4"),
        why="the critic learns four times as fast",
    ),
    "without r2": Control(
        True, "r3gan", R3GAN_DIGITS, System(r3gan.networks, without_r2), "relativistic, R1 alone"
    ),
    "lazy": Control(
        True,
        "r3gan",
        (*R3GAN_DIGITS, "train.penalty_every=16"),
        why="R1 and R2 in one round of sixteen",
    ),
    "least squares": Control(
        True,
        "dcgan",
        (*STACKED, "model.width=32", "train.loss=least_squares", "train.rounds=6000"),
        why="least squares with nothing that holds the critic, for long",
    ),
}


class Enough(Exception):
    """The time is up."""


def train(name: str, control: Control, seconds: float) -> None:
    """Train a control in its folder, watched but left alone."""
    folder = RUNS / name
    shutil.rmtree(folder, ignore_errors=True)
    experiment = override(IMAGES[control.preset], *control.settings, "train.device=cpu")
    watched = replace(ONLY_WATCHED, every=50, samples=500)
    experiment = replace(experiment, health=watched)
    usual = SYSTEMS[experiment.model.system]
    SYSTEMS[experiment.model.system] = control.system or usual
    try:
        built = build(experiment)
    finally:
        SYSTEMS[experiment.model.system] = usual
    built.trainer.play_round = limited(built.trainer, seconds)  # type: ignore[method-assign]
    try:
        run(
            built.trainer,
            folder,
            rounds=experiment.train.rounds,
            config=built.config,
            save_every=experiment.train.rounds,
            tensorboard=False,
            watch=built.watch,
        )
    except Enough:
        print(f"{name}: {seconds:g} seconds were enough for {built.trainer.round} rounds")


def limited(trainer: Trainer, seconds: float) -> Callable[[], Any]:
    """The trainer's rounds, until the time is up."""
    play_round, begun = trainer.play_round, time.monotonic()

    def played() -> Any:
        if time.monotonic() - begun > seconds:
            raise Enough
        return play_round()

    return played


def read(name: str, control: Control) -> dict[str, Any]:
    """What came of a control: its signs, and whether that is as it should be."""
    lines = list(read_metrics(RUNS / name / "metrics.jsonl"))
    config = json.loads((RUNS / name / "config.json").read_text())
    draw_health(lines, RUNS / name / "health.png", limits=config["health"], title=name)
    signs = [{"round": line["round"], "sign": line["health"]} for line in lines if "health" in line]
    distance, coverage = smooth(lines, "health/distance"), smooth(lines, "health/coverage")
    risen = distance / np.minimum.accumulate(distance)
    kept = coverage / np.maximum.accumulate(coverage).clip(min=1e-9)
    fallen = (kept < LOST) & (np.maximum.accumulate(coverage) > 0)
    wrong = distance[-1] > POOR or risen.max() > WRONG or fallen.any()
    return {
        "said_to_go_wrong": control.said,
        "went_wrong": bool(wrong),
        "distance": {"best": float(distance.min()), "last": float(distance[-1])},
        "coverage": {"best": float(coverage.max()), "last": float(coverage[-1])},
        "preset": control.preset,
        "settings": list(control.settings),
        "why": control.why,
        "rounds": lines[-1]["round"],
        "planned": config["train"]["rounds"],
        "seconds": round(lines[-1]["seconds"], 1),
        "signs": signs,
        "as_it_should_be": bool(signs) is bool(wrong),
    }


def smooth(lines: Sequence[Mapping[str, Any]], name: str) -> npt.NDArray[np.float64]:
    """A measure's means of `LAST` looks."""
    values = [line[name] for line in lines if name in line]
    return np.convolve(values, np.full(LAST, 1 / LAST), "valid")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CONTROLS)}")
    parser.add_argument("--seconds", type=float, default=100, help="for each control")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name in asked.names or CONTROLS:
        if name not in CONTROLS:
            parser.error(f"no control {name!r}; there are {', '.join(CONTROLS)}")
        train(name, CONTROLS[name], asked.seconds)
    found = {}
    for name, control in CONTROLS.items():
        if (RUNS / name / "metrics.jsonl").exists():
            found[name] = read(name, control)
    table = Table(
        "control",
        "said",
        "was",
        "distance",
        "coverage",
        "rounds",
        "first sign",
        "at round",
        "right",
    )
    for name, row in found.items():
        first = row["signs"][0] if row["signs"] else {"round": "", "sign": ""}
        table.add_row(
            name,
            "ill" if row["said_to_go_wrong"] else "well",
            "ill" if row["went_wrong"] else "well",
            *("{best:.2f} to {last:.2f}".format(**row[name]) for name in ("distance", "coverage")),
            f"{row['rounds']}/{row['planned']}",
            first["sign"],
            str(first["round"]),
            "yes" if row["as_it_should_be"] else "NO",
        )
    Console(width=150).print(table)
    write_result("health", {"controls": found})


if __name__ == "__main__":
    try:
        main()
    except MuseganError as error:
        raise SystemExit(f"health.py: {error}") from None
