"""What a picture is drawn for: a class, or a caption."""

import torch
from torch import Tensor

from musegan.data.captions import Vocabulary
from musegan.experiments.images import ImageModelFile
from musegan.experiments.naming import class_name


def tokens_for(model: ImageModelFile, caption: str, count: int) -> Tensor:
    """A caption for `count` pictures, (picture, word). Raises UsageError for unknown words."""
    tokens = Vocabulary(model.classes).tokens(caption)
    return torch.from_numpy(tokens).repeat(count, 1)


def said_of(model: ImageModelFile, condition: Tensor) -> dict[str, str]:
    """What one picture was drawn for, as its file says it: a class's number, or a caption (word,)."""
    if model.sizes.words:
        return {"Caption": Vocabulary(model.classes).caption(condition.numpy())}
    name = class_name(model, int(condition))
    return {"Class": name} if name else {}
