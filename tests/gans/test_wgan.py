"""WGAN and WGAN-GP: weights that are kept within bounds, and an estimate that is a distance."""

import pytest
import torch
from torch import nn

from musegan.experiments.images import build_images
from musegan.gans.wgan import clip_weights
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.game import Move, Player, Trainer

DIGITS = ("data.source=digits", "data.side=16", "model.latent=8", "model.width=4",
          "train.batch_size=8", "train.device=cpu")  # fmt: skip


def game(preset, *settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES[preset], *DIGITS, *settings)).trainer


def weights(player):
    return torch.cat([p.detach().flatten() for p in player.parameters])


def test_the_critics_weights_are_clipped_at_once_and_after_each_update_and_no_others():
    trainer = game("wgan", "model.clip=.02", "train.learning_rate=.01")
    critic, generator = trainer.players["critic"], trainer.players["generator"]
    assert weights(critic).abs().max().item() == pytest.approx(0.02)
    for _ in range(3):
        trainer.play_round()
        assert weights(critic).abs().max().item() == pytest.approx(0.02)
    assert weights(generator).abs().max() > 0.1


def test_the_critic_is_updated_five_times_a_round_by_rmsprop():
    trainer = game("wgan")
    trainer.play_round()
    assert {name: p.updates for name, p in trainer.players.items()} == {"critic": 5, "generator": 1}
    assert isinstance(trainer.players["critic"].optimizer, torch.optim.RMSprop)


def test_neither_critic_looks_at_other_samples():
    for preset in ("wgan", "wgan-gp"):
        critic = game(preset).players["critic"].module.train()
        images, labels = torch.randn(6, 1, 16, 16), torch.zeros(6, dtype=torch.long)
        torch.testing.assert_close(critic(images[:2], labels[:2]), critic(images, labels)[:2])


def test_a_clipped_critic_estimates_how_far_points_are_apart():
    """Of points at 0 and at 3 a line of slope .5 at most says 1.5."""
    line = nn.Linear(1, 1, bias=False)
    player = Player("critic", line, torch.optim.RMSprop(line.parameters(), lr=0.05))
    clip_weights(player, 0.5)

    class Stream:
        index = 0

        def __next__(self):
            return torch.zeros(4, 1), torch.full((4, 1), 3.0)

    def terms(batch, round):
        fake, real = batch
        return {"adversarial": line(fake).mean() - line(real).mean()}

    trainer = Trainer([Move(player, terms)], Stream())
    for _ in range(50):
        log = trainer.play_round()
    assert log["critic/adversarial"].item() == pytest.approx(-1.5)


def test_the_slope_is_drawn_to_one_and_weighs_gamma():
    half, whole = game("wgan-gp", "train.gamma=5"), game("wgan-gp", "train.gamma=10")
    terms = [trainer.play_round()["critic/lipschitz"] for trainer in (half, whole)]
    assert terms[0].item() > 0.1
    # The first of the round's five updates differs by the factor, those after by what it did.
    assert (terms[1] / terms[0]).item() == pytest.approx(2.0, rel=0.2)


def test_the_penalty_holds_the_slope_near_one():
    trainer = game("wgan-gp", "train.learning_rate=1e-3", "train.rounds=60", "train.warmup=0")
    before = trainer.play_round()["critic/lipschitz"].item()
    for _ in range(59):
        log = trainer.play_round()
    assert log["critic/lipschitz"].item() < 0.25 * before
