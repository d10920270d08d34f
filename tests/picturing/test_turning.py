import numpy as np
import pytest
import torch
from imagemodels import SMALL, release
from PIL import Image

from musegan.config import ImageData
from musegan.errors import FormatError, UsageError
from musegan.picturing import translation
from musegan.picturing.opening import open_model
from musegan.picturing.translation import check_back, check_turns, read_shown, turn


def opened(tmp_path, system, view="", channels=1, **shown):
    sizes = SMALL._replace(channels=channels, **shown)
    data = ImageData(side=16, channels=channels, view=view)
    return open_model(str(release(tmp_path / f"{system}.safetensors", system, sizes, data=data)))


def half_white(path, width=16, height=16):
    pixels = np.zeros((height, width), np.uint8)
    pixels[:, width // 2 :] = 255
    Image.fromarray(pixels).save(path)
    return path


def test_a_model_of_edges_is_shown_the_edges_of_a_photo_or_the_drawing_itself(tmp_path):
    model = opened(tmp_path, "pix2pix", "edges", shown_side=16, shown_channels=1)
    path = half_white(tmp_path / "a.png")
    edges, drawn = (read_shown(model, path, drawn=drawn).pixels[0, 5] for drawn in (False, True))
    assert (edges > 0).nonzero().flatten().tolist() == [7, 8]
    assert (drawn > 0).nonzero().flatten().tolist() == list(range(8, 16))
    assert turn(model, edges.expand(1, 16, 16)).shape == (1, 16, 16)


def test_any_size_is_enlarged_four_times(tmp_path, monkeypatch):
    model = opened(tmp_path, "srgan", "small", shown_side=4, shown_channels=1)
    path = half_white(tmp_path / "a.png", 6, 5)
    assert turn(model, read_shown(model, path).pixels).shape == (1, 20, 24)
    monkeypatch.setattr(translation, "LARGEST", 29)
    with pytest.raises(FormatError, match="6 x 5 pixels; at most 29 are enlarged"):
        read_shown(model, path)


def test_the_way_back_is_another_network(tmp_path):
    model = opened(tmp_path, "cyclegan", shown_side=16, shown_channels=1)
    check_back(model)
    picture = torch.rand(1, 16, 16)
    assert not torch.equal(turn(model, picture), turn(model, picture, back=True))


def test_a_model_for_something_else_is_named_with_what_it_is_for(tmp_path):
    edges = opened(tmp_path, "pix2pix", "edges", shown_side=16, shown_channels=1)
    with pytest.raises(UsageError, match="pix2pix is for `musegan image translate`; upscale wants"):
        check_turns(edges, "upscale")
    with pytest.raises(UsageError, match="translates one way"):
        check_back(edges)
    with pytest.raises(UsageError, match="`musegan image sample` uses it"):
        check_turns(opened(tmp_path, "dcgan"), "translate")
    grey = opened(tmp_path, "pix2pix", "grey", channels=3, shown_side=16, shown_channels=1)
    check_turns(grey, "colourise")
