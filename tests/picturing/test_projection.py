import pytest
import torch
from imagemodels import linear_model, release

from musegan.experiments.latents import latents_of
from musegan.gans.system import Sizes
from musegan.picturing.latents import draw
from musegan.picturing.opening import open_model
from musegan.picturing.points import draw_points
from musegan.picturing.projection import project


def drawn(model, number=5, label=0):
    return draw(model, latents_of(99, [number], 6), torch.tensor([label]))[0]


def test_a_models_own_picture_is_found_to_a_grey_level():
    model = linear_model()
    picture = drawn(model)
    found = project(model, picture, steps=200)
    assert found.error < 1
    assert found.point.space == "latent"
    assert torch.allclose(found.image, picture, atol=0.05)
    again = draw_points(model, "latent", found.point.values[None], torch.tensor([0]))[0]
    assert torch.allclose(again, found.image, atol=1e-6)


def test_more_steps_find_it_more_nearly():
    model = linear_model()
    errors = [
        project(model, drawn(model), steps=steps, refinements=0).error for steps in (1, 20, 200)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_refinements_find_it_to_a_hundredth_of_a_grey_level():
    model = linear_model()
    for steps in (1, 100):
        assert project(model, drawn(model), steps=steps, refinements=10).error < 0.01


@pytest.mark.filterwarnings("error")
def test_a_model_that_ignores_its_latent_is_no_error():
    model = linear_model()
    picture = drawn(model)
    for weight in model.networks["generator"].parameters():
        weight.zero_()
    found = project(model, picture, steps=3)
    assert found.error > 0
    assert bool(found.point.values.isfinite().all())


def test_where_pixels_are_missing_latents_stay_likely():
    model = linear_model()
    known = torch.zeros(8, 8)
    known[0, :2] = 1  # two pixels, which many latents fit
    found = project(model, drawn(model), known=known, steps=50)
    assert found.error < 12
    assert found.point.values.square().mean() < 2


def test_the_class_is_found_where_nobody_says_it():
    model = linear_model(classes=3)
    found = project(model, drawn(model, label=2), steps=150, restarts=12)
    assert found.point.label == 2
    held = project(model, drawn(model, label=2), steps=150, label=0)
    assert held.point.label == 0
    assert held.error > found.error


def test_only_what_is_known_counts():
    model = linear_model()
    picture = drawn(model)
    known = torch.ones(8, 8)
    known[:, 4:] = 0
    spoilt = torch.where(known.bool(), picture, torch.ones(()))
    found = project(model, spoilt, known=known, steps=300)
    assert found.error < 1.5
    assert (found.image - picture)[
        :, :, 4:
    ].square().mean().sqrt() < 0.05  # 32 pixels say 6 numbers


def test_the_same_seed_finds_the_same_and_ticks_every_step():
    model, told = linear_model(), []
    first = project(model, drawn(model), steps=10, seed=3, tick=told.append)
    second = project(model, drawn(model), steps=10, seed=3)
    assert torch.equal(first.point.values, second.point.values)
    assert sum(told) == 10


def test_a_model_with_styles_is_searched_in_styles(tmp_path):
    sizes = Sizes(side=16, channels=1, classes=0, latent=6, width=4)
    model = open_model(str(release(tmp_path / "s.safetensors", "stylegan2", sizes)))
    picture = drawn(model)
    few, many = (project(model, picture, steps=n, candidates=32, refinements=0) for n in (1, 60))
    assert few.point.space == "style"
    assert many.error < 0.8 * few.error
    again = draw_points(model, "style", many.point.values[None], torch.tensor([0]))[0]
    assert torch.allclose(again, many.image, atol=1e-5)


def test_torchs_generator_is_left_as_it_was():
    model = linear_model()
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    project(model, drawn(model), steps=2)
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("steps", [1, 5])
def test_the_error_is_the_root_mean_square_in_grey_levels(steps):
    model = linear_model()
    picture = drawn(model)
    found = project(model, picture, steps=steps)
    left = (found.image - picture).square().mean().sqrt() * 127.5
    assert found.error == pytest.approx(float(left), rel=1e-5)
