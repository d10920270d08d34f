"""Stacked greys, and galleries as they are drawn."""

import numpy as np
import pytest
import torch

from musegan.config import ImageData
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import PictureSource, as_bytes
from musegan.data.sources import channels_of, classes_of, open_drawn, source_of
from musegan.data.stacks import StackSource, stacked_names, unstacked

CPU = torch.device("cpu")
DIGITS = ImageData(source="digits", side=8, stack=2)


def flat(count=50, classes=5):
    """Every image one grey, which tells its label."""
    labels = np.arange(count) % classes
    images = (labels * 40).astype(np.uint8)[:, None, None, None].repeat(4, 2).repeat(4, 3)
    return Gallery(images, labels, tuple("abcde"[:classes]))


@pytest.mark.parametrize("stack", [2, 3])
def test_a_label_is_the_number_whose_digits_are_the_channels(stack):
    source = StackSource(flat(), ImageData(stack=stack), 200, CPU)
    batch = source.draw(np.random.default_rng(0))
    assert batch.images.shape == (200, stack, 4, 4)
    shown = as_bytes(batch.images)[:, :, 0, 0].numpy() // 40
    assert np.array_equal(unstacked(batch.labels.numpy(), 5, stack), shown)
    names = stacked_names(tuple("abcde"), stack)
    assert len(names) == 5**stack
    first = "".join("abcde"[digit] for digit in shown[0])
    assert names[int(batch.labels[0])] == first


def test_channels_are_drawn_independently():
    source = StackSource(flat(), ImageData(stack=2), 20_000, CPU)
    counts = np.bincount(source.draw(np.random.default_rng(0)).labels.numpy(), minlength=25)
    assert counts.min() > 0.8 * 800
    assert counts.max() < 1.2 * 800


def test_mirroring_is_drawn_for_each_channel():
    held = flat(1, 1)
    held.images[..., 2:] = 200
    source = StackSource(held, ImageData(stack=2, flip=True), 400, CPU)
    left_is_dark = as_bytes(source.draw(np.random.default_rng(0)).images)[:, :, 0, 0] == 0
    assert len({tuple(pair) for pair in left_is_dark.tolist()}) == 4


def test_names_of_several_letters_are_joined_by_a_sign():
    assert stacked_names(("cat", "dog"), 2) == ("cat+cat", "cat+dog", "dog+cat", "dog+dog")
    assert stacked_names((), 2) == ()


def test_a_stacked_split_to_measure_with_is_always_the_same_and_has_every_mode():
    drawn, again = open_drawn(DIGITS, count=2000), open_drawn(DIGITS, count=2000)
    assert drawn.images.shape == (2000, 2, 8, 8)
    assert np.array_equal(drawn.images, again.images)
    assert len(np.unique(drawn.labels)) == 100
    assert drawn.classes[7] == "07"
    train = open_drawn(DIGITS, "train", count=2000)
    assert not np.array_equal(drawn.images, train.images)


def test_a_split_that_is_not_drawn_is_the_gallery_itself():
    data = ImageData(source="digits", side=8)
    assert np.array_equal(open_drawn(data).images, open_gallery(data, "test").images)


def test_captioned_pictures_to_measure_with_can_be_those_training_does_not_show():
    data = ImageData(source="digits", side=16, captions=True, channels=3)
    drawn = open_drawn(data, count=50, pairs="unseen")
    assert drawn.images.shape == (50, 3, 16, 16)
    assert drawn.images.dtype == np.uint8


@pytest.mark.parametrize(
    ("data", "channels", "classes"),
    [
        (DIGITS, 2, 100),
        (ImageData(source="digits", side=8), 1, 10),
        (ImageData(source="digits", side=8, captions=True, channels=3), 3, 10),
        (ImageData(source="ring"), 2, 8),
    ],
)
def test_channels_and_classes_are_those_of_what_is_drawn(data, channels, classes):
    gallery = open_gallery(data)
    assert channels_of(gallery, data) == channels
    assert len(classes_of(gallery, data)) == classes
    batch = source_of(gallery, data, 4, CPU).draw(np.random.default_rng(0))
    assert batch.images.shape[:2] == (4, channels)


def test_pictures_are_drawn_with_their_labels_and_mirrored_half_the_time():
    held = flat()
    held.images[..., 0] = 255
    source = PictureSource(held, ImageData(flip=True), 300, CPU)
    batch = source.draw(np.random.default_rng(3))
    rows = as_bytes(batch.images)[:, 0, 0]
    assert np.array_equal(rows[:, 1].numpy() // 40, batch.labels.numpy())
    mirrored = (rows[:, 3] == 255).float().mean()
    assert 0.4 < float(mirrored) < 0.6
