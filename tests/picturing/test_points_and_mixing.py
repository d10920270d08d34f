import pytest
import torch
from imagemodels import SMALL, release

from musegan.errors import CheckpointError, UsageError
from musegan.experiments.latents import latents_of
from musegan.picturing.latents import draw
from musegan.picturing.mixing import check_mixes, mix
from musegan.picturing.opening import open_model
from musegan.picturing.points import (
    Point,
    draw_styles,
    layers_of,
    load_point,
    save_point,
    styles_of,
)


@pytest.fixture(scope="module")
def styled(tmp_path_factory):
    path = tmp_path_factory.mktemp("styles") / "s.safetensors"
    return open_model(str(release(path, "stylegan2")))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "d.safetensors"
    return open_model(str(release(path, "dcgan")))


def zeros(count):
    return torch.zeros(count, dtype=torch.int64)


def test_styles_draw_what_their_latents_draw(styled):
    latents = latents_of(0, [1, 2], SMALL.latent)
    styles = styles_of(styled, latents, zeros(2))
    assert torch.allclose(draw_styles(styled, styles), draw(styled, latents, zeros(2)), atol=1e-5)


def test_a_point_comes_back_from_its_file(styled, tmp_path):
    point = Point("style", torch.arange(6.0), 2)
    save_point(tmp_path / "a.safetensors", point, {"Model": "x"})
    found = load_point(tmp_path / "a.safetensors", styled)
    assert (found.space, found.label) == ("style", 2)
    assert torch.equal(found.values, point.values)


def test_a_point_of_another_model_is_refused(plain, tmp_path):
    path = tmp_path / "a.safetensors"
    save_point(path, Point("style", torch.zeros(6), 0), {})
    with pytest.raises(UsageError, match="holds a style, and this model has none"):
        load_point(path, plain)
    save_point(path, Point("latent", torch.zeros(9), 0), {})
    with pytest.raises(UsageError, match="a latent of 9 numbers, this model's have 6"):
        load_point(path, plain)


def test_what_is_no_point_is_refused(plain, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        load_point(tmp_path / "gone.safetensors", plain)
    path = release(tmp_path / "d.safetensors", "dcgan")
    with pytest.raises(CheckpointError, match="no latent"):
        load_point(path, plain)


def test_mixing_takes_the_early_layers_from_the_rows_and_the_late_from_the_columns(styled):
    coarse, fine, cut = [1, 2], [3, 4, 5], 2
    sheet = mix(styled, coarse, fine, cut=cut).unflatten(0, (3, 4))
    own = draw(styled, latents_of(0, [1, 2, 3, 4, 5], SMALL.latent), zeros(5))
    assert bool((sheet[0, 0] == 1).all())
    assert torch.allclose(sheet[1:, 0], own[:2], atol=1e-5)
    assert torch.allclose(sheet[0, 1:], own[2:], atol=1e-5)
    styles = styles_of(styled, latents_of(0, [2, 5], SMALL.latent), zeros(2))
    late = (torch.arange(layers_of(styled)) >= cut)[:, None]
    wanted = draw_styles(styled, torch.where(late, styles[1], styles[0])[None])[0]
    assert torch.allclose(sheet[2, 3], wanted, atol=1e-5)


@pytest.mark.parametrize(("cut", "same_as_row"), [(0, False), (99, True)])
def test_all_layers_from_one_picture_are_that_picture(styled, cut, same_as_row):
    sheet = mix(styled, [1], [2], cut=cut)
    wanted = sheet[2] if same_as_row else sheet[1]
    assert torch.allclose(sheet[3], wanted, atol=1e-6)
    assert not torch.allclose(sheet[1], sheet[2], atol=1e-3)


def test_a_model_without_styles_cannot_mix(plain):
    with pytest.raises(UsageError, match="dcgan has no styles to mix"):
        check_mixes(plain)
