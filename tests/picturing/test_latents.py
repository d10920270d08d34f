import math

import pytest
import torch
from imagemodels import linear_model, release

from musegan.experiments.images import load_images
from musegan.experiments.latents import latents_of, path_between, slerp
from musegan.experiments.naming import labels_in_turn
from musegan.picturing.latents import draw, there_and_back
from musegan.train.noise import truncated


def test_a_picture_is_a_function_of_seed_and_number():
    many = latents_of(7, [1, 2, 3], 5)
    assert torch.equal(latents_of(7, [3], 5)[0], many[2])
    assert not torch.equal(latents_of(8, [3], 5)[0], many[2])
    assert not torch.equal(many[0], many[1])


def test_latents_are_standard_normal():
    latents = latents_of(0, range(1, 4001), 4)
    assert latents.mean().abs() < 0.03
    assert latents.std() == pytest.approx(1, abs=0.02)


def test_classes_come_in_turn_by_number():
    assert labels_in_turn(linear_model(classes=3), [1, 2, 3, 4, 6]).tolist() == [0, 1, 2, 0, 2]
    assert labels_in_turn(linear_model(), [1, 2]).tolist() == [0, 0]


def test_drawing_tells_how_many_are_done_and_keeps_the_order():
    model, told = linear_model(), []
    latents = latents_of(1, range(1, 131), 6)
    images = draw(model, latents, torch.zeros(130, dtype=torch.int64), tick=told.append)
    assert told == [64, 64, 2]
    assert torch.allclose(images, model.networks["generator"](latents, None), atol=1e-6)


def test_truncated_pictures_are_those_of_latents_brought_nearer_to_0():
    model = linear_model()
    latents, labels = latents_of(1, range(1, 9), 6), torch.zeros(8, dtype=torch.int64)
    images = draw(model, latents, labels, truncation=0.5)
    expected = model.networks["generator"](truncated(latents, 0.5), None)
    assert torch.allclose(images, expected, atol=1e-6)
    assert images.std(0).mean() < draw(model, latents, labels).std(0).mean() / 2


def test_truncated_pictures_of_styles_come_nearer_to_the_mean_style(tmp_path):
    model = load_images(release(tmp_path / "model.safetensors", "stylegan2"))
    latents, labels = latents_of(1, range(1, 9), 6), torch.zeros(8, dtype=torch.int64)
    whole, half, least = (
        draw(model, latents, labels, truncation=share).std(0).mean() for share in (1, 0.5, 1e-3)
    )
    assert torch.equal(draw(model, latents, labels, truncation=1), draw(model, latents, labels))
    assert whole > half > least
    assert least == pytest.approx(0, abs=1e-2)


def test_half_the_way_on_the_circle_is_half_the_angle():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert torch.allclose(slerp(a, b, 0.5), torch.full((2,), math.sqrt(2)), atol=1e-6)
    third = slerp(a, b, 1 / 3)
    assert math.degrees(math.atan2(third[1], third[0])) == pytest.approx(30, abs=1e-3)


def test_the_length_goes_evenly_from_one_to_the_other():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0])
    assert slerp(a, b, 0.5).norm() == pytest.approx(2)
    assert torch.allclose(slerp(a, b, 0), a)
    assert torch.allclose(slerp(a, b, 1), b, atol=1e-6)


def test_latents_on_one_line_are_joined_by_a_line():
    a = torch.tensor([1.0, 1.0])
    assert torch.allclose(slerp(a, 3 * a, 0.5), 2 * a)
    assert torch.allclose(slerp(a, -a, 0.25), 0.5 * a, atol=1e-6)


def test_a_path_visits_every_point_and_has_so_many_frames_between():
    points = latents_of(0, [1, 2, 3], 6)
    path = path_between(points, 4)
    assert len(path) == 9
    assert torch.allclose(path[[0, 4, 8]], points, atol=1e-6)
    straight = path_between(points, 4, straight=True)
    assert torch.allclose(straight[2], (points[0] + points[1]) / 2)


def test_there_and_back_repeats_neither_end():
    frames = torch.arange(4)[:, None]
    assert there_and_back(frames).flatten().tolist() == [0, 1, 2, 3, 2, 1]
