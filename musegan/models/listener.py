"""The judge of sounds: the judge of pictures, on mel bands."""

import torch
from torch import Tensor, nn

from musegan.models.judge import JudgeNetwork
from musegan.models.spectra import LogMel

WINDOW_SECONDS, BANDS, FRAMES = 0.032, 64, 64  # of what it looks at


class ListenerNetwork(nn.Module):
    """Sounds (batch, sample) in [-1, 1] -> logits (batch, class).

    `rate` and `samples` are those of the sounds. They are seen as 64 bands by about 64 frames.
    """

    def __init__(
        self, rate: int, samples: int, classes: int, *, width: int = 32, features: int = 128
    ) -> None:
        super().__init__()
        window = 2 ** round(torch.tensor(WINDOW_SECONDS * rate).log2().item() + 0.5)
        self.mel = LogMel(rate, window=window, hop=max(1, samples // FRAMES), bands=BANDS)
        self.seen = JudgeNetwork(1, classes, width=width, features=features)

    def forward(self, sounds: Tensor) -> Tensor:
        logits: Tensor = self.seen(self.mel(sounds))
        return logits

    def features(self, sounds: Tensor) -> Tensor:
        """What the last layer decides from, (batch, feature)."""
        return self.seen.features(self.mel(sounds))
