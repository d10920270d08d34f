import numpy as np
import pytest
import torch

from musegan.config import ImageData
from musegan.data.domains import KNOWN_MAPS, UnpairedSource, duotone, open_pair, undo_duotone
from musegan.data.idx import write_idx
from musegan.data.pictures import as_bytes, as_floats
from musegan.errors import ConfigError


@pytest.fixture
def folder(tmp_path):
    """Images that are told apart by their one level, which is also their label."""
    for split in ("train", "test"):
        levels = np.arange(40, dtype=np.uint8)
        images = np.broadcast_to(levels[:, None, None], (40, 16, 16)).copy()
        write_idx(tmp_path, split, images, levels % 10)
    return str(tmp_path)


@pytest.mark.parametrize("name", KNOWN_MAPS)
def test_a_known_map_is_undone_by_its_inverse(name):
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    there = KNOWN_MAPS[name].forth(images)
    assert there.shape == (3, 3, 8, 8) and there.abs().max() <= 1
    torch.testing.assert_close(KNOWN_MAPS[name].back(there), images, atol=1e-5, rtol=0)


def test_a_turned_image_is_turned_by_a_quarter():
    image = torch.full((1, 1, 4, 4), -1.0)
    image[0, 0, 0, 0] = 1.0
    there = KNOWN_MAPS["turned"].forth(image)
    assert torch.equal(there[0, :, 3, 0], duotone(image)[0, :, 0, 0])


def test_black_becomes_light_and_white_dark():
    levels = duotone(torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)).mean((1, 2, 3))
    assert levels[0] > 0.5 and levels[1] < -0.5


def test_the_inverse_takes_the_nearest_grey():
    found = undo_duotone(duotone(torch.zeros(1, 1, 1, 1)) + 0.02)
    assert abs(float(found)) < 0.1


def test_bytes_come_back_to_within_a_level():
    levels = torch.arange(256, dtype=torch.uint8).view(-1, 1, 1, 1)
    there = as_bytes(duotone(as_floats(levels)))
    back = as_bytes(undo_duotone(as_floats(there)))
    assert int((back.int() - levels.int()).abs().max()) <= 1


def test_no_image_is_in_both_domains_of_the_training_split(folder):
    data = ImageData(source=folder, side=16, onto="duotone")
    shown, images = open_pair(data)
    ours = as_bytes(undo_duotone(as_floats(torch.from_numpy(images.images))))
    assert shown.images[:, 0, 0, 0].tolist() == list(range(0, 40, 2))
    assert ours[:, 0, 0, 0].tolist() == pytest.approx(list(range(1, 40, 2)), abs=1)
    assert images.labels.tolist() == [level % 10 for level in range(1, 40, 2)]


def test_the_test_split_has_the_truth_in_the_same_order(folder):
    shown, images = open_pair(ImageData(source=folder, side=16, onto="duotone"), "test")
    truth = as_bytes(duotone(as_floats(torch.from_numpy(shown.images))))
    assert np.array_equal(truth.numpy(), images.images)


def test_another_set_may_be_the_second_domain(folder):
    shown, images = open_pair(ImageData(source=folder, side=16, onto="digits"))
    assert len(shown.images) == 40
    assert images.images.shape[1:] == (1, 16, 16) and len(images.images) > 1000


def test_a_known_map_of_colours_is_refused(folder):
    with pytest.raises(ConfigError, match=r"maps grey images; set data\.channels=1"):
        open_pair(ImageData(source=folder, side=16, onto="duotone", channels=3))


def test_what_is_shown_is_drawn_apart_from_the_images(folder):
    data = ImageData(source=folder, side=16, onto="duotone")
    source = UnpairedSource(*open_pair(data), data, 200, torch.device("cpu"))
    batch = source.draw(np.random.default_rng(0))
    levels = as_bytes(batch.shown)[:, 0, 0, 0].double()
    others = as_bytes(undo_duotone(batch.images))[:, 0, 0, 0].double()
    assert abs(torch.corrcoef(torch.stack([levels, others]))[0, 1]) < 0.2
    again = source.draw(np.random.default_rng(0))
    assert torch.equal(batch.shown, again.shown) and torch.equal(batch.images, again.images)
