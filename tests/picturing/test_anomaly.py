import pytest
import torch
from imagemodels import release

from musegan.errors import UsageError
from musegan.picturing.anomaly import check_judges, judge
from musegan.picturing.opening import open_model


def test_scores_are_the_encoders_row_by_row(tmp_path):
    model = open_model(str(release(tmp_path / "f.safetensors", "fanogan")))
    check_judges(model)
    pictures = torch.rand(70, 1, 16, 16) * 2 - 1
    judged = judge(model, pictures)
    encoder = model.networks["encoder"]
    assert torch.allclose(judged.scores[65:], encoder.score(pictures[65:]), rtol=1e-4)
    assert torch.allclose(judged.usual[:3], encoder.back(pictures[:3]), atol=1e-5)
    apart = (judged.usual - pictures).square().mean((1, 2, 3))
    assert torch.allclose(judged.pixels, apart, rtol=1e-4)
    assert bool((judged.scores >= judged.pixels).all())


def test_a_model_without_an_encoder_is_told_how_to_get_one(tmp_path):
    model = open_model(str(release(tmp_path / "d.safetensors", "dcgan")))
    with pytest.raises(UsageError, match="musegan train fanogan start=RUN"):
        check_judges(model)
