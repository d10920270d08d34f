"""Sheets of many small images."""

import numpy as np
import pytest
from PIL import Image

from musegan.images.sheet import GAP, save_sheet, sheet_of


def flat(count, side, values):
    return np.stack([np.full((1, side, side), value, np.uint8) for value in values[:count]])


def test_every_image_is_at_its_place_in_reading_order():
    sheet = np.asarray(sheet_of(flat(4, 8, [10, 20, 30, 40]), columns=2, smallest=1))
    assert sheet.shape == (2 * (8 + GAP) + GAP, 2 * (8 + GAP) + GAP, 3)
    middles = [sheet[y, x, 0] for y in (6, 16) for x in (6, 16)]
    assert middles == [10, 20, 30, 40]


def test_small_images_are_enlarged_by_a_whole_factor():
    small = sheet_of(flat(1, 8, [5]), smallest=8)
    large = sheet_of(flat(1, 8, [5]), smallest=20)
    assert large.size == (3 * small.size[0], 3 * small.size[1])
    assert set(np.asarray(large)[12:24, 12:24].ravel()) == {5}


def test_colours_stay_what_they_are():
    image = np.zeros((1, 3, 4, 4), np.uint8)
    image[0, :, :, :] = np.array([200, 100, 50])[:, None, None]
    sheet = np.asarray(sheet_of(image, smallest=1))
    assert tuple(sheet[GAP + 1, GAP + 1]) == (200, 100, 50)


@pytest.mark.parametrize(("count", "columns"), [(5, 3), (10, 4), (1, 1)])
def test_without_a_number_of_columns_a_sheet_is_about_square(count, columns):
    sheet = sheet_of(flat(count, 4, [0] * count), smallest=1)
    assert sheet.size[0] == columns * (4 + GAP) + GAP


def test_a_saved_sheet_is_a_png_of_the_same_pixels(tmp_path):
    save_sheet(flat(2, 8, [1, 2]), tmp_path / "a.png", columns=2)
    with Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG"
        assert np.array_equal(
            np.asarray(image), np.asarray(sheet_of(flat(2, 8, [1, 2]), columns=2))
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
