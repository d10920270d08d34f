"""SNGAN, SAGAN and BigGAN: their networks, and what each has that the others lack."""

import pytest
import torch
from torch.nn.utils.parametrize import is_parametrized

from musegan.errors import ConfigError
from musegan.experiments.images import build_images, draw_images, load_images
from musegan.gans import SYSTEMS, biggan, sagan
from musegan.gans.biggan import alikeness
from musegan.gans.system import Sizes
from musegan.models.attention import SelfAttention
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.penalties import r1

NAMES = ("sngan", "sagan", "biggan")
SIZES = Sizes(side=16, channels=1, classes=3, latent=12, width=4)
DIGITS = ("data.source=digits", "data.side=16", "model.latent=12", "model.width=4",
          "train.batch_size=8", "train.device=cpu")  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def built(preset, *settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES[preset], *DIGITS, *settings))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("side", "channels"), [(8, 1), (16, 3), (28, 1), (32, 1), (64, 3)])
def test_images_of_many_sides_come_out_and_go_in(name, side, channels):
    chunks = {8: 2, 16: 3, 28: 3, 32: 4, 64: 5}[side]
    sizes = SIZES._replace(side=side, channels=channels, latent=2 * chunks)
    generator, critic = SYSTEMS[name].networks(sizes).values()
    labels = torch.tensor([0, 1, 2])
    images = generator(torch.randn(3, 2 * chunks), labels)
    assert images.shape == (3, channels, side, side)
    assert images.abs().max() <= 1
    assert critic(images, labels).shape == (3,)


@pytest.mark.parametrize("name", NAMES)
def test_a_side_that_cannot_be_is_refused_in_a_line(name):
    with pytest.raises(ConfigError, match=r"data.side=30 .*28, 32"):
        SYSTEMS[name].networks(SIZES._replace(side=30))


@pytest.mark.parametrize("name", NAMES)
def test_all_layers_of_the_critic_are_under_spectral_norm(name):
    critic = SYSTEMS[name].networks(SIZES)["critic"]
    kinds = (torch.nn.Conv2d, torch.nn.Linear, torch.nn.Embedding)
    layers = [m for m in critic.modules() if isinstance(m, kinds)]
    assert len(layers) > 8
    assert all(is_parametrized(layer) for layer in layers)


@pytest.mark.parametrize("name", NAMES)
def test_the_critics_penalty_can_be_differentiated(name):
    critic = SYSTEMS[name].networks(SIZES)["critic"]
    labels = torch.tensor([0, 1])
    images = torch.randn(2, 1, 16, 16)
    r1(lambda x: critic(x, labels), images, images).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in critic.parameters())
    assert critic.blocks[0].conv1.parametrizations.weight.original.grad.abs().max() > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_round_moves_both_players_and_saves_all_vectors_of_the_norms(name):
    trainer = built(name, "model.attention=false").trainer
    before = {k: p.module.state_dict() for k, p in trainer.players.items()}
    before = {k: {n: t.clone() for n, t in state.items()} for k, state in before.items()}
    trainer.play_round()
    saved = trainer.state_dict()["players"]
    for player, tensors in before.items():
        moved = {n for n, t in tensors.items() if not torch.equal(t, saved[player]["module"][n])}
        still = {n for n, t in tensors.items() if n not in moved and t.numel() > 4}
        assert not any(n.endswith(("_u", "original", "running_mean")) for n in still), still


