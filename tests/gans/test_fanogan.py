import pytest
import torch
from imagemodels import idx_folder

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.experiments.built import make_player
from musegan.experiments.images import build_images
from musegan.gans import fanogan, wgan_gp
from musegan.gans.fanogan import Encoder
from musegan.gans.system import Sizes
from musegan.presets import PRESETS
from musegan.settings import override
from musegan.train.run import run
from musegan.train.state import GameState

SIZES = Sizes(side=16, channels=1, classes=0, latent=6, width=4)


def weights_of(networks):
    return {name: network.state_dict() for name, network in networks.items()}


def fresh():
    torch.manual_seed(0)
    return fanogan.networks(SIZES)["encoder"]


def images(count=4):
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_the_score_is_the_pixels_and_the_features():
    encoder = fresh().eval()
    x = images()
    made = encoder.generator(encoder(x), x)
    pixels = (made - x).square().mean((1, 2, 3))
    features = (encoder.critic(made) - encoder.critic(x)).square().mean((1, 2, 3))
    assert torch.allclose(encoder.score(x), pixels + fanogan.KAPPA * features)


def test_an_image_that_the_generator_draws_from_the_encoders_latent_is_usual():
    encoder = fresh().eval()
    latent = torch.randn(1, 6)
    drawn = encoder.generator(latent, latent)

    class Knows(torch.nn.Module):
        def forward(self, x):
            return latent.expand(len(x), -1)

    encoder.layers = Knows()
    assert encoder.score(drawn).item() == pytest.approx(0, abs=1e-10)
    assert encoder.score(images(1)).item() > 0.1


def test_features_are_of_the_critics_last_layer_but_one():
    torch.manual_seed(0)
    networks = wgan_gp.networks(SIZES)
    encoder = fresh().eval()
    fanogan.take_frozen({"encoder": encoder}, weights_of(networks))
    critic, x = networks["critic"].eval(), images()
    maps = encoder.critic(x)
    assert maps.shape[1:] == (8, 4, 4)
    logits = critic.layers[-1](critic.layers[-2](maps))
    assert torch.allclose(logits, critic(x, x), atol=1e-6)
    assert torch.equal(encoder.generator.layers[0].weight, networks["generator"].layers[0].weight)


def test_dense_networks_have_their_own_way_back():
    torch.manual_seed(0)
    sizes = SIZES._replace(dense=True, width=12)
    networks, encoder = wgan_gp.networks(sizes), fanogan.networks(sizes)["encoder"].eval()
    fanogan.take_frozen({"encoder": encoder}, weights_of(networks))
    x = images()
    features = encoder.critic(x)
    assert features.shape == (4, 12)
    logits = networks["critic"].layers[-1](features).squeeze(1)
    assert torch.allclose(logits, networks["critic"](x, x), atol=1e-6)
    latent = torch.ones(1, 6)
    assert torch.equal(encoder.generator(latent, x), networks["generator"](latent, x))
    assert encoder(x).shape == (4, 6)
    assert encoder.score(x).shape == (4,)


@pytest.mark.parametrize("side", [16, 28, 40])
def test_there_is_a_way_back_from_every_side_that_dcgan_halves(side):
    encoder = fanogan.networks(SIZES._replace(side=side))["encoder"].eval()
    assert encoder.score(torch.zeros(2, 1, side, side)).shape == (2,)


def test_the_generators_norms_know_what_it_draws():
    torch.manual_seed(0)
    networks, encoder = wgan_gp.networks(SIZES), fanogan.networks(SIZES)["encoder"]
    fanogan.take_frozen({"encoder": encoder}, weights_of(networks))
    norm = encoder.generator.layers[1]
    latents = torch.randn(2000, 6)
    before = encoder.generator.layers[0](latents[:, :, None, None])
    assert torch.allclose(norm.running_var, before.var((0, 2, 3)), rtol=0.2)
    assert not encoder.generator.training


def test_only_the_encoder_learns_and_the_frozen_stay_in_evaluation_mode():
    wanted = override(PRESETS["fanogan"], "start=somewhere")
    encoder = fresh()
    assert not encoder.generator.training
    assert not encoder.train().generator.training
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    player = make_player("encoder", encoder, wanted.train)
    (move,) = fanogan.recipe({"encoder": player}, wanted, GameState())
    losses = []
    for _ in range(30):
        player.optimizer.zero_grad()
        terms = move.terms(Pictures(images(), torch.zeros(4)), 0)
        loss = sum(terms.values())
        loss.backward()
        player.update()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    after, average = encoder.state_dict(), player.average.state_dict()
    for key, value in before.items():
        if key.startswith(("generator.", "critic.")):
            assert torch.equal(after[key], value), key
            assert torch.equal(average[key], value), key
    assert not torch.equal(after["layers.0.weight"], before["layers.0.weight"])


def test_what_to_begin_with_is_asked_for():
    with pytest.raises(ConfigError, match="set start=RUN to the run folder of a wgan-gp"):
        fanogan.recipe({}, PRESETS["fanogan"], GameState())
    with pytest.raises(KeyError, match="no critic"):
        fanogan.take_frozen({"encoder": fresh()}, {"generator": {}})


def test_an_encoder_goes_on_from_an_encoder():
    first, second = fresh(), fresh()
    with torch.no_grad():
        first.layers[0].weight.add_(1)
    fanogan.take_frozen({"encoder": second}, {"encoder": first.state_dict()})
    assert torch.equal(second.layers[0].weight, first.layers[0].weight)
    assert isinstance(second, Encoder)


def test_a_built_game_takes_the_run_that_it_begins_with(tmp_path):
    settings = [
        f"data.folder={idx_folder(tmp_path)}", "data.side=16", "model.width=4", "model.latent=6",
        "train.batch_size=4", "train.rounds=1", "train.device=cpu",
    ]  # fmt: skip
    first = build_images(override(PRESETS["wgan-gp"], *settings))
    run(first.trainer, tmp_path / "w", rounds=1, config=first.config, tensorboard=False)
    built = build_images(override(PRESETS["fanogan"], *settings, f"start={tmp_path / 'w'}"))
    encoder = built.trainer.players["encoder"].module
    critic = first.trainer.players["critic"].module
    assert torch.equal(encoder.critic.layers[0].weight, critic.layers[0].weight)
    generator = first.trainer.players["generator"].average
    assert torch.equal(encoder.generator.layers[0].weight, generator.layers[0].weight)
    built.trainer.play_round()
    assert torch.equal(encoder.critic.layers[0].weight, critic.layers[0].weight)
