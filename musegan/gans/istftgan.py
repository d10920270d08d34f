"""Waveforms from frames: a modern twin of WaveGAN's task, in R3GAN's game.

The generator works at the pace of frames and leaves the waveform to an inverse Fourier transform
(Siuzdak 2023, Vocos, arXiv:2306.00814), with ConvNeXt's blocks (Liu et al. 2022, arXiv:2201.03545).
The critic hears mel bands and complex spectra. The loss is relativistic, with R1 and R2 (Huang et
al. 2024, arXiv:2501.05441).
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, linear

from musegan.config import SoundExperiment
from musegan.gans.r3gan import Block, Convolution, calmed_penalties
from musegan.gans.sounds import (
    SoundSizes,
    SoundSystem,
    divided,
    drawn,
    judged,
    of_other_classes,
)
from musegan.gans.system import Players
from musegan.models.convnext import ConvNeXt
from musegan.models.spectra import LogMel, inverse_stft
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.recipes import adversarial
from musegan.train.state import GameState

BLOCKS, LAST_BLOCKS = 1, 3  # after each doubling; at the pace of frames
LOUDEST = 5.0  # the largest logarithm of a magnitude
BANDS = 64  # of the mel view
LARGEST = 32  # rows or columns, the fewer of them, that are left of a spectrum by the first layer
SOFT = 1e-3  # what a spectrum's squared magnitude is never below, so that its root has a slope


class Generator(nn.Module):
    """Latents (batch, latent), labels (batch,) -> sounds (batch, sample)."""

    window: Tensor

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        frames = sizes.samples // sizes.hop
        begun, count = divided(frames, 2, "data.samples / model.hop")
        self.samples, self.hop = sizes.samples, sizes.hop
        self.embed = nn.Embedding(sizes.classes, sizes.latent) if sizes.classes else None
        if self.embed is not None:
            nn.init.normal_(self.embed.weight, 0.0, 1 / math.sqrt(sizes.classes))
        narrow = sizes.latent * (2 if sizes.classes else 1)
        self.begin = nn.Linear(narrow, sizes.width, bias=False)
        self.basis = nn.Parameter(torch.randn(sizes.width, begun))
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(ConvNeXt(sizes.width) for _ in range(BLOCKS if i < count else LAST_BLOCKS))
            )
            for i in range(count + 1)
        )
        self.norm = nn.LayerNorm(sizes.width)
        self.head = nn.Linear(sizes.width, sizes.window + 2)
        self.register_buffer("window", torch.hann_window(sizes.window), persistent=False)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        if self.embed is not None:
            latent = torch.cat([latent, self.embed(labels)], 1)
        x = self.begin(latent)[:, :, None] * self.basis
        for index, blocks in enumerate(self.stages):
            x = blocks(interpolate(x, scale_factor=2.0, mode="linear") if index else x)
        return self.sound(self.head(self.norm(x.transpose(1, 2))))

    def sound(self, frames: Tensor) -> Tensor:
        """Frames (batch, frame, logarithms of magnitudes and angles) -> sounds (batch, sample)."""
        with torch.autocast(frames.device.type, enabled=False):
            sizes, angles = frames.float().transpose(1, 2).chunk(2, dim=1)
            spectra = torch.polar(sizes.clamp(max=LOUDEST).exp(), angles)
            spectra = torch.cat([spectra, spectra[:, :, -1:]], 2)  # the frame that ends at the end
            return inverse_stft(spectra, self.window, self.hop, self.samples)


class View(nn.Module):
    """What a critic makes of one kind of spectrum: maps (batch, channel, row, column) -> features.

    R3GAN's critic on maps that need not be square: a first layer of stride `first`, then halved
    until the shorter side is 4 to 7.
    """

    def __init__(self, channels: int, rows: int, columns: int, width: int, *, first: int) -> None:
        super().__init__()
        least, count = min(rows, columns) // first, 1
        while least > 7:
            least, count = least // 2, count + 1
        widths = [width * min(4, 2**i) for i in range(count)]
        self.enter = Convolution(channels, widths[0], 2 * first)
        self.enter.stride, self.enter.padding = (first, first), (first // 2, first // 2)
        self.stages = nn.ModuleList(Block(wide, len(widths)) for wide in widths)
        self.between = nn.ModuleList(Convolution(a, b) for a, b in pairwise(widths))
        halved = first * 2 ** (count - 1)
        shape = (rows // halved, columns // halved)
        self.basis = nn.Parameter(torch.randn(widths[-1], 1, *shape) / math.sqrt(math.prod(shape)))
        self.size = widths[-1]

    def forward(self, maps: Tensor) -> Tensor:
        x = self.enter(maps.contiguous(memory_format=torch.channels_last))
        x = self.stages[0](x)
        for widened, block in zip(self.between, self.stages[1:], strict=True):
            x = block(widened(nn.functional.avg_pool2d(x, 2)))
        with torch.autocast(x.device.type, enabled=False):
            features: Tensor = conv2d(x.float(), self.basis, groups=x.shape[1]).flatten(1)
        return features


class Ear(nn.Module):
    """Sounds (batch, sample) -> what the critic is shown, (batch, number): both its views, flat.

    The penalties keep the critic's slope small at what it is shown. At the waveform itself they
    would be of silence alone, where the least change is a great one to a logarithm.
    """

    window: Tensor

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        frames = sizes.samples // sizes.hop
        self.mel = LogMel(sizes.rate, window=4 * sizes.hop, hop=sizes.hop, bands=BANDS)
        self.hop = sizes.hop // 2
        self.register_buffer("window", torch.hann_window(sizes.window), persistent=False)
        self.tone = (1, BANDS, frames)
        self.phase = (2, sizes.window // 2, 2 * frames)

    def forward(self, sounds: Tensor) -> Tensor:
        return torch.cat([self.mel(sounds).flatten(1), self.spectrum(sounds).flatten(1)], 1)

    def spectrum(self, sounds: Tensor) -> Tensor:
        """Real and imaginary parts (batch, 2, row, frame), loud ones brought nearer to soft ones."""
        with torch.autocast(sounds.device.type, enabled=False):
            spectra = torch.stft(
                sounds.float(), len(self.window), self.hop, window=self.window, return_complex=True
            )[:, 1:, : self.phase[2]]
            parts = torch.view_as_real(spectra).movedim(-1, 1)
            return parts * (parts.square().sum(1, keepdim=True) + SOFT) ** -0.35

    def views(self, shown: Tensor) -> tuple[Tensor, Tensor]:
        """The two views of what is shown: mel bands, and parts of a spectrum."""
        size = math.prod(self.tone)
        tone, phase = shown[:, :size], shown[:, size:]
        return tone.view(-1, *self.tone), phase.view(-1, *self.phase)


class Critic(nn.Module):
    """What an `Ear` makes of sounds (batch, number), labels (batch,) -> logits (batch,)."""

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        self.ear = Ear(sizes)
        self.tone = View(*self.ear.tone, sizes.width // 4, first=2)
        shorter = min(self.ear.phase[1:])
        self.phase = View(*self.ear.phase, sizes.width // 4, first=max(4, shorter // LARGEST))
        size = self.tone.size + self.phase.size
        self.last = nn.Parameter(torch.randn(sizes.classes or 1, size))
        self.scale, self.classes = 1 / math.sqrt(size), sizes.classes

    def forward(self, shown: Tensor, labels: Tensor) -> Tensor:
        tone, phase = self.ear.views(shown)
        features = torch.cat([self.tone(tone), self.phase(phase)], 1)
        logits = linear(features, self.last * self.scale)
        return logits.gather(1, labels[:, None])[:, 0] if self.classes else logits[:, 0]


def networks(sizes: SoundSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(players: Players, wanted: SoundExperiment, state: GameState) -> list[Move]:
    """R3GAN's: the relativistic loss with R1 and R2 in every round, calmed in a burn-in.

    The samples of the game are what the critic is shown of sounds. With `train.mismatch` it also
    tells reals from reals under another class, as in `cgan`.
    """
    generator, critic = players["generator"], players["critic"]
    assert isinstance(critic.module, Critic)
    ear, make = critic.module.ear, drawn(generator, wanted.model.latent)
    classes, mismatch = critic.module.classes, wanted.train.mismatch
    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=lambda batch, round: ear(batch.sounds),
        fake=lambda batch, round: ear(make(batch, round)),
        score=judged(critic),
        penalties=calmed_penalties((generator, critic), wanted.train),
        own_logits=True,
        n_critic=wanted.train.n_critic,
        mismatched=(lambda batch, round: of_other_classes(batch, classes))
        if mismatch and classes > 1
        else None,
        mismatch_weight=mismatch,
        state=state,
    )


def pictured(sizes: SoundSizes, samples: Tensor) -> Tensor:
    """The mel bands of what the critic is shown, (batch, 1, band, frame)."""
    frames = sizes.samples // sizes.hop
    return samples[:, : BANDS * frames].reshape(-1, 1, BANDS, frames)


ISTFTGAN = SoundSystem(networks, recipe, pictured=pictured)
