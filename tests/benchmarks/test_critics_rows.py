"""What the rows on critics measure with, where the answer is known."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from musegan.evaluate.pictures import Looked
from musegan.experiments import build
from musegan.presets import IMAGES
from musegan.settings import override

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("data.source=digits", "data.side=16", "model.latent=8", "model.width=4",
         "train.batch_size=8", "train.device=cpu")  # fmt: skip


@pytest.fixture(scope="module")
def critics():
    """The module of the rows."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield import_module("rows.critics")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def figures(precision, recall):
    bounds = (100, 80, 60, 40, 20)
    return {
        "precision": precision[0],
        "recall": recall[0],
        **{f"precision_{b}": p for b, p in zip(bounds, precision[1:], strict=True)},
        **{f"recall_{b}": r for b, r in zip(bounds, recall[1:], strict=True)},
    }


def test_truncation_must_trade_at_every_step(critics):
    up, down = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9], [0.5, 0.4, 0.3, 0.2, 0.1, 0.05]
    assert critics.trades(figures(up, down))
    assert not critics.trades(figures([0.5, 0.6, 0.7, 0.69, 0.85, 0.9], down))
    assert not critics.trades(figures(up, [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]))
    assert not critics.trades(figures(up, up))


class Brightness:
    """Judges pictures by how bright they are."""

    def look(self, pictures):
        bright = pictures.reshape(len(pictures), -1).mean(1, keepdims=True).astype(float)
        features = np.concatenate([bright, np.random.default_rng(0).normal(size=bright.shape)], 1)
        return Looked(features, np.full((len(pictures), 10), 0.1))


@pytest.mark.parametrize("preset", ["wgan", "wgan-gp"])
def test_the_estimate_is_the_critics_on_unseen_pictures_and_leaves_the_game_alone(
    critics, preset, monkeypatch
):
    judge = Brightness()
    monkeypatch.setattr(critics, "WATCHED", 20)
    monkeypatch.setattr(critics, "fashion_judge", lambda: judge)
    experiment = override(IMAGES[preset], *SMALL)
    test = critics.open_gallery(experiment.data, "test").images
    monkeypatch.setattr(critics, "fashion_test", lambda: judge.look(test))
    built = build(experiment)
    built.trainer.play_round()
    measure = critics.watch_estimate(built, experiment)
    before = built.trainer.state_dict()
    first, again = measure(1), measure(1)
    assert first == again
    assert first["live_fid"] > 0
    critic = built.trainer.players["critic"].module
    with torch.no_grad():
        critic.layers[-2].bias += 3  # of reals and fakes alike
    assert measure(1)["estimate"] == pytest.approx(first["estimate"], abs=1e-5)
    with torch.no_grad():
        critic.layers[-2].weight *= 2
    assert measure(1)["estimate"] == pytest.approx(2 * first["estimate"], abs=1e-4)
    after = built.trainer.state_dict()["players"]["generator"]["module"]
    assert all(
        torch.equal(v, after[k]) for k, v in before["players"]["generator"]["module"].items()
    )
