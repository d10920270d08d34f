"""The judge: a small classifier of pictures. What it sees before it decides are its features."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

SLOPE = 0.1  # below 0: a feature that never varied again would measure nothing


class JudgeNetwork(nn.Module):
    """Images (batch, channel, row, column) in [-1, 1] -> logits (batch, class).

    Images of any size of 8 pixels or more. In evaluation mode, in which it judges, what it says of
    an image does not depend on the others.
    """

    def __init__(
        self, channels: int, classes: int, *, width: int = 32, features: int = 128
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_layer(channels, width),
            nn.MaxPool2d(2),
            *_layer(width, 2 * width),
            nn.MaxPool2d(2),
            *_layer(2 * width, 3 * width),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * 3 * width, features),
            nn.LeakyReLU(SLOPE),
        )
        self.head = nn.Linear(features, classes)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """What the last layer decides from, (batch, feature)."""
        seen: Tensor = self.body(images)
        return seen


def _layer(channels: int, width: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, width, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE)]


def moved(images: Tensor, places: Tensor, most: int) -> Tensor:
    """Each image moved by whole pixels, black (-1) coming in.

    Args:
        images: (batch, channel, row, column).
        places: (batch, 2) in [0, 1): how far down and right, from -most to most pixels.
        most: pixels.
    """
    height, width = images.shape[2:]
    first = (places * (2 * most + 1)).long()  # (batch, 2)
    rows = first[:, :1] + torch.arange(height, device=images.device)  # (batch, row)
    columns = first[:, 1:] + torch.arange(width, device=images.device)
    padded = pad(images, (most, most, most, most), value=-1.0)
    which = torch.arange(len(images), device=images.device)[:, None, None]
    taken = padded.movedim(1, -1)[which, rows[:, :, None], columns[:, None, :]]
    result: Tensor = taken.movedim(-1, 1).contiguous()
    return result
