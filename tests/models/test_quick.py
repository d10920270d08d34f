"""What the quick ways compute is what the networks do."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from musegan.models.band import PLACE, BandGenerator, Sizes, Window
from musegan.models.cells import BandCells
from musegan.models.quick import Codec, Drafter, drafts_of

ROLES = ("drums", "bass", "piano")


@pytest.fixture
def cells():
    torch.manual_seed(0)
    return BandCells(ROLES, latent=8, width=12, hidden=20).requires_grad_(False)


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("wanted", [slice(6, 7), slice(6, 8)])
def test_drafts_are_what_the_generator_makes_of_a_batch(depth, wanted):
    torch.manual_seed(0)
    sizes = Sizes(cells=10, roles=3, latent=8, styles=2, width=16, heads=2)
    generator = BandGenerator(sizes, depth).requires_grad_(False)
    window = Window(
        melody=torch.rand(1, 10, 2, 8, 84).round(),
        latents=torch.randn(1, 10, 3, 8),
        given=(torch.arange(10) < 6).float()[None, :, None].repeat(1, 1, 3),
        active=torch.tensor([[1.0, 0.0, 1.0]]),
        visible=(torch.arange(10) < 7).float()[None],
        place=torch.rand(1, 10, PLACE),
        style=torch.tensor([[0.0, 1.0]]),
    )
    noise = generator.draw_noise(3)
    batch = Window(*(getattr(window, f.name).repeat_interleave(3, 0) for f in fields(window)))
    made = drafts_of(generator, window, noise, wanted)
    assert made.shape == (3, wanted.stop - wanted.start, 3, 8)
    assert torch.allclose(made, generator(batch, noise)[:, wanted], atol=1e-5)
    drafter = Drafter(generator, 3, wanted)
    assert drafter.fits(noise, wanted)
    assert not drafter.fits(noise[:1], wanted)
    with torch.inference_mode():
        assert torch.allclose(drafter.draft(window, noise), made, atol=1e-6)


@pytest.mark.parametrize("roles", [("bass", "piano"), ("piano",), ("drums",)])
def test_a_codec_encodes_and_decodes_as_the_autoencoders_do(cells, roles):
    codec = Codec(cells, roles)
    shape = (1, 8, 9) if roles == ("drums",) else (2, 8, 84)
    heard = torch.rand(len(roles), *shape).round()
    latents = codec.encode(heard.numpy())
    logits = codec.decode(np.stack([latents, 2 * latents], 1))
    for index, role in enumerate(roles):
        latent = cells.encode(role, heard[index][None])
        assert np.allclose(latents[index], latent[0].numpy(), atol=1e-5)
        wanted = cells.decode(role, torch.cat([latent, 2 * latent])).numpy()
        assert np.allclose(logits[index], wanted, atol=1e-4)


def test_a_role_is_computed_alike_whatever_is_beside_it(cells):
    rng = np.random.default_rng(0)
    codec = Codec(cells, ("bass", "piano"))
    heard = rng.integers(0, 2, (2, 2, 8, 84)).astype(np.float32)
    other = heard.copy()
    other[0] = 0
    assert np.array_equal(codec.encode(heard)[1], codec.encode(other)[1])
    latents = rng.standard_normal((2, 3, 8)).astype(np.float32)
    changed = latents.copy()
    changed[0] = 0
    assert np.array_equal(codec.decode(latents)[1], codec.decode(changed)[1])
