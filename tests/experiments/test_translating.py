import numpy as np
import pytest
import torch
from imagemodels import SMALL, release

from musegan.config import ImageData
from musegan.data.idx import write_idx
from musegan.data.views import shown_of
from musegan.errors import UsageError
from musegan.experiments.images import load_images
from musegan.experiments.translating import (
    shown_split,
    translate_images,
    translation_rows,
    upscale,
)

COLOURED = SMALL._replace(channels=3, shown_side=16, shown_channels=1, latent=8)
HOLED = SMALL._replace(shown_side=16, shown_channels=2, masked=True)
UPSCALED = SMALL._replace(shown_side=4, shown_channels=1)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "set").mkdir()
    for split in ("train", "test"):
        images = rng.integers(256, size=(30, 16, 16), dtype=np.uint8)
        write_idx(tmp_path / "set", split, images, np.arange(30) % 10)
    return str(tmp_path / "set")


def model(tmp_path, system, sizes, **data):
    data = ImageData(side=16, **data)
    return load_images(release(tmp_path / "m.safetensors", system, sizes, data=data))


def noise(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_what_is_known_beside_a_hole_comes_back_exactly(tmp_path):
    ours, images = model(tmp_path, "pix2pix", HOLED, view="hole"), noise(300, 1, 16, 16)
    shown = shown_of("hole", images)
    made = translate_images(ours, shown)
    hole = shown[:, 1:] > 0
    assert torch.equal(made[~hole], images[~hole])
    assert (made[hole] != images[hole]).float().mean() > 0.99
    torch.testing.assert_close(made[290:], translate_images(ours, shown[290:]))


def test_an_unpaired_one_goes_there_and_back(tmp_path):
    ours = model(tmp_path, "cyclegan", COLOURED, onto="duotone")
    there = translate_images(ours, noise(2, 1, 16, 16))
    assert there.shape == (2, 3, 16, 16)
    assert translate_images(ours, there, back=True).shape == (2, 1, 16, 16)


def test_images_of_any_size_are_upscaled(tmp_path):
    ours = model(tmp_path, "srgan", UPSCALED, view="small")
    assert upscale(ours, noise(1, 1, 5, 7)).shape == (1, 1, 20, 28)
    assert upscale(ours, 9 * noise(1, 1, 4, 4)).abs().max() <= 1


def test_what_a_model_cannot_do_is_said_in_a_line(tmp_path):
    ours = model(tmp_path, "pix2pix", HOLED, view="hole")
    with pytest.raises(UsageError, match="one way only"):
        translate_images(ours, noise(1, 2, 16, 16), back=True)
    with pytest.raises(UsageError, match=r"\(1, 1, 16, 16\).*\(batch, 2, row, column\)"):
        translate_images(ours, noise(1, 1, 16, 16))
    with pytest.raises(UsageError, match="give an srgan"):
        upscale(ours, noise(1, 1, 4, 4))
    drawing = model(tmp_path, "gan", SMALL)
    with pytest.raises(UsageError, match="give a translator"):
        translate_images(drawing, noise(1, 1, 16, 16))


def test_the_test_split_is_shown_with_what_it_should_become(folder):
    views = shown_split(ImageData(source=folder, side=16, view="small"))
    assert len(views.shown) == 30
    assert torch.equal(views.shown, shown_of("small", views.truth))
    domains = shown_split(ImageData(source=folder, side=16, onto="duotone"), "test", 5)
    assert domains.truth.shape == (5, 3, 16, 16)
    assert torch.equal(domains.labels, torch.arange(5))


def test_the_truth_of_unpaired_training_is_unknown(folder):
    assert shown_split(ImageData(source=folder, side=16, onto="duotone"), "train").truth is None
    assert shown_split(ImageData(source=folder, side=16, onto="digits")).truth is None


@pytest.mark.parametrize(
    ("system", "sizes", "data", "kinds"),
    [
        ("srgan", UPSCALED, {"view": "small"}, 3),
        ("pix2pix", HOLED, {"view": "hole"}, 3),
        ("cyclegan", COLOURED, {"onto": "duotone"}, 4),
        ("discogan", COLOURED, {"onto": "duotone"}, 4),
    ],
)
def test_a_sheet_has_a_row_for_each_kind_of_image(folder, tmp_path, system, sizes, data, kinds):
    ours = model(tmp_path, system, sizes, source=folder, **data)
    images, columns = translation_rows(ours, 6, 2)
    assert columns == 6 and len(images) == 6 * 2 * kinds
    wanted = shown_split(ours.experiment.data)
    last = images[6 * (kinds - 1) : 6 * kinds]
    assert torch.equal(last, wanted.truth[:6])
    made = translate_images(ours, wanted.shown[:12])
    torch.testing.assert_close(images[6 * (kinds + 1) :][:6], made[6:])
