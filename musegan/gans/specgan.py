"""SpecGAN: spectrograms as images, in WGAN-GP's game. Donahue et al. 2019 (arXiv:1802.04208), section 2.

A sound is seen as the logarithms of its magnitudes, each frequency brought to mean 0 and variance 1
over the data, cut off at three deviations and scaled to [-1, 1] (section 2.2). Phases are not
modelled: Griffin and Lim's algorithm finds some that fit (Griffin and Lim 1984).
"""

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, one_hot, relu

from musegan.config import SoundExperiment
from musegan.data.sounds import Sounds
from musegan.errors import ConfigError
from musegan.gans.sounds import SoundSizes, SoundSystem, drawn, judged
from musegan.gans.system import Players
from musegan.models.spectra import torchaudio
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.penalties import lipschitz
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

DEVIATIONS = 3.0  # where values are cut off
SOFTEST = 1e-6  # what is added to a magnitude before its logarithm
LEAST = 4  # rows or columns that a generator begins with
TURNS = 16  # of Griffin and Lim's algorithm, as in the paper


class Spectrum(nn.Module):
    """Sounds (batch, sample) to images (batch, 1, frequency, frame) in [-1, 1], and back.

    The highest frequency is left out, so that there are window / 2. `mean` and `deviation` of each
    frequency are those of the sounds that `fit` was shown.
    """

    mean: Tensor
    deviation: Tensor
    window: Tensor

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        self.samples, self.hop = sizes.samples, sizes.hop
        self.frames = sizes.samples // sizes.hop
        self.register_buffer("window", torch.hann_window(sizes.window), persistent=False)
        self.register_buffer("mean", torch.zeros(sizes.window // 2, 1))
        self.register_buffer("deviation", torch.ones(sizes.window // 2, 1))

    def forward(self, sounds: Tensor) -> Tensor:
        scaled = (self.levels(sounds) - self.mean) / self.deviation
        return (scaled / DEVIATIONS).clamp(-1, 1)[:, None]

    def levels(self, sounds: Tensor) -> Tensor:
        """Logarithms of magnitudes, (batch, frequency, frame)."""
        with torch.autocast(sounds.device.type, enabled=False):
            spectra = torch.stft(
                sounds.float(), len(self.window), self.hop, window=self.window, return_complex=True
            )
        return (spectra[:, :-1, : self.frames].abs() + SOFTEST).log()

    def fit(self, sounds: Tensor) -> None:
        """Take the moments of each frequency from some sounds."""
        levels = self.levels(sounds)
        self.mean.copy_(levels.mean((0, 2))[:, None])
        self.deviation.copy_(levels.std((0, 2))[:, None].clamp(min=1e-3))

    def inverse(self, images: Tensor) -> Tensor:
        """Sounds (batch, sample) of images, with phases that fit; always the same ones."""
        with torch.autocast(images.device.type, enabled=False):
            levels = images.float()[:, 0] * DEVIATIONS * self.deviation + self.mean
            magnitudes = nn.functional.pad(levels.exp() - SOFTEST, (0, 1, 0, 1)).clamp(min=0)
            invert = torchaudio().GriffinLim(
                len(self.window), TURNS, hop_length=self.hop, power=1.0, rand_init=False
            )
            sounds: Tensor = invert.to(images.device)(magnitudes)
        missing = self.samples - sounds.shape[1]
        return nn.functional.pad(sounds, (0, max(0, missing)))[:, : self.samples]


class Generator(nn.Module):
    """Latents (batch, latent), labels (batch,) -> images of sounds (batch, 1, frequency, frame)."""

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        self.shape, widths = shape_of(sizes)
        self.classes = sizes.classes
        self.spectrum = Spectrum(sizes)
        self.dense = nn.Linear(
            sizes.latent + sizes.classes, widths[0] * self.shape[0] * self.shape[1]
        )
        self.layers = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, 5, 2, 2, output_padding=1)
            for wide, narrow in pairwise([*widths, 1])
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        if self.classes:
            latent = torch.cat([latent, one_hot(labels, self.classes).to(latent.dtype)], 1)
        x = self.dense(latent).unflatten(1, (-1, *self.shape))
        for layer in self.layers:
            x = layer(relu(x))
        images: Tensor = x.tanh()
        return images


class Critic(nn.Module):
    """Images of sounds (batch, 1, frequency, frame), labels (batch,) -> logits (batch,)."""

    def __init__(self, sizes: SoundSizes) -> None:
        super().__init__()
        shape, widths = shape_of(sizes)
        self.layers = nn.ModuleList(
            nn.Conv2d(narrow, wide, 5, 2, 2) for narrow, wide in pairwise([1, *widths[::-1]])
        )
        self.last = nn.Linear(widths[0] * shape[0] * shape[1], max(1, sizes.classes))
        self.classes = sizes.classes

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        x = images
        for layer in self.layers:
            x = leaky_relu(layer(x), 0.2)
        logits = self.last(x.flatten(1))
        chosen: Tensor = logits.gather(1, labels[:, None]) if self.classes else logits
        return chosen[:, 0]


def shape_of(sizes: SoundSizes) -> tuple[tuple[int, int], list[int]]:
    """Rows and columns that a generator begins with, and the widths of its maps from there on.

    Raises ConfigError where frequencies or frames cannot be halved so often.
    """
    rows, frames = sizes.window // 2, sizes.samples // sizes.hop
    count = 0
    while min(rows, frames) >> (count + 1) >= LEAST and not (rows | frames) & (1 << count):
        count += 1
    if max(rows, frames) >> count > 4 * LEAST or not count:
        raise ConfigError(
            f"an image of {rows} x {frames} (model.window / 2, data.samples / model.hop) cannot be "
            f"halved down to {LEAST} to {4 * LEAST}; take powers of 2, such as 128 x 64"
        )
    shape = (rows >> count, frames >> count)
    return shape, [sizes.width * 2**i for i in reversed(range(count))]


def networks(sizes: SoundSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def fit(networks: Mapping[str, nn.Module], sounds: Tensor) -> None:
    """The moments of each frequency, which the generator carries."""
    generator = networks["generator"]
    assert isinstance(generator, Generator)
    generator.spectrum.fit(sounds)


def sounds(generator: nn.Module, made: Tensor) -> Tensor:
    assert isinstance(generator, Generator)
    return generator.spectrum.inverse(made)


def recipe(players: Players, wanted: SoundExperiment, state: GameState) -> list[Move]:
    """Appendix D: WGAN-GP on images of sounds, five updates of the critic a round."""
    generator, critic = players["generator"], players["critic"]
    assert isinstance(generator.module, Generator)
    spectrum = generator.module.spectrum
    training = wanted.train

    def seen(batch: Sounds, round: int) -> Tensor:
        images: Tensor = spectrum(batch.sounds)
        return images

    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=seen,
        fake=drawn(generator, wanted.model.latent),
        score=judged(critic),
        penalties=[Penalty("lipschitz", lipschitz, training.gamma, training.penalty_every)],
        n_critic=training.n_critic,
        state=state,
    )


SPECGAN = SoundSystem(
    networks, recipe, sounds=sounds, fit=fit, pictured=lambda sizes, images: images
)
