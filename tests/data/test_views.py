import numpy as np
import pytest
import torch

from musegan.config import ImageData
from musegan.data.galleries import Gallery
from musegan.data.pictures import PictureSource
from musegan.data.sources import source_of
from musegan.data.views import (
    LUMA,
    ViewedSource,
    central_masks,
    edges,
    grey,
    random_masks,
    shown_of,
    shown_size,
    small,
    with_hole,
)
from musegan.errors import ConfigError


def noise(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_edges_lie_where_brightness_steps_and_nowhere_else():
    image = torch.full((1, 1, 8, 8), -1.0)
    image[..., 4:] = 1.0
    expected = torch.full((1, 1, 8, 8), -1.0)
    expected[..., 3:5] = 1.0  # both sides of the step
    assert torch.equal(edges(image), expected)
    assert torch.equal(edges(image.transpose(2, 3)), expected.transpose(2, 3))


def test_a_slope_is_no_edge():
    ramp = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)
    assert (edges(ramp) == -1).all()


def test_brightness_is_that_of_the_eye():
    colours = torch.full((3, 3, 1, 1), -1.0)
    for channel in range(3):
        colours[channel, channel] = 1.0
    seen = (grey(colours).flatten() + 1) / 2
    torch.testing.assert_close(seen, torch.tensor(LUMA))
    white = torch.ones(1, 3, 2, 2)
    torch.testing.assert_close(grey(white), torch.ones(1, 1, 2, 2))


@pytest.mark.parametrize("side", [28, 32])
def test_a_small_pixel_is_the_mean_of_sixteen(side):
    images = noise(2, 3, side, side)
    seen = small(images)
    assert seen.shape == (2, 3, side // 4, side // 4)
    torch.testing.assert_close(seen[0, 1, 2, 3], images[0, 1, 8:12, 12:16].mean())


def test_a_hole_is_empty_and_said_and_the_rest_is_exact():
    images = noise(2, 3, 8, 8)
    mask = torch.zeros(2, 8, 8, dtype=torch.bool)
    mask[0, 1:3, 2:5] = True
    shown = with_hole(images, mask)
    assert (shown[0, :3, 1:3, 2:5] == 0).all()
    assert torch.equal(shown[:, 3] > 0, mask)
    assert torch.equal(shown[1, :3], images[1])
    assert (shown[:, 3].abs() == 1).all()


def test_random_holes_are_rectangles_of_sizes_within_bounds():
    masks = random_masks(300, 32, np.random.default_rng(0))
    for mask in masks:
        rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
        box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert box.all() and box.sum() == mask.sum()
        assert all(8 <= length <= 20 for length in box.shape)
    central = (masks == central_masks(1, 32)).all((1, 2)).mean()
    assert 0.15 < central < 0.35
    assert masks.any(0).mean() > 0.95  # everywhere, but corners seldom


def test_without_chances_the_hole_is_in_the_middle():
    shown = shown_of("hole", noise(1, 1, 28, 28))
    assert np.array_equal(shown[:, 1].numpy() > 0, central_masks(1, 28))
    assert int((shown[:, 1] > 0).sum()) == 14 * 14


@pytest.mark.parametrize("view", ["edges", "grey", "hole", "small"])
def test_what_is_shown_has_the_size_that_networks_are_made_for(view):
    images = noise(2, 3, 32, 32)
    channels, side = shown_size(view, 3, 32)
    assert shown_of(view, images).shape == (2, channels, side, side)


def test_views_that_cannot_be_are_refused_in_a_line():
    with pytest.raises(ConfigError, match=r"data\.channels=3"):
        shown_size("grey", 1, 32)
    with pytest.raises(ConfigError, match=r"data\.side=30.*multiple of 4"):
        shown_size("small", 1, 30)


def test_the_same_chances_show_the_same_and_belong_to_the_images():
    images = np.random.default_rng(1).integers(256, size=(20, 1, 32, 32), dtype=np.uint8)
    gallery = Gallery(images, np.zeros(20, np.int64), ())
    data, device = ImageData(view="hole"), torch.device("cpu")
    source = source_of(gallery, data, 4, device)
    assert isinstance(source, ViewedSource)
    one, same = (source.draw(np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(one.images, same.images) and torch.equal(one.shown, same.shown)
    known = one.shown[:, 1:] < 0
    assert torch.equal(one.shown[:, :1][known], one.images[known])
    plain = PictureSource(gallery, data, 4, device).draw(np.random.default_rng(5))
    assert torch.equal(plain.images, one.images)
