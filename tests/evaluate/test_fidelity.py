"""The adapter for torch-fidelity, on a stand-in that computes a mean; the real one is optional."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from musegan.errors import CheckpointError, MissingExtra
from musegan.evaluate.fidelity import RoundedColours, coloured, fidelity_metrics


@pytest.fixture
def asked(monkeypatch):
    """What the stand-in was asked for; it draws in batches of four, as the real one does of 64."""
    seen = {}

    class Wrapper:
        def __init__(self, module, z_size, z_type, num_classes):
            self.module, self.z_size, self.of = module, z_size, (z_type, num_classes)

    def calculate_metrics(**arguments):
        seen.update(arguments)
        model, count = arguments["input1"], arguments["input1_model_num_samples"]
        latents = torch.ones(count, model.z_size)
        seen["fakes"] = torch.cat([model.module(part) for part in latents.split(4)])
        seen["reals"] = torch.stack(
            [arguments["input2"][i] for i in range(len(arguments["input2"]))]
        )
        return {"frechet_inception_distance": np.float64(3.5)}

    module = ModuleType("torch_fidelity")
    module.GenerativeModelModuleWrapper = Wrapper
    module.calculate_metrics = calculate_metrics
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    return seen


def draw(latents, first):
    """Pictures as bright as their number."""
    levels = (torch.arange(len(latents)) + first) / 127.5 - 1
    return levels[:, None, None, None].expand(-1, 1, 2, 2)


def test_fakes_and_real_pictures_reach_it_as_bytes_in_three_channels(asked):
    real = np.arange(10, dtype=np.uint8)[:, None, None, None].repeat(2, axis=2).repeat(2, axis=3)
    found = fidelity_metrics(draw, 5, real, metrics=("fid", "prc"))
    assert found == {"frechet_inception_distance": 3.5}
    assert (asked["fid"], asked["prc"], "kid" in asked) == (True, True, False)
    assert asked["input1"].of == ("normal", 0)
    assert asked["kid_subset_size"] == 10
    for pictures in (asked["fakes"], asked["reals"]):
        assert pictures.dtype == torch.uint8
        assert pictures.shape == (10, 3, 2, 2)
        assert pictures[:, 0, 0, 0].tolist() == list(range(10))  # across batches


def test_weights_and_options_are_handed_on(asked, tmp_path):
    weights = tmp_path / "inception.pth"
    weights.write_bytes(b"")
    real = np.zeros((3, 3, 2, 2), np.uint8)
    fidelity_metrics(draw, 5, real, weights=weights, options={"batch_size": 7})
    assert asked["feature_extractor_weights_path"] == str(weights)
    assert asked["batch_size"] == 7


def test_weights_that_are_not_there_are_named(asked, tmp_path):
    with pytest.raises(CheckpointError, match=r"no such weights .*gone.pth"):
        fidelity_metrics(draw, 5, np.zeros((3, 1, 2, 2), np.uint8), weights=tmp_path / "gone.pth")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(MissingExtra, match=r"pip install 'musegan\[fidelity\]'"):
        fidelity_metrics(draw, 5, np.zeros((3, 1, 2, 2), np.uint8))


def test_what_is_out_of_bounds_is_clipped_and_colours_stay():
    images = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])[:, None, None, None].expand(-1, 3, 2, 2)
    drawn = RoundedColours(lambda latents, first: images)(torch.zeros(5, 1))
    assert drawn[:, 1, 0, 0].tolist() == [0, 0, 128, 255, 255]
    assert coloured(images) is images