def test_attention_is_at_a_quarter_of_the_side_and_its_twin_has_none():
    for name in ("sagan", "biggan"):
        for side in (16, 32, 64):
            seen = []
            sizes = SIZES._replace(side=side, latent=60)
            for network in SYSTEMS[name].networks(sizes).values():
                found = [m for m in network.modules() if isinstance(m, SelfAttention)]
                assert len(found) == 1
                found[0].register_forward_hook(lambda m, inputs, x, seen=seen: seen.append(x.shape))
                latent = torch.randn(2, 60)
                images = torch.randn(2, 1, side, side)
                begins = latent if hasattr(network, "dense") else images
                network(begins, torch.tensor([0, 1]))
            assert [shape[2] for shape in seen] == [side // 4, side // 4]
        twin = SYSTEMS[name].networks(SIZES._replace(attention=False))
        assert not any(isinstance(m, SelfAttention) for n in twin.values() for m in n.modules())


def test_a_fresh_game_with_attention_is_that_without_until_a_gate_opens():
    torch.manual_seed(0)
    generator = sagan.Generator(SIZES).eval()
    latent, labels = torch.randn(4, 12), torch.tensor([0, 1, 2, 0])
    whole = generator(latent, labels)
    generator.attention = torch.nn.Identity()
    assert torch.equal(generator(latent, labels), whole)


def test_sagans_critic_learns_four_times_as_fast():
    trainer = built("sagan").trainer
    rates = {name: player.rates[0] for name, player in trainer.players.items()}
    assert rates["critic"] == pytest.approx(
        IMAGES["sagan"].train.critic_factor * rates["generator"]
    )
    assert IMAGES["sagan"].train.critic_factor > 1


def test_biggans_blocks_hear_a_chunk_each_and_share_a_vector_of_the_class():
    generator = biggan.Generator(SIZES)
    conditions = []
    for block in generator.blocks:
        block.register_forward_hook(lambda m, inputs, x: conditions.append(inputs[1]))
    latent, labels = torch.randn(2, 12), torch.tensor([2, 0])
    generator(latent, labels)
    assert len(conditions) == 2
    for index, condition in enumerate(conditions):
        shared, chunk = condition.split([12, 4], dim=1)
        assert torch.equal(shared, generator.embedding(labels))
        assert torch.equal(chunk, latent[:, 4 * (index + 1) : 4 * (index + 2)])


def test_a_latent_that_has_no_whole_chunks_is_refused_in_a_line():
    with pytest.raises(ConfigError, match=r"model.latent=13 is cut into 3 chunks.*multiple of 3"):
        biggan.Generator(SIZES._replace(latent=13))


def test_biggans_class_begins_softer_than_the_latent_beside_it():
    generator = biggan.Generator(SIZES)
    rows = generator.embedding.weight @ generator.embedding.weight.T
    torch.testing.assert_close(rows, torch.eye(len(rows)), atol=1e-5, rtol=0)


def test_biggan_without_classes_says_what_to_set():
    with pytest.raises(ConfigError, match=r"biggan draws by class; set model.conditional=true"):
        biggan.Generator(SIZES._replace(classes=0))


def test_filters_are_as_alike_as_the_products_of_their_rows():
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Embedding(4, 5))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    # Products 0, 1 and 2, each twice; biases and embeddings do not count.
    assert alikeness(network).item() == pytest.approx(2 * (0 + 1 + 4))
    orthogonal = torch.nn.Linear(6, 4)
    torch.nn.init.orthogonal_(orthogonal.weight)
    assert alikeness(orthogonal).item() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_release_draws_by_the_statistics_of_its_own_weights(name, tmp_path):
    game = built(name, "train.average=.5", "train.batch_size=64")
    for _ in range(3):
        game.trainer.play_round()
    kept = game.trainer.state_dict()
    game.release(tmp_path / "model.safetensors")
    average = game.trainer.players["generator"].average
    running = {k: v for k, v in average.state_dict().items() if "running" in k}
    live = game.trainer.players["generator"].module.state_dict()
    assert all(torch.equal(v, live[k]) for k, v in running.items())  # the game's are left alone
    assert torch.equal(kept["random"], torch.get_rng_state())
    generator = load_images(tmp_path / "model.safetensors").networks["generator"]
    last = generator.pixels[0]
    seen = []
    last.register_forward_pre_hook(lambda m, inputs: seen.append(inputs[0]))
    generator(torch.randn(2000, 12), torch.arange(2000) % 10)
    own = seen[0].mean((0, 2, 3))
    torch.testing.assert_close(last.running_mean, own, atol=0.1, rtol=0.1)


def share_within_classes(images, labels):
    """How much of the images' variance is within their classes."""
    of_each = torch.stack([images[labels == label] for label in labels.unique()])
    return of_each.var(1).mean() / images.var(0).mean()


def test_truncated_images_differ_less_and_draw_by_their_own_statistics(tmp_path):
    game = built("biggan", "train.average=.5")
    for _ in range(3):
        game.trainer.play_round()
    # Classes that say something, as after training: the norms bring the variance of all back to 1,
    # so what truncation takes from the latents can only go to them.
    torch.nn.init.normal_(game.trainer.players["generator"].average.embedding.weight)
    game.release(tmp_path / "model.safetensors")
    model = load_images(tmp_path / "model.safetensors")
    shares = [
        share_within_classes(*draw_images(model, 400, truncation=bound))
        for bound in (0.0, 1.0, 0.1)
    ]
    assert shares[0] > 1.1 * shares[1] > 1.2 * shares[2]
    before = {k: v.clone() for k, v in model.networks["generator"].state_dict().items()}
    draw_images(model, 4, truncation=0.5)
    after = model.networks["generator"].state_dict()
    assert all(torch.equal(v, after[k]) for k, v in before.items())
