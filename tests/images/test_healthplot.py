import math

import numpy as np
import pytest
from PIL import Image

from musegan.images.healthplot import COLOURS, PALE, Panel, curves_of, draw_health

RED = (192, 57, 43)


def line(round, **values):
    names = {"fid", "rollbacks", "health"}
    return {"round": round} | {k if k in names else f"health/{k}": v for k, v in values.items()}


def opened(path):
    with Image.open(path) as picture:
        return picture.copy()


def share_of(colour, picture):
    return (np.asarray(picture) == colour).all(2).sum()


def test_a_run_without_a_look_has_no_picture(tmp_path):
    path = tmp_path / "health.png"
    draw_health([{"round": 50, "critic/adversarial": 1.0, "seconds": 2.0}], path, limits={})
    assert not path.exists()


def test_limits_and_signs_are_red(tmp_path):
    lines = [line(round, accuracy=0.8, gap=0.1) for round in (100, 200, 300)]
    path = tmp_path / "health.png"
    draw_health(lines, path, limits={})
    assert share_of(RED, opened(path)) == 0
    draw_health(lines, path, limits={"accuracy": 0.95})
    with_limit = share_of(RED, opened(path))
    assert with_limit > 100
    lines[1]["health"] = "the critic has won: it tells 99 % of samples"
    draw_health(lines, path, limits={"accuracy": 0.95})
    picture = opened(path)
    assert share_of(RED, picture) > with_limit + 30
    assert picture.width == 1220


def test_each_measure_with_something_to_show_has_a_panel(tmp_path):
    path = tmp_path / "health.png"
    heights = []
    for names in (["accuracy"], ["accuracy", "gap", "coverage", "spread", "modes"]):
        draw_health([line(100, **dict.fromkeys(names, 0.5))], path, limits={})
        heights.append(opened(path).height)
    assert heights[1] - heights[0] == 150  # five take a second row


def test_what_a_rollback_gave_up_is_paler():
    lines = [line(100, coverage=0.4), line(200, coverage=0.5), line(300, coverage=0.1)]
    lines += [line(200, coverage=0.5, rollbacks=1), line(300, coverage=0.6, rollbacks=1)]
    curves = curves_of(lines, Panel("coverage", ("coverage",)))
    assert [curve.colour for curve in curves] == [PALE[0], COLOURS[0], COLOURS[0]]
    assert [curve.points for curve in curves] == [
        [(100, 0.4), (200, 0.5), (300, 0.1)],
        [(100, 0.4)],
        [(200, 0.5), (300, 0.6)],
    ]


def test_each_of_several_duels_has_a_curve():
    lines = [{"round": 100, "health/critic_1/gap": 0.1, "health/critic_2/gap": 0.2}]
    curves = curves_of(lines, Panel("gap", ("gap",)))
    assert [curve.points for curve in curves] == [[(100, 0.1)], [(100, 0.2)]]
    assert len({curve.colour for curve in curves}) == 2


def test_numbers_that_are_not_finite_are_left_out(tmp_path):
    lines = [line(100, accuracy=0.8), line(200, accuracy=math.nan), line(300, accuracy=math.inf)]
    (curve,) = curves_of(lines, Panel("accuracy", ("accuracy",)))
    assert curve.points == [(100, 0.8)]
    draw_health(lines, tmp_path / "health.png", limits={})


@pytest.mark.parametrize("count", [1, 12, 40])
def test_only_the_last_words_are_written_out(tmp_path, count):
    lines = [line(round + 1, accuracy=0.9, health="it is so") for round in range(count)]
    draw_health(lines, tmp_path / "health.png", limits={})
    height = opened(tmp_path / "health.png").height
    assert height == 46 + 150 + 16 * (count if count <= 12 else 13) + 20
