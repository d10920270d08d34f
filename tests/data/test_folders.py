"""Folders of pictures: classes, splits, odd files, and what is kept for the next start."""

import logging
import os

import numpy as np
import pytest
from PIL import Image

from musegan.config import ImageData
from musegan.data import keeping
from musegan.data.filing import find_files
from musegan.data.folders import open_folder, read_folder
from musegan.errors import CorpusError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    place = tmp_path / "cwd"
    place.mkdir()
    monkeypatch.chdir(place)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "photos"
    place.mkdir()
    return place


def put(place, *names, grey=100):
    for number, name in enumerate(names):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), grey + number).save(path)


def many(place, *folders, count=40):
    for kind, name in enumerate(folders):
        put(place / name, *(f"{i}.png" for i in range(count)), grey=100 * kind)


def wish(folder, **settings):
    return ImageData(source=str(folder), side=4, **settings)


def kinds(folder):
    return {str(file.place): file.kind for file in find_files(folder)[0]}


def test_pictures_without_folders_have_no_class(folder):
    many(folder, ".")
    images, labels, classes = open_folder(wish(folder), "train")
    assert classes == ()
    assert not labels.any()
    assert images.shape[1:] == (1, 4, 4)


def test_folders_are_classes_and_labels_are_theirs(folder):
    many(folder, "cats", "dogs")
    images, labels, classes = open_folder(wish(folder), "train")
    assert classes == ("cats", "dogs")
    assert np.array_equal(labels, images[:, 0, 0, 0] // 100)


def test_what_lies_deeper_counts_to_its_top_class(folder):
    put(folder, "cats/old/a.png", "cats/b.png", "dogs/small/brown/c.png")
    assert kinds(folder) == {
        "cats/b.png": "cats",
        "cats/old/a.png": "cats",
        "dogs/small/brown/c.png": "dogs",
    }


def test_a_folder_that_holds_a_single_folder_is_no_class(folder):
    put(folder, "archive/data/cats/a.png", "archive/data/dogs/b.png")
    (folder / "README.md").write_text("pictures")
    assert set(kinds(folder).values()) == {"cats", "dogs"}


def test_pictures_beside_class_folders_are_a_class_by_the_folders_name(folder):
    put(folder, "cats/a.png", "dogs/b.png", "c.png")
    assert kinds(folder)["c.png"] == "photos"


def test_a_class_with_no_readable_picture_is_none(folder):
    many(folder, "cats", "dogs")
    (folder / "birds").mkdir()
    (folder / "birds" / "a.png").write_text("no picture")
    pictures = read_folder(folder, wish(folder))
    assert pictures.classes == ("cats", "dogs")
    assert np.bincount(pictures.labels).tolist() == [40, 40]


def test_a_single_class_is_none(folder):
    many(folder, "cats")
    assert read_folder(folder, wish(folder)).classes == ()


def test_folders_called_train_and_test_are_the_splits(folder):
    put(folder, "train/cats/a.png", "train/dogs/b.png", "test/cats/c.png", "Val/dogs/d.png")
    train = open_folder(wish(folder), "train")
    test = open_folder(wish(folder), "test")
    assert train[2] == test[2] == ("cats", "dogs")
    assert (len(train[0]), len(test[0])) == (2, 2)


def test_a_tenth_is_the_test_split_of_every_class_alike_and_always_the_same(folder):
    many(folder, "cats", "dogs", count=300)
    pictures = read_folder(folder, wish(folder))
    for kind in (0, 1):
        assert 0.05 < pictures.tested[pictures.labels == kind].mean() < 0.16
    assert np.array_equal(pictures.tested, read_folder(folder, wish(folder)).tested)
    images, _, _ = open_folder(wish(folder), "train")
    tests, _, _ = open_folder(wish(folder), "test")
    assert len(images) + len(tests) == 600


def test_a_picture_keeps_its_split_when_others_come(folder):
    many(folder, "cats", count=200)
    before = read_folder(folder, wish(folder)).tested
    put(folder, *(f"cats/z{i}.png" for i in range(50)))
    assert np.array_equal(read_folder(folder, wish(folder)).tested[:200], before)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_pictures_have_one_to_test_with(folder, count):
    put(folder, *(f"{i}.png" for i in range(count)))
    assert read_folder(folder, wish(folder)).tested.sum() == 1


def test_a_single_picture_is_trained_on_and_the_missing_test_split_is_named(folder):
    put(folder, "a.png")
    assert len(open_folder(wish(folder), "train")[0]) == 1
    with pytest.raises(CorpusError, match="holds no picture of the test split"):
        open_folder(wish(folder), "test")


def test_damaged_files_are_named_a_line_each_and_skipped(folder, caplog):
    many(folder, ".")
    (folder / "text.png").write_text("hello")
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").write_text("passed over in silence")
    (folder / ".hidden.png").write_text("and so is this")
    os.symlink("loop.png", folder / "loop.png")
    os.symlink(folder, folder / "up")
    (folder / "x.png").mkdir()
    put(folder / "x.png", "in.png")
    with caplog.at_level(logging.WARNING):
        pictures = read_folder(folder, wish(folder))
    assert len(pictures.images) == 41
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(": ", 2)[1].rsplit("/", 1)[1] for line in lines] == [
        "empty.jpg",
        "loop.png",
        "text.png",
    ]
    assert all(line.startswith("skipped: ") and "\n" not in line for line in lines)


