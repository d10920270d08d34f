"""MuseGAN and DeepComposer: what their latents reach, what they hear, how they strike notes."""

import pytest
import torch
from peermodels import small_peer

from musegan.config import PeerData, PeerExperiment, PeerModel
from musegan.config.peers import ROLES as NAMES
from musegan.errors import ConfigError
from musegan.experiments import build
from musegan.gans import PEERS
from musegan.gans.bars import BarSizes, silenced, struck
from musegan.music.band import ROLES
from musegan.presets import PEERS as PRESETS
from musegan.settings import override


def sizes(system, *, tracks=3, conditional=True, neurons="none"):
    peer = PEERS[system]
    return BarSizes(tracks, peer.bars, peer.pitches, 4, 4, 6, conditional, neurons)


def generator(system, **asked):
    torch.manual_seed(0)
    size = sizes(system, **asked)
    made = PEERS[system].networks(size)["generator"].eval()
    return made, torch.randn(2, PEERS[system].noise(size)), blank(system)


def blank(system):
    peer = PEERS[system]
    return torch.zeros(2, peer.bars, 16, peer.pitches)


def reached(before, after):
    """Which tracks and which bars differ."""
    apart = before != after
    return apart.any(4).any(3).any(2).any(0).tolist(), apart.any(4).any(3).any(1).any(0).tolist()


def test_the_names_of_tracks_are_the_bands_roles():
    assert tuple(role.value for role in ROLES) == NAMES


@pytest.mark.parametrize("system", PEERS)
def test_a_peer_writes_rolls_of_its_tracks_between_silence_and_one(system):
    model, noise, melody = generator(system)
    rolls = model(noise, melody)
    assert rolls.shape == (2, 3, *melody.shape[1:])
    assert rolls.min() >= PEERS[system].low
    assert rolls.max() <= 1


@pytest.mark.parametrize(
    ("kind", "of", "tracks"),
    [
        (0, 0, [True, True, True]),  # of a phrase, shared
        (0, 2, [False, True, False]),  # of a phrase, the second track's
        (1, 0, [True, True, True]),  # of its bars, shared
        (1, 3, [False, False, True]),  # of its bars, the third track's
    ],
)
def test_a_shared_latent_reaches_all_tracks_and_a_tracks_own_no_other(kind, of, tracks):
    model, noise, melody = generator("musegan")
    moved = noise.view(2, 2, 4, 6).clone()
    moved[:, kind, of] += 3
    assert reached(model(noise, melody), model(moved.flatten(1), melody)) == (tracks, [True] * 4)


def test_a_bar_hears_its_own_melody_alone_and_from_scratch_none():
    model, noise, melody = generator("musegan")
    sung = melody.clone()
    sung[:, 2, :, 40] = 1
    assert reached(model(noise, melody), model(noise, sung))[1] == [False, False, True, False]
    model, noise, melody = generator("musegan", conditional=False)
    assert torch.equal(model(noise, melody), model(noise, sung))


def test_bars_differ_by_what_the_temporal_generators_make_of_their_latents():
    model, noise, melody = generator("musegan")
    bars = model(noise, melody)
    assert not torch.equal(bars[:, :, 0], bars[:, :, 1])
    for temporal in model.temporal:
        for weight in temporal.layers[3].parameters():
            torch.nn.init.zeros_(weight)
    bars = model(noise, melody)
    torch.testing.assert_close(bars, bars[:, :, :1].expand_as(bars))


