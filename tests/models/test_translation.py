import pytest
import torch

from musegan.models.translation import (
    InstanceNorm,
    PatchCritic,
    ResidualBlock,
    ResidualTranslator,
    UNet,
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_a_norm_is_of_each_map_by_itself():
    images = torch.randn(3, 2, 4, 4) * torch.tensor([1.0, 9.0]).view(2, 1, 1) + 5
    normed = InstanceNorm(2)(images.to(memory_format=torch.channels_last))
    deviation, mean = torch.std_mean(normed, (2, 3), correction=0)
    torch.testing.assert_close(mean, torch.zeros(3, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(deviation, torch.ones(3, 2), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("side", "shown", "channels"), [(32, 1, 3), (28, 3, 1), (64, 2, 1)])
def test_a_u_net_keeps_the_size_and_stays_within_bounds(side, shown, channels):
    images = UNet(shown, channels, side, 4)(5 * torch.randn(2, shown, side, side))
    assert images.shape == (2, channels, side, side)
    assert images.abs().max() <= 1


def test_a_u_net_hands_the_finest_detail_across():
    """One pixel more changes what is made there, though its bottom is eight times coarser."""
    net = UNet(1, 1, 32, 4)
    shown = torch.randn(1, 1, 32, 32)
    touched = shown.clone()
    touched[..., 10, 20] += 1e-2
    change = (net(touched) - net(shown)).abs()[0, 0]
    assert change[9:12, 19:22].max() > 10 * change.flatten().median()


def test_where_there_is_no_hole_a_u_net_gives_back_what_it_was_shown():
    shown = torch.randn(2, 4, 32, 32)  # three colours and the mask
    with torch.autocast("cpu", torch.bfloat16):
        images = UNet(4, 3, 32, 4, masked=True)(shown)
    hole = (shown[:, 3:] > 0).expand_as(images)
    assert torch.equal(images[~hole], shown[:, :3][~hole])
    assert (images[hole] != shown[:, :3][hole]).all()


def test_no_image_depends_on_the_others_of_its_batch():
    shown = torch.randn(3, 1, 32, 32)
    for net in (UNet(1, 1, 32, 4), ResidualTranslator(1, 1, 4, 1), PatchCritic(1, 4)):
        torch.testing.assert_close(net(shown)[:1], net(shown[:1]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("side", "patches"), [(32, 8), (28, 7)])
def test_a_critic_of_patches_has_a_logit_every_four_pixels(side, patches):
    pair = torch.randn(2, 3, side, side), torch.randn(2, 1, side, side)
    assert PatchCritic(3, 4, shown=1)(*pair).shape == (2, patches, patches)


def test_a_patch_is_of_18_pixels():
    image = torch.randn(1, 1, 64, 64, requires_grad=True)
    (gradient,) = torch.autograd.grad(PatchCritic(1, 8)(image)[0, 8, 8], image)
    rows = gradient[0, 0].abs().sum(1).nonzero().flatten()
    assert int(rows.max() - rows.min()) + 1 == 18


def test_a_critic_of_pairs_sees_what_was_shown():
    critic, image = PatchCritic(1, 4, shown=1), torch.randn(1, 1, 32, 32)
    one, other = (critic(image, shown) for shown in torch.randn(2, 1, 1, 32, 32))
    assert not torch.allclose(one, other)


def test_a_residual_block_without_weights_changes_nothing():
    block = ResidualBlock(4)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("side", [28, 32])
def test_a_residual_translator_keeps_the_size(side):
    images = ResidualTranslator(1, 3, 4, 2)(torch.randn(2, 1, side, side))
    assert images.shape == (2, 3, side, side)
    assert images.abs().max() <= 1


def test_a_residual_translator_is_not_told_where_the_border_is():
    """What is the same everywhere becomes the same everywhere: only what is shown places things."""
    net = ResidualTranslator(1, 3, 4, 2)
    made = net(torch.tensor([-1.0, 0.2]).view(2, 1, 1, 1).expand(2, 1, 16, 16))
    torch.testing.assert_close(made, made[..., 8:9, 8:9].expand_as(made), atol=1e-5, rtol=0)
