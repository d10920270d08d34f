import pytest
import torch

from musegan.data.pictures import Pictures
from musegan.errors import ConfigError
from musegan.experiments.built import make_player
from musegan.gans import captions
from musegan.gans.system import Sizes
from musegan.models.text import WordMean
from musegan.presets import PRESETS
from musegan.settings import override
from musegan.train.game import Trainer
from musegan.train.state import GameState

SIZES = Sizes(side=16, channels=3, classes=0, latent=6, width=4, words=9)
TOKENS = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [2, 1, 3, 0], [5, 6, 7, 8]])


def batch():
    dice = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 16, 16, generator=dice) * 2 - 1
    return Pictures(images, torch.zeros(4, dtype=torch.int64), tokens=TOKENS)


def test_a_sentence_is_its_words_and_nothing_of_the_empty_places():
    torch.manual_seed(0)
    text = WordMean(9, 5)
    vectors = text(TOKENS)
    assert torch.allclose(vectors[0], vectors[2])  # the same words
    assert not torch.allclose(vectors[0], vectors[1])
    longer = torch.cat([TOKENS, torch.zeros(4, 3, dtype=torch.int64)], 1)
    assert torch.allclose(text(longer), vectors)
    assert text(torch.zeros(1, 4, dtype=torch.int64)).isfinite().all()


def test_the_critic_reads_the_caption_and_the_generator_draws_it():
    torch.manual_seed(0)
    networks = captions.networks(SIZES)
    images, other = batch().images, TOKENS.roll(1, 0)
    critic, generator = networks["critic"], networks["generator"].eval()
    assert critic(images, TOKENS).shape == (4,)
    assert not torch.allclose(critic(images, TOKENS), critic(images, other))
    latent = torch.randn(4, 6)
    assert generator(latent, TOKENS).shape == (4, 3, 16, 16)
    assert not torch.allclose(generator(latent, TOKENS), generator(latent, other), atol=1e-7)


@pytest.mark.parametrize("side", [16, 28, 40])
def test_pictures_of_every_side_that_dcgan_halves_have_captions(side):
    networks = captions.networks(SIZES._replace(side=side))
    drawn = networks["generator"](torch.randn(4, 6), TOKENS)
    assert drawn.shape == (4, 3, side, side)
    assert networks["critic"](drawn, TOKENS).shape == (4,)


def test_a_mismatch_is_the_same_images_under_other_captions():
    one = batch()
    other = captions.others(one, 0)
    assert torch.equal(other.images, one.images)
    assert torch.equal(other.tokens[1:], one.tokens[:-1])


def test_the_critic_learns_whether_a_caption_matches():
    """Images whose brightness is what the caption says, drawn by nobody: mismatch must fall."""
    torch.manual_seed(0)
    wanted = override(PRESETS["captions"], "model.latent=6", "train.learning_rate=3e-3")
    players = {
        name: make_player(name, network, wanted.train)
        for name, network in captions.networks(SIZES).items()
    }
    moves = captions.recipe(players, wanted, GameState())
    critic = [move for move in moves if move.player.name == "critic"]

    class Stream:
        index = 0

        def __next__(self):
            self.index += 1
            bright = torch.tensor([0.9, -0.9, 0.3, -0.3])[:, None, None, None]
            tokens = torch.tensor([[1], [2], [3], [4]])
            return Pictures(bright.expand(4, 3, 16, 16), torch.zeros(4), tokens=tokens)

    trainer = Trainer(critic, Stream())
    terms = [trainer.play_round()["critic/mismatch"].item() for _ in range(80)]
    assert terms[-1] < 0.6 * terms[0]


def test_pictures_without_captions_are_refused():
    with pytest.raises(ConfigError, match=r"set data\.captions=true"):
        captions.networks(SIZES._replace(words=0))
