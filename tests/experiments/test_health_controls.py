"""A game that is known to go wrong is told so, a healthy one is left alone."""

import io
import json

import pytest
from rich.console import Console

from musegan.experiments import build
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.run import run

ROUNDS = 600
SMALL = (
    "model.width=32",
    "train.batch_size=64",
    f"train.rounds={ROUNDS}",
    "health.every=30",
    "health.samples=256",
    "health.young=100",
)


@pytest.mark.parametrize(
    ("settings", "signs"),
    [
        (("train.learning_rate=5e-3", "train.loss=least_squares"), []),
        (  # a generator that hardly moves, before a critic that learns well
            ("train.learning_rate=1e-5", "train.critic_factor=300"),
            ["the critic has won"],
        ),
    ],
    ids=["healthy", "ill"],
)
def test_an_ill_game_on_the_ring_is_told_and_a_healthy_one_is_not(settings, signs, tmp_path):
    built = build(override(IMAGES["ring"], *SMALL, *settings))
    console = Console(file=io.StringIO())
    run(
        built.trainer,
        tmp_path,
        rounds=ROUNDS,
        config=built.config,
        save_every=ROUNDS,
        tensorboard=False,
        console=console,
        watch=built.watch,
    )
    lines = [json.loads(text) for text in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    told = [line["health"] for line in lines if "health" in line]
    assert [words.partition(":")[0] for words in told[:1]] == signs
    assert all(
        f"round {line['round']:,}: " in console.file.getvalue()
        for line in lines
        if "health" in line
    )
    slowed = built.trainer.state.rates.get("critic", 1.0)
    assert (slowed < 1) is bool(signs)
