"""Tinted pictures are read as what they were tinted."""

import numpy as np
import pytest
import torch

from musegan.data.tinting import BACKGROUNDS, COLOURS, SIZES, reader_for, shrunk, tinted


def things(count, seed=0):
    """Greys of ellipses with folds, 28 of 32 pixels in their longer side, as uint8 and as floats."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[-1:1:32j, -1:1:32j] * 16 / 14
    images = np.zeros((count, 1, 32, 32), np.uint8)
    for image in images:
        wide = rng.uniform(0.3, 1)
        tall, wide = (1, wide) if rng.random() < 0.5 else (wide, 1)
        inside = (row / tall) ** 2 + (column / wide) ** 2 <= 1
        folds = rng.integers(40, 256, size=(8, 8)).repeat(4, 0).repeat(4, 1)
        image[0] = inside * folds
    return images, torch.from_numpy(images).float() / 255


def test_every_tint_is_read_from_the_picture_that_has_it():
    greys, floats = things(24 * 8)
    tint = torch.arange(len(floats))
    wanted = tint % 6, tint // 6 % 2, tint // 12 % 2
    pictures = tinted(floats, *wanted)
    reader = reader_for(greys)
    assert torch.equal(reader.colours(pictures), wanted[0])
    assert torch.equal(reader.backgrounds(pictures), wanted[1])
    assert torch.equal(reader.sizes(pictures), wanted[2])


def test_a_reading_holds_out_against_noise():
    greys, floats = things(240, seed=1)
    tint = torch.arange(len(floats))
    wanted = tint % 6, tint // 6 % 2, tint // 12 % 2
    noise = 0.08 * torch.randn(240, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    pictures, reader = tinted(floats, *wanted) + noise, reader_for(greys)
    for read, truth in zip((reader.colours, reader.backgrounds, reader.sizes), wanted, strict=True):
        assert (read(pictures) == truth).float().mean() > 0.98


def test_a_blank_picture_has_no_colour_and_no_size():
    greys, _ = things(10)
    blank = torch.full((2, 3, 32, 32), 0.8)
    reader = reader_for(greys)
    assert reader.colours(blank).tolist() == [-1, -1]
    assert reader.sizes(blank).tolist() == [-1, -1]
    assert reader.backgrounds(blank).tolist() == [1, 1]


def test_black_is_the_ground_and_white_the_plain_colour():
    greys = torch.zeros(1, 1, 4, 4)
    greys[..., 1:3, 1:3] = 1
    number = torch.tensor([0])
    picture = tinted(greys, number, number, number)
    assert picture[0, :, 0, 0].tolist() == pytest.approx([20 / 127.5 - 1] * 3)
    red = [225 / 127.5 - 1, 45 / 127.5 - 1, 45 / 127.5 - 1]
    assert picture[0, :, 1, 1].tolist() == pytest.approx(red)


@pytest.mark.parametrize("side", [28, 32, 33, 8])
def test_a_shrunk_picture_keeps_its_side_and_its_middle(side):
    images = torch.ones(1, 1, side, side)
    small = shrunk(images, 0.7)
    assert small.shape == images.shape
    assert torch.allclose(small, small.flip(2).flip(3), atol=1e-5)
    assert float(small.sum()) ** 0.5 == pytest.approx(0.7 * side, abs=1.3)


def test_names_are_as_many_as_tints():
    assert (len(COLOURS), len(BACKGROUNDS), len(SIZES)) == (6, 2, 2)
