"""How unusual pictures are, for an encoder that has learned the usual."""

from typing import NamedTuple

import torch
from torch import Tensor

from musegan.errors import UsageError
from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import BATCH
from musegan.experiments.unusual import is_encoder
from musegan.gans.fanogan import Encoder
from musegan.picturing.opening import use_of


class Judged(NamedTuple):
    """What an encoder makes of pictures."""

    scores: Tensor  # (picture,); the higher, the more unusual
    pixels: Tensor  # (picture,) the part of it that is seen in pixels
    usual: Tensor  # (picture, channel, row, column): what comes back, the usual that is nearest


def check_judges(model: ImageModelFile) -> None:
    """Refuse a model without an encoder. Raises UsageError."""
    if not is_encoder(model):
        raise UsageError(
            f"{model.experiment.name} has no encoder, so `musegan image {use_of(model)}` uses it; "
            f"train one for it: musegan train fanogan start=RUN, where RUN is a wgan-gp"
        )


def judge(model: ImageModelFile, pictures: Tensor) -> Judged:
    """Judge pictures (picture, channel, row, column) in [-1, 1]."""
    encoder = model.networks["encoder"]
    assert isinstance(encoder, Encoder)
    parts = []
    with torch.no_grad():
        for batch in torch.split(pictures, BATCH):
            pixels, _ = encoder.unlike(batch)
            parts.append(Judged(encoder.score(batch), pixels, encoder.back(batch)))
    return Judged(*(torch.cat(part) for part in zip(*parts, strict=True)))
