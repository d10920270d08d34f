import numpy as np
import pytest
import torch
from imagemodels import linear_model
from PIL import Image

from musegan.errors import FormatError
from musegan.picturing.reading import read_for, read_square, read_whole


def saved(path, width, height, channels=1):
    rng = np.random.default_rng(0)
    shape = (height, width) if channels == 1 else (height, width, channels)
    Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(path)
    return path


def test_a_picture_of_the_right_size_is_read_to_the_bit(tmp_path):
    path = saved(tmp_path / "a.png", 8, 8)
    read = read_square(path, 8, 1)
    pixels = ((read.pixels + 1) * 127.5).round().to(torch.uint8)
    assert np.array_equal(pixels[0].numpy(), np.asarray(Image.open(path)))
    assert read.note == ""


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        ("pad", "40 x 20, fitted into 8 x 8"),
        ("crop", "40 x 20, its middle square fitted into 8 x 8"),
    ],
)
def test_a_picture_of_another_size_is_fitted_and_says_so(tmp_path, fit, says):
    read = read_square(saved(tmp_path / "a.png", 40, 20), 8, 1, fit)
    assert read.note == says
    assert read.pixels.shape == (1, 8, 8)


def test_places_of_the_picture_are_found_in_the_square(tmp_path):
    pixels = np.zeros((20, 40), np.uint8)
    pixels[10:15, 25:30] = 255  # in the middle square and in the whole
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for fit in ("pad", "crop"):
        read = read_square(tmp_path / "a.png", 8, 1, fit)
        column, row = read.place(27.5, 12.5)
        assert read.pixels[0, int(row), int(column)] == read.pixels.max()


def test_small_pictures_get_a_border_as_those_had_that_the_model_knows(tmp_path):
    read = read_for(linear_model(side=8), saved(tmp_path / "a.png", 6, 6), 8, 1)
    assert bool((read.pixels[0, [0, -1]] == -1).all())
    assert bool((read.pixels[0, :, [0, -1]] == -1).all())
    inner = ((read.pixels[0, 1:-1, 1:-1] + 1) * 127.5).round().numpy()
    assert np.array_equal(inner, np.asarray(Image.open(tmp_path / "a.png")))


def test_colours_become_grey_and_grey_becomes_colours(tmp_path):
    path = saved(tmp_path / "a.png", 8, 8, channels=3)
    assert read_square(path, 8, 1).pixels.shape == (1, 8, 8)
    grey = read_square(saved(tmp_path / "b.png", 8, 8), 8, 3).pixels
    assert torch.equal(grey[0], grey[2])


def test_a_picture_is_read_whole_where_any_size_will_do(tmp_path):
    read = read_whole(saved(tmp_path / "a.png", 13, 7), 1)
    assert read.pixels.shape == (1, 7, 13)
    assert read.note == ""


def test_a_damaged_file_is_named(tmp_path):
    path = saved(tmp_path / "a.png", 40, 40)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FormatError, match=r"a\.png"):
        read_square(path, 8, 1)
