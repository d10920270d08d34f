"""The autoencoders and the band's networks: what goes in, what comes out."""

import pytest
import torch

from musegan.models.band import PLACE, BandCritic, BandGenerator, Sizes, Window
from musegan.models.cells import BandCells

SIZES = Sizes(cells=4, roles=2, latent=8, styles=2, width=16, heads=2)


def window(batch=3):
    return Window(
        melody=(torch.rand(batch, 4, 2, 8, 84) > 0.95).float(),
        latents=torch.randn(batch, 4, 2, 8),
        given=torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]).expand(batch, 4, 2),
        active=torch.ones(batch, 2),
        visible=torch.ones(batch, 4),
        place=torch.zeros(batch, 4, PLACE),
        style=torch.zeros(batch, 2),
    )


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_latents_have_mean_zero_and_variance_one():
    cells = BandCells(("drums", "bass"), latent=16, width=8, hidden=32)
    latents = cells.encode("bass", (torch.rand(5, 2, 8, 84) > 0.9).float())
    assert latents.mean(1).abs().max() < 1e-5
    assert torch.allclose(latents.var(1, unbiased=False), torch.ones(5), atol=1e-2)


def test_decoding_gives_each_role_its_planes():
    cells = BandCells(("drums", "bass"), latent=16, width=8, hidden=32)
    assert cells.decode("drums", torch.randn(5, 16)).shape == (5, 1, 8, 9)
    assert cells.decode("bass", torch.randn(5, 16)).shape == (5, 2, 8, 84)


def test_a_role_without_cells_has_no_latents():
    cells = BandCells(("drums", "bass"), latent=16, width=8, hidden=32)
    latents = cells.encode_window({"bass": torch.zeros(6, 2, 8, 84)}, (2, 3))
    assert latents[:, :, 0].abs().sum() == 0
    assert latents[:, :, 1].abs().sum() > 0


def test_given_cells_pass_through_the_generator():
    generator, seen = BandGenerator(SIZES, 1), window()
    made = generator(seen, generator.draw_noise(3))
    assert torch.equal(made[:, 0], seen.latents[:, 0])
    assert torch.equal(made[:, 1, 0], seen.latents[:, 1, 0])
    assert not torch.equal(made[:, 2], seen.latents[:, 2])


def test_what_is_not_given_is_not_looked_at():
    generator, seen = BandGenerator(SIZES, 1), window()
    noise = generator.draw_noise(3)
    first = generator(seen, noise)
    seen.latents[:, 2:] += 5
    assert torch.equal(generator(seen, noise), first)


def test_a_melody_out_of_sight_is_not_looked_at():
    generator, seen = BandGenerator(SIZES, 1), window()
    seen.visible[:, 2:] = 0
    noise = generator.draw_noise(3)
    first = generator(seen, noise)
    seen.melody[:, 2:] = 1
    assert torch.equal(generator(seen, noise), first)


def test_roles_that_do_not_play_are_zero():
    generator, seen = BandGenerator(SIZES, 1), window()
    seen.active[:, 1] = 0
    assert generator(seen, generator.draw_noise(3))[:, :, 1].abs().sum() == 0


def test_other_noise_makes_another_band():
    generator, seen = BandGenerator(SIZES, 1), window()
    first = generator(seen, generator.draw_noise(3))
    assert not torch.allclose(first, generator(seen, generator.draw_noise(3)))


def test_the_critic_gives_one_logit_a_window_and_has_second_derivatives():
    critic, seen = BandCritic(SIZES, 1), window()
    latents = seen.latents.clone().requires_grad_()
    logits = critic(seen, latents)
    assert logits.shape == (3,)
    (slope,) = torch.autograd.grad(logits.sum(), latents, create_graph=True)
    slope.square().sum().backward()
    assert all(p.grad is not None for n, p in critic.named_parameters() if "blocks" in n)
