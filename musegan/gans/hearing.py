"""The critics of a synth: several spectra and several periods of a sound, and its score.

Spectra as in UnivNet (Jang et al. 2021, arXiv:2106.07889), real and imaginary parts beside
magnitudes; periods as in HiFi-GAN (Kong et al. 2020, arXiv:2010.05646), a quarter as wide. Each place
also asks whether what it hears belongs to the notes there (a projection, Miyato and Koyama 2018,
arXiv:1802.05637).
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad
from torch.nn.utils.parametrizations import weight_norm

from musegan.data.phrases import Score
from musegan.gans.scores import Reader, SynthSizes

WINDOWS = (2048, 1024, 512)  # samples of the spectra's frames
PERIODS = (2, 3, 5, 7, 11)
SLOPE = 0.1
SOFT = 1e-7  # what a spectrum's squared magnitude is never below, so that its root has a slope
TOLD = 64  # numbers that a frame of the score is read into

Heard = tuple[Tensor, list[Tensor]]  # logits (batch, number), what each layer made


class View(nn.Module):
    """One way to look at a sound: maps (batch, channel, time, place), frames of a score -> `Heard`."""

    def __init__(self, layers: list[nn.Conv2d]) -> None:
        super().__init__()
        width = layers[-1].out_channels
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.logit = weight_norm(nn.Conv2d(width, 1, (3, 1), padding=(1, 0)))
        self.match = nn.Conv1d(TOLD, width, 1)
        self.scale = 1 / math.sqrt(width)

    def forward(self, maps: Tensor, told: Tensor) -> Heard:
        x, made = maps, list[Tensor]()
        for layer in self.layers:
            x = leaky_relu(layer(x), SLOPE)
            made.append(x)
        wanted = interpolate(self.match(told), size=x.shape[2], mode="linear")
        logits = self.logit(x)[:, 0] + self.scale * (x * wanted[..., None]).sum(1)
        return logits.flatten(1), made


class SpectrumView(nn.Module):
    """A sound (batch, sample) by its spectra, in frames of `size` samples."""

    window: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("window", torch.hann_window(size), persistent=False)
        self.view = View(
            [nn.Conv2d(3, width, (3, 9), (1, 2), (1, 4))]
            + [nn.Conv2d(width, width, (3, 9), (1, 2), (1, 4)) for _ in range(4)]
            + [nn.Conv2d(width, width, 3, padding=1)]
        )

    def forward(self, sounds: Tensor, told: Tensor) -> Heard:
        heard: Heard = self.view(self.maps(sounds), told)
        return heard

    def maps(self, sounds: Tensor) -> Tensor:
        """Parts with loud ones brought nearer to soft ones, and logarithms of magnitudes."""
        with torch.autocast(sounds.device.type, enabled=False):
            spectra = torch.stft(
                sounds.float(), self.size, self.size // 4, window=self.window, return_complex=True
            )[:, 1:]
            parts = torch.view_as_real(spectra).permute(0, 3, 2, 1)  # (batch, 2, frame, bin)
            square = parts.square().sum(1, keepdim=True) + SOFT
            return torch.cat([parts * square**-0.35, square.log() / 8], 1)


class PeriodView(nn.Module):
    """A sound (batch, sample) in rows of `period` samples."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        widths = [1, *(width * by // 4 for by in (1, 4, 16, 32))]
        self.view = View(
            [nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0)) for a, b in pairwise(widths)]
            + [nn.Conv2d(widths[-1], widths[-1], (5, 1), padding=(2, 0))]
        )

    def forward(self, sounds: Tensor, told: Tensor) -> Heard:
        length = -sounds.shape[1] % self.period
        rows = pad(sounds, (0, length)).view(len(sounds), 1, -1, self.period)
        heard: Heard = self.view(rows, told)
        return heard


class Critic(nn.Module):
    """Sounds (batch, sample) and their scores -> logits (batch, number), of all views.

    Spectra have about thrice as many of them as periods.
    """

    def __init__(self, sizes: SynthSizes) -> None:
        super().__init__()
        self.hop = sizes.hop
        self.reader = Reader(sizes, TOLD, 0)
        self.reader.gain.requires_grad_(False)  # nobody asks it
        width = sizes.critic_width
        self.spectra = nn.ModuleList(SpectrumView(size, width) for size in WINDOWS)
        self.periods = nn.ModuleList(PeriodView(period, width) for period in PERIODS)

    def forward(self, sounds: Tensor, score: Score) -> Tensor:
        return self.layers(sounds, score)[0]

    def layers(self, sounds: Tensor, score: Score) -> Heard:
        """The logits, and what each layer of each view made."""
        told, _ = self.reader(score, None, 0, sounds.shape[1] // self.hop + 1)
        heard = [view(sounds, told) for view in (*self.spectra, *self.periods)]
        logits = torch.cat([logits.float() for logits, _ in heard], 1)
        return logits, [layer for _, made in heard for layer in made]
