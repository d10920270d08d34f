"""What draws the batches of a gallery: single images, stacks of them, captioned ones, or views."""

from dataclasses import replace
from typing import Protocol

import numpy as np
import torch

from musegan.config import ImageData
from musegan.data.captions import CaptionSource, Pairs, Vocabulary
from musegan.data.domains import UnpairedSource
from musegan.data.galleries import Gallery, Split, open_gallery
from musegan.data.pictures import Pictures, PictureSource, as_bytes
from musegan.data.stacks import StackSource, stacked_names
from musegan.data.views import ViewedSource


class Source(Protocol):
    """Draws batches; the same chances give the same batch."""

    def draw(self, rng: np.random.Generator) -> Pictures:
        """A batch, all of whose chances come from `rng`."""
        ...


def source_of(
    gallery: Gallery,
    data: ImageData,
    batch_size: int,
    device: torch.device,
    *,
    pairs: Pairs = "seen",
    shown: Gallery | None = None,
) -> Source:
    """The source that the settings ask for; `pairs` are those of captions.

    `shown` is what an unpaired translator is shown, where `gallery` is what it is to make.
    """
    if shown is not None:
        return UnpairedSource(shown, gallery, data, batch_size, device)
    if data.view:
        whole = source_of(gallery, replace(data, view=""), batch_size, device, pairs=pairs)
        return ViewedSource(whole, data.view)
    if data.captions:
        return CaptionSource(gallery, data, batch_size, device, pairs)
    if data.stack > 1:
        return StackSource(gallery, data, batch_size, device)
    return PictureSource(gallery, data, batch_size, device)


def channels_of(gallery: Gallery, data: ImageData) -> int:
    """Channels of what is drawn."""
    return int(gallery.images.shape[1]) * data.stack


def classes_of(gallery: Gallery, data: ImageData) -> tuple[str, ...]:
    """The names of the classes of what is drawn, by number."""
    return stacked_names(gallery.classes, data.stack)


def words_of(gallery: Gallery, data: ImageData) -> int:
    """How many words captions know, no word among them; 0 where there are no captions."""
    return len(Vocabulary(gallery.classes).words) if data.captions else 0


def open_drawn(
    data: ImageData, split: Split = "test", count: int = 10_000, seed: int = 0, pairs: Pairs = "all"
) -> Gallery:
    """A split as it is drawn, to measure with, always the same.

    Stacks and captioned images are `count` draws by the seed, mirrored ones none; other sets are
    the whole split, in its order.
    """
    gallery = open_gallery(data, split)
    if not data.captions and data.stack == 1:
        return gallery
    source = source_of(gallery, data, count, torch.device("cpu"), pairs=pairs)
    batch = source.draw(np.random.default_rng(seed))
    images, names = as_bytes(batch.images).numpy(), classes_of(gallery, data)
    return Gallery(images, batch.labels.numpy(), names)