def test_deterministic_neurons_strike_above_a_half_and_pass_gradients_straight_through():
    chances = torch.tensor([0.2, 0.5, 0.51, 0.9], requires_grad=True)
    notes = struck(chances, "deterministic")
    torch.testing.assert_close(notes.detach(), torch.tensor([0.0, 0.0, 1.0, 1.0]))
    (notes * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert chances.grad.tolist() == [1, 2, 3, 4]


def test_stochastic_neurons_strike_as_often_as_chances_say():
    torch.manual_seed(0)
    notes = struck(torch.full((4, 5_000), 0.3), "stochastic")
    assert notes.mean().item() == pytest.approx(0.3, abs=0.02)
    assert set(notes.round(decimals=4).unique().tolist()) == {0, 1}


@pytest.mark.parametrize("neurons", ["deterministic", "stochastic"])
def test_with_binary_neurons_musegan_writes_notes(neurons):
    """Its chances are .5 in the first track and about .05 in the others."""
    model, noise, melody = generator("musegan", neurons=neurons)
    for track, made in enumerate(model.of_track):
        torch.nn.init.zeros_(made.layers[-1].weight)
        torch.nn.init.constant_(made.layers[-1].bias, -3.0 if track else 1e-3)
    rolls = model(noise, melody)
    torch.testing.assert_close(rolls, rolls.round())
    sounding = rolls.mean((0, 2, 3, 4)).tolist()
    wanted = [1, 0, 0] if neurons == "deterministic" else [0.5, 0.047, 0.047]
    assert sounding == pytest.approx(wanted, abs=0.02)


def test_tracks_that_do_not_play_are_silent():
    rolls = torch.tensor([[[0.5, -0.5], [0.25, 1.0]]])
    asked = silenced(rolls, torch.tensor([[0.0, 1.0]]), -1.0)
    assert asked.tolist() == [[[-1, -1], [0.25, 1.0]]]


def test_deepcomposers_noise_lies_within_two():
    model, noise, melody = generator("deepcomposer")
    far = noise.sign() * 50
    torch.testing.assert_close(model(far, melody), model(2 * far, melody))
    assert not torch.equal(model(noise, melody), model(far, melody))


def test_deepcomposer_hears_the_melody_through_its_skips():
    model, noise, melody = generator("deepcomposer")
    sung = melody.clone()
    sung[:, 1, 4:8, 60] = 1
    assert not torch.equal(model(noise, melody), model(noise, sung))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_round_is_five_updates_of_the_critic_and_one_of_the_generator(preset, tmp_path):
    trainer = build(small_peer(preset, tmp_path)).trainer
    terms = trainer.play_round()
    assert set(terms) == {"critic/adversarial", "critic/lipschitz", "generator/adversarial"}
    assert {name: p.updates for name, p in trainer.players.items()} == {"critic": 5, "generator": 1}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_critic_judges_the_melody_along_with_the_band_and_looks_at_no_other_phrase(
    preset, tmp_path
):
    experiment = small_peer(preset, tmp_path)
    duel = (trainer := build(experiment).trainer).state.duels[0]
    batch = next(trainer.batches)
    real, fake = duel.real(batch, 0), duel.fake(batch, 0)
    tracks = len(experiment.data.tracks) + experiment.model.conditional
    assert real.shape == fake.shape
    assert real.shape[1] == tracks
    low = PEERS[experiment.model.system].low
    assert set(real.unique().tolist()) <= {low, 1.0}
    if experiment.model.conditional:
        assert torch.equal(real[:, -1], fake[:, -1])
    resting = batch.active == 0
    assert (fake[:, : resting.shape[1]][resting] == low).all()
    critic = trainer.players["critic"].module
    torch.testing.assert_close(critic(real[:1]), critic(real)[:1])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: PeerData(tracks=("kazoo",)), "data.tracks=kazoo: of pop909"),
        (lambda: PeerData(shares=(1.0,)), "each of the 4 corpora"),
        (lambda: PeerData(corpora=("deepcomposer-jsb",), shares=(1.0,)), "soprano,alto,tenor,bass"),
        (lambda: PeerModel(width=0), "must be at least 1"),
        (lambda: PeerModel(system="deepcomposer", neurons="stochastic"), "no binary neurons"),
        (
            lambda: PeerExperiment(data=PRESETS["deepcomposer-jsb"].data),
            "clips of two bars, which deepcomposer alone learns",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(make, says):
    with pytest.raises(ConfigError, match=says):
        make()


@pytest.mark.parametrize("preset", ["musegan", "deepcomposer"])
def test_a_peer_learns_how_much_of_a_toy_band_sounds(preset):
    """At first half of all sounds, then nearly as little as in the songs."""
    built = build(
        override(
            PRESETS[preset], "data.corpora=toy", "data.shares=1", "model.width=4",
            "model.critic_width=8", "train.batch_size=8", "train.device=cpu", "train.rounds=100",
            "train.learning_rate=2e-3",
        )
    )  # fmt: skip
    trainer, low = built.trainer, PEERS[PRESETS[preset].model.system].low
    duel, batch = trainer.state.duels[0], next(trainer.batches)
    tracks = batch.active.shape[1]

    def sounding(rolls):
        return (rolls[:, :tracks] > (1 + low) / 2).float().mean().item()

    wanted = sounding(duel.real(batch, 0))
    first = abs(sounding(duel.fake(batch, 0)) - wanted)
    for _ in range(40):
        trainer.play_round()
    assert abs(sounding(duel.fake(batch, 0)) - wanted) < 0.25 * first
