"""Pictures of how notes are struck."""

import numpy as np
from PIL import Image

from musegan.images.touchplot import BAR, MARGIN, ROW, STEP, draw_touch
from musegan.music.band import Role
from musegan.music.touch import LATE, LOUD, VOICES


def column(image, x, colour=(0, 114, 178)):
    """How many pixels of a column have a colour."""
    return int((np.asarray(image)[:, x] == colour).all(1).sum())


def test_a_bar_is_as_tall_as_its_note_is_loud_and_stands_where_it_falls(tmp_path):
    struck = np.zeros((VOICES, 16), bool)
    struck[0, [0, 4, 8]] = True
    touch = np.zeros((2 * VOICES, 16))
    touch[0, 0], touch[0, 4] = 40 / LOUD, -40 / LOUD
    touch[VOICES, 8] = 0.5 / LATE
    image = draw_touch(struck, {"ours": touch}, tmp_path / "touch.png", role=Role.DRUMS)
    middle = MARGIN + BAR // 2
    loud, soft = (column(image, middle + step * STEP) for step in (0, 4))
    assert loud > 2 * soft > 0
    assert loud <= ROW
    assert column(image, middle + 8 * STEP) == 0  # it is half a step late
    assert column(image, middle + 8 * STEP + STEP // 2) > 0
    with Image.open(tmp_path / "touch.png") as written:
        assert written.size == image.size


def test_every_touch_has_a_panel_and_only_voices_that_are_struck_a_row():
    struck = np.zeros((VOICES, 32), bool)
    struck[[0, 2], 0] = True
    touch = np.zeros((2 * VOICES, 32))
    one = draw_touch(struck, {"people": touch}, role=Role.PIANO)
    three = draw_touch(struck, {"people": touch, "ours": touch, "rule": touch}, role=Role.PIANO)
    assert one.width == three.width
    assert one.height < three.height < 3 * one.height + 1
    assert (
        draw_touch(np.zeros((VOICES, 8), bool), {"nobody": touch[:, :8]}, role=Role.BASS).height > 0
    )
