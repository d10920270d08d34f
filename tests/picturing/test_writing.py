import numpy as np
import pytest
import torch
from PIL import Image

from musegan.picturing.writing import (
    enlarged,
    safe_name,
    write_animation,
    write_picture,
    write_sheet,
)

FACTS = {"Software": "musegan", "Seed": "7", "Class": "ankle boot"}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_comes_back_to_the_bit_with_its_facts(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), np.uint8)
    write_picture(tmp_path / "a.png", torch.from_numpy(pixels) / 127.5 - 1, FACTS)
    with Image.open(tmp_path / "a.png") as image:
        back = np.asarray(image)
        assert image.text == FACTS
    assert np.array_equal(back if channels == 1 else back.transpose(2, 0, 1), pixels.squeeze())


def test_facts_may_be_in_any_script(tmp_path):
    write_picture(tmp_path / "a.png", torch.zeros(1, 4, 4), {"Class": "ブーツ"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == {"Class": "ブーツ"}


def test_a_sheet_has_its_facts_too(tmp_path):
    write_sheet(tmp_path / "a.png", torch.zeros(6, 1, 8, 8), FACTS, columns=3)
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == FACTS
        assert image.width > image.height


def test_an_animation_goes_on_for_ever_through_all_frames(tmp_path):
    frames = torch.linspace(-1, 1, 5)[:, None, None, None].expand(5, 1, 8, 8)
    write_animation(tmp_path / "a.gif", frames, FACTS)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 5
        assert image.info["loop"] == 0
        assert b"Seed: 7" in image.info["comment"]
        assert min(image.size) >= 128
        image.seek(4)
        assert image.convert("L").getpixel((3, 3)) == 255


def test_pictures_are_enlarged_by_a_whole_factor():
    image = enlarged(np.arange(9, dtype=np.uint8).reshape(1, 3, 3), 7)
    assert image.size == (9, 9)
    assert np.array_equal(np.asarray(image)[1::3, 1::3], np.arange(9).reshape(3, 3))


@pytest.mark.parametrize(
    ("name", "taken", "wanted"),
    [
        ("ankle boot", [], "ankle boot"),
        ("t-shirt/top", [], "t-shirt-top"),
        ("../../etc", [], "-..-etc"),
        ("..", [], "class"),
        ("Bag", ["bag"], "Bag-2"),
    ],
)
def test_a_class_is_a_safe_name_of_a_folder(name, taken, wanted):
    assert safe_name(name, taken) == wanted


def test_a_disk_that_fills_up_leaves_the_picture_that_was_there(tmp_path, monkeypatch):
    def fill_up(self, file, *rest, **more):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    write_picture(tmp_path / "a.png", torch.zeros(1, 4, 4), FACTS)
    before = (tmp_path / "a.png").read_bytes()
    monkeypatch.setattr(Image.Image, "save", fill_up)
    with pytest.raises(OSError, match="No space"):
        write_picture(tmp_path / "a.png", torch.ones(1, 4, 4), FACTS)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before
