"""Augmentation of what the critic sees: exact where it can be, differentiable twice, adaptive."""

import math

import pytest
import torch

from musegan.gans.augment import adapted, augmented, coloured, placements, warped, windows
from musegan.train.penalties import r1
from musegan.train.state import GameState

SAME = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_without_a_chance_images_stay_as_they_are():
    images = torch.randn(4, 1, 8, 8)
    assert augmented(images, 0.0) is images


def test_pixels_that_stay_in_place_stay_exact():
    images = torch.randn(3, 2, 32, 32)
    assert torch.equal(warped(images, SAME.expand(3, 2, 3)), images)


def test_mirroring_and_whole_shifts_are_exact():
    images = torch.randn(1, 1, 16, 16)
    mirrored = torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    assert torch.equal(warped(images, mirrored), images.flip(3))
    shifted = torch.tensor([[[1.0, 0.0, 2 * 3 / 16], [0.0, 1.0, 0.0]]])  # read 3 to the right
    found = warped(images, shifted)
    assert torch.equal(found[..., :13], images[..., 3:])
    assert torch.equal(found[..., 13:], images[..., 13:].flip(3))  # mirrored at the edge


def test_a_quarter_turn_is_exact():
    images = torch.randn(2, 1, 8, 8)
    quarter = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]]).expand(2, 2, 3)
    assert torch.equal(warped(images, quarter), images.rot90(1, (2, 3)))


def test_half_a_pixel_is_the_mean_of_two():
    images = torch.randn(1, 1, 8, 8)
    shifted = torch.tensor([[[1.0, 0.0, 1 / 8], [0.0, 1.0, 0.0]]])
    found = warped(images, shifted)[..., :-1]
    torch.testing.assert_close(found, (images[..., 1:] + images[..., :-1]) / 2)


def test_each_image_is_augmented_as_often_as_asked():
    images = torch.zeros(4000, 1, 8, 8)
    share = (placements(images, 0.1) == SAME).all(2).all(1).float().mean().item()
    # Seven kinds at .1, with the mirror's half, and two turns that make one.
    assert share == pytest.approx(0.9**5 * 0.95, abs=0.03)
    unlit = (coloured(images + 0.5, 0.3) == 0.5).flatten(1).all(1).float().mean().item()
    assert unlit == pytest.approx(0.7**2, abs=0.03)
    whole = windows(images, 0.3).flatten(1).all(1).float().mean().item()
    assert whole == pytest.approx(0.7, abs=0.03)


def test_a_hole_is_half_as_wide_as_the_image():
    seen = windows(torch.zeros(500, 1, 16, 16), 1.0)
    assert int((1 - seen).sum((1, 2, 3)).max()) == 8 * 8


def test_grey_images_keep_their_colours_and_coloured_ones_do_not():
    grey = torch.rand(64, 3, 1, 1)[:, :1].expand(64, 3, 4, 4)
    same = coloured(grey, 1.0)
    torch.testing.assert_close(same[:, 0], same[:, 1])
    colour = torch.rand(64, 3, 4, 4)
    luma = colour.mean(1, keepdim=True)
    torch.manual_seed(1)
    changed = coloured(colour, 1.0)
    ratio = ((changed - changed.mean(1, keepdim=True)) / (colour - luma)).flatten(1).median(1)[0]
    assert ratio.log().std() > 0.5


def test_warping_can_be_differentiated_twice():
    images = torch.randn(2, 1, 6, 6, dtype=torch.double, requires_grad=True)
    places = placements(torch.zeros(2, 1, 6, 6), 1.0).double()
    assert torch.autograd.gradcheck(lambda x: warped(x, places).square(), (images,))
    assert torch.autograd.gradgradcheck(lambda x: warped(x, places).square(), (images,))


def test_a_penalty_reaches_the_critic_through_the_augmentation():
    images, weight = torch.randn(8, 1, 8, 8), torch.randn(64, requires_grad=True)
    penalty = r1(lambda x: (augmented(x, 0.5).flatten(1) @ weight).square(), images, images)
    (slope,) = torch.autograd.grad(penalty, weight)
    assert slope.isfinite().all()
    assert slope.abs().min() > 0


def test_all_of_it_comes_from_torchs_generator():
    images = torch.randn(8, 3, 8, 8)
    torch.manual_seed(5)
    first = augmented(images, 0.7)
    torch.manual_seed(5)
    assert torch.equal(first, augmented(images, 0.7))
    assert not torch.equal(first, augmented(images, 0.7))


def test_the_chance_rises_while_the_critic_is_too_certain_and_falls_again():
    state = GameState()
    turn = adapted(state, 0.6, 100)
    certain, unsure = torch.ones(10), torch.tensor([1.0, -1.0])
    chances = []
    for round in range(40):
        state.see(certain if round < 20 else unsure, unsure)
        turn(round)
        chances.append(state.augmentation)
    assert chances[:3] == [0, 0, 0]
    assert chances[3] == pytest.approx(0.04)
    assert chances[19] == pytest.approx(0.2)
    assert chances[39] == 0.0
    assert max(chances) == pytest.approx(0.2)


def test_the_chance_stays_between_none_and_all_and_goes_on_after_a_resume():
    first = GameState(augmentation=0.99)
    turn = adapted(first, 0.6, 100)
    for round in range(6):
        first.see(torch.ones(4), -torch.ones(4))
        turn(round)
    assert first.augmentation == 1.0
    second = GameState()
    second.load_state_dict(first.state_dict())
    again = adapted(second, 0.6, 100)
    for round in (6, 7):
        for state in (first, second):
            state.see(-torch.ones(4), -torch.ones(4))
        turn(round)
        again(round)
    # Two certain batches of rounds 4 and 5, two uncertain: r_t is 0, below .6.
    assert first.augmentation == second.augmentation == pytest.approx(0.96)


def test_a_turn_is_a_whole_angle():
    turned = placements(torch.zeros(200, 1, 8, 8), 1.0)[:, :, :2]
    # Stretching keeps the area, so only the scale and the mirror are in the determinant.
    sizes = torch.linalg.det(turned).abs().sqrt().log2()
    assert sizes.std().item() == pytest.approx(0.2, abs=0.04)
    assert math.isclose(sizes.mean().item(), 0.0, abs_tol=0.05)
