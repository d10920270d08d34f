"""The synth: notes in, sound out, at the pace of frames.

Exact tones (`models.tones`) are shaped in their spectra by what ConvNeXt's blocks say, a gain and a
turn for each bin, and an inverse Fourier transform makes them a sound (Vocos, Siuzdak 2023,
arXiv:2306.00814, on the source of HiFTNet, Li et al. 2023, arXiv:2309.09493). So the network begins
as the tones, cannot be out of tune, and is silent where no note sounds.
"""

import torch
from torch import Tensor, nn

from musegan.config import SynthExperiment
from musegan.data.phrases import Phrases, Score
from musegan.gans.hearing import Critic, Heard
from musegan.gans.scores import Entry, SynthSizes, noise_shape
from musegan.gans.system import Players
from musegan.models.convnext import REACH, ConvNeXt
from musegan.models.spectra import MelDistance, inverse_stft
from musegan.train.game import Move, Terms
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.recipes import Matching, adversarial
from musegan.train.state import GameState

LEAST, MOST = -8.0, 8.0  # logarithms of a bin's gain


class Generator(nn.Module):
    """A score, latents (batch, note, latent), noise (see `Entry`) -> sounds (batch, sample)."""

    def __init__(self, sizes: SynthSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.entry = Entry(sizes, sizes.width)
        self.first = nn.LayerNorm(sizes.width)
        self.blocks = nn.Sequential(*(ConvNeXt(sizes.width) for _ in range(sizes.blocks)))
        self.last = nn.LayerNorm(sizes.width)
        self.head = nn.Linear(sizes.width, sizes.window + 2)
        nn.init.normal_(self.head.weight, 0.0, 0.01)
        nn.init.zeros_(self.head.bias)

    @property
    def reach(self) -> int:
        """Frames on either side that a sample depends on."""
        return len(self.blocks) * (REACH // 2) + self.sizes.window // self.sizes.hop

    def forward(self, score: Score, latents: Tensor, noise: Tensor) -> Tensor:
        x, spectra = self.entry(score, latents, noise)
        x = self.blocks(self.first(x.transpose(1, 2)).transpose(1, 2))
        x = self.last(x.transpose(1, 2))
        with torch.autocast(x.device.type, enabled=False):
            gains, turns = self.head(x.float()).transpose(1, 2).chunk(2, dim=1)
            spectra = spectra * torch.polar(gains.clamp(LEAST, MOST).exp(), turns)
            length = self.sizes.hop * (spectra.shape[2] - 1)
            sounds = inverse_stft(spectra, self.entry.window, self.sizes.hop, length)
        return sounds


def recipe(
    players: Players, wanted: SynthExperiment, sizes: SynthSizes, state: GameState
) -> list[Move]:
    """HiFi-GAN's game, for any generator of a synth: mel bands and the critic's layers shall be
    those of the phrase itself, and the critic shall take one for the other."""
    generator, critic = players["generator"], players["critic"]
    assert isinstance(critic.module, Critic)
    hears = critic.module
    mel = MelDistance(sizes.rate).to(generator.device)

    def played(batch: Phrases, round: int) -> Tensor:
        sounds: Tensor = generator.module(batch.score, *chances(batch.score, sizes, batch.sounds))
        return sounds

    def layers(sounds: Tensor, batch: Phrases, round: int) -> Heard:
        return hears.layers(sounds, batch.score)

    def near(sounds: Tensor, batch: Phrases) -> Terms:
        return {"mel": wanted.model.mel * mel(sounds, batch.sounds)}

    return adversarial(
        generator,
        critic,
        LOSSES[wanted.train.loss],
        real=lambda batch, round: batch.sounds,
        fake=played,
        score=lambda sounds, batch, round: critic.module(sounds, batch.score),
        extra=near,
        matching=Matching(layers, wanted.model.matching),
        alone=wanted.model.alone,
        n_critic=wanted.train.n_critic,
        state=state,
    )


def chances(score: Score, sizes: SynthSizes, sounds: Tensor) -> tuple[Tensor, Tensor]:
    """Latents and noise for scores whose sounds are as long as these."""
    batch, notes = score.pitches.shape
    latents = normal(batch, notes, sizes.latent, device=sounds.device)
    return latents, normal(batch, *noise_shape(sizes, sounds.shape[1]), device=sounds.device)
