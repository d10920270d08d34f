"""What the rows on uses measure with, where the answer is known."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rows():
    """Imports a module of the rows by name."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield lambda name: import_module(f"rows.{name}")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def hole():
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[2:6, 2:6] = True
    return mask


def test_decibels_count_the_hole_alone(rows):
    truth = torch.zeros(3, 1, 8, 8)
    off = truth.masked_fill(~hole(), 1.0) + 0.2 * hole()
    assert rows("holes").decibels(off, truth, hole()) == pytest.approx(20, abs=1e-4)  # (2 / .2)^2


def test_smooth_filling_continues_a_slope_and_leaves_the_known(rows):
    slope = torch.linspace(-1, 1, 8).expand(1, 1, 8, 8)
    torn = torch.where(hole(), torch.ones(()), slope)
    smooth = rows("holes").by_diffusion(torn, hole())
    assert torch.equal(smooth[:, :, ~hole()], slope[:, :, ~hole()])
    assert torch.allclose(smooth, slope, atol=1e-3)
    flat = rows("holes").by_mean(torn, hole())
    assert flat[0, 0][hole()].unique().numel() == 1
    assert flat[0, 0, 3, 3] == pytest.approx(0, abs=1e-6)


def test_grey_levels_are_of_each_picture(rows):
    truth = torch.zeros(2, 1, 4, 4)
    off = torch.stack([truth[0], truth[0] + 2 / 255])
    assert rows("holes").grey_levels(off, truth) == pytest.approx([0, 1], abs=1e-4)


def test_a_classifier_learns_from_few_and_from_drawn_pictures(rows, monkeypatch):
    learners = rows("learners")
    monkeypatch.setattr(learners, "ROUNDS", 30)
    from musegan.data.galleries import Gallery

    labels = np.arange(60) % 2
    images = np.zeros((60, 1, 8, 8), np.uint8)
    images[labels == 1, :, :, :4] = 255
    test = Gallery(images, labels.astype(np.int64), ("right", "left"))
    real = torch.from_numpy(images[:8]) / 127.5 - 1, torch.from_numpy(test.labels[:8])
    assert learners.accuracy(real, None, False, 0, test) == 1
    wrong = real[0], 1 - real[1]  # half of each batch contradicts the other half
    assert learners.accuracy(wrong, None, False, 0, test) == 0
    assert learners.accuracy(real, real, True, 0, test) >= 0.4  # mirrored, left is right


@pytest.mark.parametrize("name", ["captions", "anomaly", "augment", "inpaint", "project"])
def test_a_rows_line_needs_no_figure_that_is_not_measured(rows, name):
    row = import_module("rows").ROWS[name]
    assert row.figures.__doc__
    known = {"captions": {"seen": 1, "seen_pair": 1, "unseen_pair": 1},
             "anomaly": {"auc": 1, "pca": 1, "kde": 1},
             "augment": {f"gain_{a}_{b}": 1 for a in ("none", "flips") for b in (20, 100)},
             "inpaint": {"psnr": 1, "psnr_diffusion": 1, "psnr_mean": 1, "ratio": 1},
             "project": {"test": 1, "nearest": 1, "found": 1}}[name]  # fmt: skip
    assert "1" in row.figure.format(**known)


def test_every_run_begins_with_one_that_comes_before_it(rows):
    for row in import_module("rows").ROWS.values():
        names = list(row.runs)
        for name, run in row.runs.items():
            assert not run.start or names.index(run.start) < names.index(name)
