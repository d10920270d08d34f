import pytest
import torch

from musegan.errors import ConfigError
from musegan.experiments.images import build_images
from musegan.gans.pix2pix import networks
from musegan.gans.system import Sizes
from musegan.presets import IMAGES
from musegan.settings import override

DIGITS = ("data.source=digits", "data.side=16", "model.width=8", "train.batch_size=16",
          "train.device=cpu", "train.bfloat16=false")  # fmt: skip


def game(preset, *settings):
    torch.manual_seed(0)
    return build_images(override(IMAGES[preset], *DIGITS, *settings)).trainer


@pytest.mark.parametrize("preset", ["pix2pix", "colourise", "inpaint"])
def test_every_view_is_played_by_both(preset):
    trainer = game(preset, "train.loss=vanilla")  # a relativistic critic's last bias says nothing
    before = {
        name: [p.clone() for p in player.parameters] for name, player in trainer.players.items()
    }
    log = trainer.play_round()
    held = set() if preset == "inpaint" else {"critic/r1", "critic/r2"}
    assert set(log) == {"critic/adversarial", "generator/adversarial", "generator/pixels"} | held
    for name, player in trainer.players.items():
        changed = [
            not torch.equal(*pair) for pair in zip(before[name], player.parameters, strict=True)
        ]
        assert all(changed)


def test_with_a_gamma_the_critic_of_patches_is_held_on_both_sides():
    log = game("inpaint", "train.gamma=.01", "train.penalty_every=1").play_round()
    assert {"critic/r1", "critic/r2"} < set(log)
    assert log["critic/r1"] > 0 and log["critic/r2"] > 0


def test_the_distance_in_pixels_is_weighted_by_lambda():
    trainer = game("pix2pix", "model.content=50", "train.learning_rate=0")
    log = trainer.play_round()
    trainer.batches.index -= 1
    batch = next(trainer.batches)
    made = trainer.players["generator"].module(batch.shown)
    wanted = 50 * (made - batch.images).abs().mean().detach()
    torch.testing.assert_close(log["generator/pixels"], wanted)


def test_without_a_critic_only_pixels_count():
    trainer = game("pix2pix", "model.adversarial=0")
    assert set(trainer.play_round()) == {"generator/pixels"}
    assert set(trainer.players) == {"generator"}


def test_nothing_to_be_shown_is_refused_in_a_line():
    sizes = Sizes(side=16, channels=1, classes=0, latent=1, width=4)
    with pytest.raises(ConfigError, match=r"data\.view=edges, grey or hole"):
        networks(sizes)


def test_it_learns_to_fill_a_hole_better_than_the_mean_of_the_rest():
    trainer = game("inpaint", "train.learning_rate=2e-3", "model.content=100")
    batch = next(trainer.batches)
    hole = batch.shown[:, 1:] > 0
    known = batch.images.masked_fill(hole, float("nan"))
    mean = known.nanmean((1, 2, 3), keepdim=True)
    for _ in range(150):
        trainer.play_round()
    with torch.no_grad():
        made = trainer.players["generator"].module(batch.shown)
    assert torch.equal(made[~hole], batch.images[~hole])
    off, fill = (((x - batch.images)[hole] ** 2).mean() for x in (made, mean.expand_as(made)))
    assert off < 0.7 * fill
