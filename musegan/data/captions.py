"""Captions: sentences on tinted pictures, as tokens, and what a sentence means.

A caption names the thing and its colour, most also the ground and the size. Training never sees
some pairs of thing and colour, one colour of each thing, so a model can be asked for what it has
not been shown.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.config import ImageData
from musegan.data.galleries import Gallery
from musegan.data.pictures import Pictures
from musegan.data.tinting import BACKGROUNDS, COLOURS, SIZES, tinted
from musegan.errors import ConfigError, UsageError

Pairs = Literal["seen", "unseen", "all"]
Numbers = npt.NDArray[np.int64]

LENGTH = 12  # tokens of a caption
_TINTS = (COLOURS, BACKGROUNDS, SIZES)
SHAPES = (
    "a SIZE COLOUR THING on a GROUND background",
    "SIZE COLOUR THING , GROUND background",
    "the THING is COLOUR and SIZE , the background is GROUND",
    "a COLOUR THING , SIZE , on GROUND",
    "a COLOUR THING on a GROUND background",
    "a SIZE COLOUR THING",
)
GLUE = ("a", "the", "is", "and", "on", "background", ",")
ALSO = {
    "red": ("crimson",), "yellow": ("golden",), "green": ("grass-green",), "turquoise": ("cyan",),
    "blue": ("cobalt",), "purple": ("violet",), "dark": ("black",), "light": ("pale",),
    "large": ("big",), "small": ("little",),
    "t-shirt": ("tee",), "trouser": ("trousers", "pants"), "pullover": ("sweater", "jumper"),
    "dress": ("gown",), "coat": ("overcoat",), "sandal": ("open-shoe",), "shirt": ("blouse",),
    "sneaker": ("trainer",), "bag": ("handbag",), "ankle-boot": ("boot",),
}  # fmt: skip


class Attributes(NamedTuple):
    """What a picture shows or a caption says, in numbers; -1 where a caption does not say."""

    things: Numbers  # (picture,) the class
    colours: Numbers
    backgrounds: Numbers
    sizes: Numbers


@dataclass(frozen=True)
class Vocabulary:
    """The words of captions on a gallery of these classes; a word's token is its place, 0 is none."""

    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        taken = {word for kind in _TINTS for name in kind for word in _named(name)} | set(GLUE)
        both = [word for words in self.things for word in words if word in taken]
        if both:
            raise ConfigError(
                f"data.captions: the class {both[0]!r} has the name of a tint, or of no thing; "
                "rename its folder or choose another data.source"
            )
        if not self.classes:
            raise ConfigError("data.captions: there are no classes; choose another data.source")

    @cached_property
    def things(self) -> tuple[tuple[str, ...], ...]:
        """The words for each class, one word each."""
        return tuple(_named("-".join(_words(name.replace(",", " ")))) for name in self.classes)

    @cached_property
    def kinds(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """By attribute, by number: the words that name it."""
        return self.things, *(tuple(map(_named, names)) for names in _TINTS)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The word of each token."""
        said = [word for kind in self.kinds for words in kind for word in words]
        return ("", *dict.fromkeys([*GLUE, *said]))

    @cached_property
    def meanings(self) -> dict[str, tuple[int, int]]:
        """Word -> (attribute, number), for words that mean one."""
        return {
            word: (attribute, number)
            for attribute, kind in enumerate(self.kinds)
            for number, words in enumerate(kind)
            for word in words
        }

    def tokens(self, caption: str) -> Numbers:
        """A caption as (LENGTH,) tokens.

        Raises:
            UsageError: a word is unknown, or there are too many.
        """
        words = _words(caption)
        unknown = [word for word in words if word not in self.words[1:]]
        if unknown:
            near = get_close_matches(unknown[0], self.words[1:], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {' '.join(self.words[1:])}"
            raise UsageError(f"no caption has the word {unknown[0]!r}; {hint}")
        if len(words) > LENGTH:
            raise UsageError(f"a caption of {len(words)} words; at most {LENGTH}, commas counted")
        found = [self.words.index(word) for word in words]
        return np.array(found + [0] * (LENGTH - len(found)), np.int64)

    def caption(self, tokens: Numbers) -> str:
        """The sentence of tokens (LENGTH,)."""
        said = [self.words[token] for token in tokens if token]
        return " ".join(said).replace(" ,", ",")

    def attributes(self, tokens: Numbers) -> Attributes:
        """What captions (caption, LENGTH) say."""
        table = np.full((4, len(self.words)), -1, np.int64)
        for word, (attribute, number) in self.meanings.items():
            table[attribute, self.words.index(word)] = number
        return Attributes(*table[:, tokens].max(-1))

    def write(self, shown: Attributes, rng: np.random.Generator) -> Numbers:
        """A caption for each picture, (picture, LENGTH), its shape and words drawn by `rng`."""
        count = len(shown.things)
        shapes, choices = _SHAPES[rng.integers(len(SHAPES), size=count)], rng.random((4, count))
        tokens = np.zeros((count, LENGTH), np.int64)
        for attribute, numbers in enumerate(shown):
            words, several = self._synonyms[attribute]
            said = words[numbers, (choices[attribute] * several[numbers]).astype(np.int64)]
            tokens += np.where(shapes == -1 - attribute, said[:, None], 0)
        glue = np.array([self.words.index(word) for word in ("", *GLUE)])
        return tokens + np.where(shapes > 0, glue[np.maximum(shapes, 0)], 0)

    @cached_property
    def _synonyms(self) -> list[tuple[Numbers, Numbers]]:
        """By attribute: the tokens (number, word) that name each number, and how many do."""
        found = []
        for kind in self.kinds:
            table = np.zeros((len(kind), max(map(len, kind))), np.int64)
            for number, words in enumerate(kind):
                table[number, : len(words)] = [self.words.index(word) for word in words]
            found.append((table, np.array([len(words) for words in kind])))
        return found


def unseen_colour(things: Numbers) -> Numbers:
    """The colour of each class (picture,) that training never shows."""
    return things % len(COLOURS)


def draw_attributes(things: Numbers, pairs: Pairs, rng: np.random.Generator) -> Attributes:
    """Colour, ground and size for things (picture,), each as likely as any other that may be."""
    count, unseen = len(things), unseen_colour(things)
    if pairs == "unseen":
        colours = unseen
    elif pairs == "seen":
        colours = (unseen + 1 + rng.integers(len(COLOURS) - 1, size=count)) % len(COLOURS)
    else:
        colours = rng.integers(len(COLOURS), size=count)
    backgrounds, sizes = rng.integers(2, size=(2, count))
    return Attributes(things, colours, backgrounds, sizes)


class CaptionSource:
    """Draws tinted pictures of a grey gallery with their captions, with replacement."""

    def __init__(
        self,
        gallery: Gallery,
        data: ImageData,
        batch_size: int,
        device: torch.device,
        pairs: Pairs = "seen",
    ) -> None:
        self.greys = torch.from_numpy(gallery.images[:, :1].copy()).to(device)
        self.things = gallery.labels
        self.vocabulary = Vocabulary(gallery.classes)
        self.data, self.batch_size, self.device, self.pairs = data, batch_size, device, pairs

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`; labels are the things."""
        rows = rng.integers(len(self.greys), size=self.batch_size)
        shown = draw_attributes(self.things[rows], self.pairs, rng)
        tokens = self._tensor(self.vocabulary.write(shown, rng))
        greys = self.greys[self._tensor(rows)].float() / 255
        if self.data.flip:
            mirrored = torch.from_numpy(rng.random(self.batch_size) < 0.5).to(self.device)
            greys = torch.where(mirrored[:, None, None, None], greys.flip(3), greys)
        things, *tints = (self._tensor(numbers) for numbers in shown)
        return Pictures(tinted(greys, *tints), things, tokens=tokens)

    def _tensor(self, numbers: Numbers) -> Tensor:
        return torch.from_numpy(numbers).to(self.device)


def _words(text: str) -> list[str]:
    return text.lower().replace(",", " , ").replace(".", " ").split()


def _named(name: str) -> tuple[str, ...]:
    return (name, *ALSO.get(name, ()))


_SLOTS = {"THING": -1, "COLOUR": -2, "GROUND": -3, "SIZE": -4}  # -1 - attribute
_SHAPES = np.array(
    [
        [_SLOTS.get(word, 1 + GLUE.index(word) if word in GLUE else 0) for word in shape.split()]
        + [0] * (LENGTH - len(shape.split()))
        for shape in SHAPES
    ],
    np.int64,
)
