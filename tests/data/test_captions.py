"""Captions say what pictures show, and training does not see some pairs."""

from pathlib import Path

import numpy as np
import pytest
import torch

from musegan.config import ImageData
from musegan.data.captions import (
    LENGTH,
    Attributes,
    CaptionSource,
    Vocabulary,
    draw_attributes,
    unseen_colour,
)
from musegan.data.galleries import PACKAGED, Gallery, open_gallery
from musegan.data.idx import FASHION
from musegan.data.tinting import COLOURS, reader_for
from musegan.errors import ConfigError, UsageError

WORDS = Vocabulary(FASHION)
CPU = torch.device("cpu")


def gallery(count=40):
    rng = np.random.default_rng(0)
    images = np.zeros((count, 1, 32, 32), np.uint8)
    images[:, 0, 4:28, 2:30] = rng.integers(60, 256, size=(count, 24, 28))
    return Gallery(images.repeat(3, axis=1), np.arange(count) % 10, FASHION)


def test_what_is_written_is_what_is_read():
    rng = np.random.default_rng(0)
    shown = draw_attributes(rng.integers(10, size=4000), "all", rng)
    said = WORDS.attributes(WORDS.write(shown, rng))
    assert np.array_equal(said.things, shown.things)
    assert np.array_equal(said.colours, shown.colours)
    for written, true in zip(said[2:], shown[2:], strict=True):
        told = written >= 0
        assert 0.75 < told.mean() < 0.92  # one caption of six leaves each out
        assert np.array_equal(written[told], true[told])


def test_every_caption_is_a_sentence_that_reads_back_to_its_tokens():
    rng = np.random.default_rng(1)
    tokens = WORDS.write(draw_attributes(rng.integers(10, size=300), "all", rng), rng)
    assert tokens.shape == (300, LENGTH)
    for caption in tokens:
        assert np.array_equal(WORDS.tokens(WORDS.caption(caption)), caption)


def test_all_words_are_used():
    rng = np.random.default_rng(2)
    tokens = WORDS.write(draw_attributes(rng.integers(10, size=4000), "all", rng), rng)
    assert np.array_equal(np.unique(tokens), np.arange(len(WORDS.words)))


def test_a_caption_in_a_users_words_is_understood():
    said = WORDS.attributes(WORDS.tokens("A little crimson gown, on black.")[None])
    assert [int(number[0]) for number in said] == [3, 0, 0, 1]
    assert WORDS.caption(WORDS.tokens("a RED  dress,small")) == "a red dress, small"


@pytest.mark.parametrize(
    ("caption", "says"),
    [
        ("a reddish dress", "no caption has the word 'reddish'; did you mean 'red'?"),
        ("xyzzy", "no caption has the word 'xyzzy'; known: a the is"),
        (" ".join(["red"] * 13), "a caption of 13 words; at most 12"),
    ],
)
def test_a_word_that_no_caption_has_is_named(caption, says):
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        WORDS.tokens(caption)


def test_training_never_shows_one_colour_of_each_class_and_shows_all_others():
    rng = np.random.default_rng(0)
    shown = draw_attributes(np.arange(6000) % 10, "seen", rng)
    pairs = set(zip(shown.things.tolist(), shown.colours.tolist(), strict=True))
    everything = {(thing, colour) for thing in range(10) for colour in range(len(COLOURS))}
    unseen = {(thing, int(unseen_colour(np.array(thing)))) for thing in range(10)}
    assert pairs == everything - unseen
    held_out = draw_attributes(np.arange(100) % 10, "unseen", rng)
    found = set(zip(held_out.things.tolist(), held_out.colours.tolist(), strict=True))
    assert found == unseen


def test_a_batch_is_a_function_of_its_chances_and_shows_what_it_says():
    data = ImageData(captions=True, channels=3)
    source = CaptionSource(gallery(), data, 64, CPU)
    batch, again = (source.draw(np.random.default_rng(7)) for _ in range(2))
    other = source.draw(np.random.default_rng(8))
    assert torch.equal(batch.images, again.images)
    assert torch.equal(batch.tokens, again.tokens)
    assert not torch.equal(batch.tokens, other.tokens)
    said = WORDS.attributes(batch.tokens.numpy())
    reader = reader_for(gallery().images)
    assert np.array_equal(said.things, batch.labels.numpy())
    assert np.array_equal(said.colours, reader.colours(batch.images).numpy())
    for written, read in ((said.backgrounds, reader.backgrounds), (said.sizes, reader.sizes)):
        told = written >= 0
        assert np.array_equal(written[told], read(batch.images).numpy()[told])


def test_mirroring_turns_pictures_round_and_nothing_else():
    held = gallery(1)
    held.images[..., 15:] //= 3
    plain = CaptionSource(held, ImageData(captions=True, channels=3), 32, CPU)
    mirrored = CaptionSource(held, ImageData(captions=True, channels=3, flip=True), 32, CPU)
    first, second = (source.draw(np.random.default_rng(0)) for source in (plain, mirrored))
    assert torch.equal(first.tokens, second.tokens)
    turned = [not torch.equal(a, b) for a, b in zip(first.images, second.images, strict=True)]
    assert 4 < sum(turned) < 28
    for a, b, other in zip(first.images, second.images, turned, strict=True):
        if other:
            assert torch.allclose(a.flip(2), b, atol=1e-6)


def test_a_gallery_whose_classes_are_tints_or_that_has_none_is_refused():
    with pytest.raises(ConfigError, match="the class 'red' has the name of a tint"):
        Vocabulary(("red", "blue"))
    with pytest.raises(ConfigError, match="there are no classes"):
        Vocabulary(())


def test_class_names_of_several_words_become_one_word():
    words = Vocabulary(("old car", "bus"))
    shown = Attributes(*(np.array([0]) for _ in range(4)))
    assert "old-car" in words.caption(words.write(shown, np.random.default_rng(0))[0])


def test_real_garments_are_read_right():
    if not Path(PACKAGED).is_dir():
        pytest.skip("needs dataset-fashion-mnist (Debian)")
    data = ImageData(captions=True, channels=3)
    garments = open_gallery(data, "test")
    source = CaptionSource(garments, data, 4000, CPU, "all")
    reader = reader_for(garments.images)
    batch, rng = source.draw(np.random.default_rng(0)), np.random.default_rng(0)
    shown = draw_attributes(
        garments.labels[rng.integers(len(garments.labels), size=4000)], "all", rng
    )
    assert np.array_equal(reader.colours(batch.images).numpy(), shown.colours)
    assert np.array_equal(reader.backgrounds(batch.images).numpy(), shown.backgrounds)
    assert (reader.sizes(batch.images).numpy() == shown.sizes).mean() > 0.998