def test_after_ten_lines_the_others_are_counted(folder, caplog):
    many(folder, ".", count=3)
    for number in range(25):
        (folder / f"bad{number}.png").write_text("x")
    read_folder(folder, wish(folder))
    assert len(caplog.records) == 11
    assert caplog.records[-1].getMessage() == f"skipped: 15 more files in {folder}"


def test_a_folder_without_a_readable_picture_is_one_line(folder):
    (folder / "a.png").write_text("x")
    with pytest.raises(CorpusError, match="photos: holds no picture that can be read") as caught:
        open_folder(wish(folder), "train")
    assert "\n" not in str(caught.value)


def test_odd_names_are_read_and_in_one_line_where_they_are_not(folder, caplog):
    put(folder, "größe 図.png", "new\nline.png")
    Image.new("L", (4, 4)).save(os.path.join(os.fsencode(folder), b"bad\xff.png"), "PNG")
    (folder / "worse\n.png").write_text("x")
    pictures = read_folder(folder, wish(folder))
    assert len(pictures.images) == 3
    (record,) = caplog.records
    assert "\n" not in record.getMessage()


def test_a_link_to_a_folder_of_pictures_is_followed(folder, tmp_path):
    many(tmp_path / "far", "cats", count=5)
    put(folder, "dogs/a.png")
    os.symlink(tmp_path / "far" / "cats", folder / "cats")
    assert set(kinds(folder).values()) == {"cats", "dogs"}


def test_colour_side_and_fit_are_as_asked(folder):
    Image.new("RGB", (20, 10), "red").save(folder / "a.png")
    data = ImageData(source=str(folder), side=8, channels=3, fit="pad", ground="white")
    images, _, _ = open_folder(data, "train")
    assert images.shape == (1, 3, 8, 8)
    assert images[0, 1, 0, 0] == 255
    assert images[0, :, 4, 4].tolist() == [255, 0, 0]


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)


@pytest.mark.usefixtures("_impatient")
def test_what_took_long_to_read_is_kept_and_read_no_more(folder, monkeypatch, caplog):
    many(folder, "cats", "dogs")
    (folder / "bad.png").write_text("x")
    first = read_folder(folder, wish(folder))
    monkeypatch.setattr("musegan.data.folders.read_square", None)  # to call it would be an error
    second = read_folder(folder, wish(folder))
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.labels, second.labels)
    assert np.array_equal(first.tested, second.tested)
    assert first.lost == second.lost
    assert [record.getMessage() for record in caplog.records].count(
        f"skipped: {first.lost[0]}"
    ) == 2


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("change", ["another", "gone", "new", "wish", "damaged"])
def test_what_was_kept_is_stale_when_anything_changes(folder, change, tmp_path):
    put(folder, "a.png", "b.png")
    read_folder(folder, wish(folder))
    (kept,) = (tmp_path / "cwd" / keeping.FOLDER).iterdir()
    put(folder, "c.png", grey=7)
    (folder / "c.png").rename(folder / "a.png") if change == "another" else None
    (folder / "c.png").unlink() if change in ("wish", "damaged") else None
    (folder / "b.png").unlink() if change == "gone" else None
    kept.write_bytes(kept.read_bytes()[:-200]) if change == "damaged" else None
    data = ImageData(source=str(folder), side=8) if change == "wish" else wish(folder)
    shown = read_folder(folder, data).images[:, 0, 0, 0].tolist()
    assert (
        shown
        == {
            "another": [7, 101],
            "gone": [100, 7],
            "new": [100, 101, 7],
            "wish": [100, 101],
            "damaged": [100, 101],
        }[change]
    )


def test_what_is_read_in_no_time_is_not_kept(folder, tmp_path):
    many(folder, ".")
    read_folder(folder, wish(folder))
    assert not (tmp_path / "cwd" / keeping.FOLDER).exists()


@pytest.mark.usefixtures("_impatient")
def test_a_place_that_cannot_be_written_to_costs_time_and_nothing_else(folder, tmp_path):
    (tmp_path / "cwd" / "prepared").write_text("a file where the folder should be")
    put(folder, "a.png")
    assert len(read_folder(folder, wish(folder)).images) == 1
