"""MuseGAN: a generator in time and one for each track, bar by bar. Dong et al. 2018.

Multi-track sequential generative adversarial networks (arXiv:1709.06298), the hybrid model with a
temporal generator: four kinds of latent, shared or of a track, of a phrase or of a bar. From scratch, or
track-conditional with an encoder of the melody; by choice with binary neurons (Dong and Yang 2018,
arXiv:1804.09399). A bar has 16 steps where the paper has 96, so fewer layers in time.
"""

import torch
from torch import Tensor, nn

from musegan.config import PeerExperiment
from musegan.data.barrolls import BAR_STEPS, BarRolls
from musegan.gans.bars import BarSizes, BarSystem, Players, silenced, struck
from musegan.train.game import Move
from musegan.train.losses import LOSSES
from musegan.train.noise import normal
from musegan.train.penalties import lipschitz
from musegan.train.recipes import Penalty, adversarial
from musegan.train.state import GameState

BARS, LOWEST, PITCHES = 4, 24, 84  # a phrase; C1 to B7
ENCODED = 16  # channels of each layer of the encoder


def _normed(layer: nn.Module, channels: int, act: nn.Module) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm2d(channels), act)


class TemporalGenerator(nn.Module):
    """A latent (batch, latent) -> one for each bar, (batch, bar, latent)."""

    def __init__(self, latent: int, hidden: int, bars: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose1d(latent, hidden, 2),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.ConvTranspose1d(hidden, latent, bars - 1),
            nn.BatchNorm1d(latent),
            nn.ReLU(),
        )

    def forward(self, latent: Tensor) -> Tensor:
        sequence: Tensor = self.layers(latent[:, :, None])
        return sequence.transpose(1, 2)


class Encoder(nn.Module):
    """Bars of the given track (bar, 1, step, pitch) -> features, the coarsest first."""

    def __init__(self) -> None:
        super().__init__()
        shapes = [(1, 12), (1, 7), (2, 1), (2, 1), (2, 1)]  # 16 x 7, 16 x 1, 8 x 1, 4 x 1, 2 x 1
        channels = [1, *[ENCODED] * len(shapes)]
        self.layers = nn.ModuleList(
            _normed(nn.Conv2d(before, ENCODED, shape, shape), ENCODED, nn.LeakyReLU(0.2))
            for before, shape in zip(channels, shapes, strict=False)
        )

    def forward(self, bars: Tensor) -> list[Tensor]:
        found = [bars]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found[:0:-1]


class BarGenerator(nn.Module):
    """Latents of bars (bar, 4 latents), and what an encoder found -> logits (bar, step, pitch)."""

    def __init__(self, latent: int, width: int, encoded: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Linear(4 * latent, 16 * width), nn.BatchNorm1d(16 * width), nn.ReLU()
        )
        shapes = [(2, 1), (2, 1), (2, 1), (1, 7), (1, 12)]
        channels = [8 * width, 8 * width, 4 * width, 2 * width, width]
        layers: list[nn.Module] = [
            _normed(nn.ConvTranspose2d(before + encoded, after, shape, shape), after, nn.ReLU())
            for before, after, shape in zip(channels, channels[1:], shapes, strict=False)
        ]
        layers.append(nn.ConvTranspose2d(width + encoded, 1, shapes[-1], shapes[-1]))
        self.layers = nn.ModuleList(layers)

    def forward(self, latent: Tensor, encoded: list[Tensor]) -> Tensor:
        x: Tensor = self.first(latent).view(len(latent), -1, 2, 1)
        for index, layer in enumerate(self.layers):
            x = layer(torch.cat([x, encoded[index]], 1) if encoded else x)
        return x[:, 0]


class Generator(nn.Module):
    """Noise (batch, number), a melody (batch, bar, step, pitch) -> rolls (batch, track, bar, step, pitch).

    Values are chances, or with binary neurons notes.
    """

    def __init__(self, sizes: BarSizes) -> None:
        super().__init__()
        self.sizes, hidden = sizes, 16 * sizes.width
        self.temporal = nn.ModuleList(
            TemporalGenerator(sizes.latent, hidden, sizes.bars) for _ in range(1 + sizes.tracks)
        )
        self.encoder = Encoder() if sizes.conditional else None
        encoded = ENCODED if sizes.conditional else 0
        self.of_track = nn.ModuleList(
            BarGenerator(sizes.latent, sizes.width, encoded) for _ in range(sizes.tracks)
        )

    def forward(self, noise: Tensor, melody: Tensor) -> Tensor:
        size = self.sizes
        still, moving = noise.view(len(noise), 2, 1 + size.tracks, size.latent).unbind(1)
        lasting = still[:, :, None].expand(-1, -1, size.bars, -1)  # of a phrase
        passing = torch.stack([g(moving[:, i]) for i, g in enumerate(self.temporal)], 1)  # of a bar
        each = torch.cat([lasting, passing], 3)  # (batch, shared or track, bar, 2 latents)
        encoded = self.encoder(melody.flatten(0, 1)[:, None]) if self.encoder else []
        logits = [
            generator(torch.cat([each[:, 0], each[:, 1 + track]], 2).flatten(0, 1), encoded)
            for track, generator in enumerate(self.of_track)
        ]
        shape = (len(noise), size.tracks, size.bars, BAR_STEPS, size.pitches)
        chances = torch.stack([one.view(shape[0], *shape[2:]) for one in logits], 1).sigmoid()
        return chances if size.neurons == "none" else struck(chances, size.neurons)


class Critic(nn.Module):
    """Rolls of a phrase, the given track among them, (batch, track, bar, step, pitch) -> logits (batch,)."""

    def __init__(self, sizes: BarSizes) -> None:
        super().__init__()
        width, tracks = sizes.critic_width, sizes.tracks + sizes.conditional
        over_bars = [(tracks, (2, 1, 1), (1, 1, 1)), (width, (sizes.bars - 1, 1, 1), (1, 1, 1))]
        over_bar = [
            (width, (1, 1, 12), (1, 1, 12)),
            (width, (1, 1, 7), (1, 1, 7)),
            (width, (1, 2, 1), (1, 2, 1)),
            (width, (1, 2, 1), (1, 2, 1)),
        ]
        layers: list[nn.Module] = []
        for before, shape, stride in over_bars + over_bar:
            layers += [nn.Conv3d(before, width, shape, stride), nn.LeakyReLU(0.2)]
        layers += [nn.Conv3d(width, 2 * width, (1, 4, 1)), nn.LeakyReLU(0.2), nn.Flatten()]
        self.layers = nn.Sequential(
            *layers, nn.Linear(2 * width, 8 * width), nn.LeakyReLU(0.2), nn.Linear(8 * width, 1)
        )

    def forward(self, rolls: Tensor) -> Tensor:
        logits: Tensor = self.layers(rolls).squeeze(1)
        return logits


def noise(sizes: BarSizes) -> int:
    """Four kinds of latent: of a phrase or of its bars, shared or of a track."""
    return 2 * (1 + sizes.tracks) * sizes.latent


def networks(sizes: BarSizes) -> dict[str, nn.Module]:
    return {"generator": Generator(sizes), "critic": Critic(sizes)}


def recipe(
    players: Players, sizes: BarSizes, wanted: PeerExperiment, state: GameState
) -> list[Move]:
    """WGAN-GP on whole phrases: lambda 10, 5 updates of the critic a round, Adam at (.5, .9)."""
    generator, critic, training = players["generator"], players["critic"], wanted.train

    def real(batch: BarRolls, round: int) -> Tensor:
        return beside(batch.band.float(), batch)

    def fake(batch: BarRolls, round: int) -> Tensor:
        drawn = normal(len(batch.melody), noise(sizes), device=batch.melody.device)
        band = generator.module(drawn, batch.melody.float())
        return beside(silenced(band, batch.active, 0), batch)

    def beside(band: Tensor, batch: BarRolls) -> Tensor:
        """The given track is judged along with the others."""
        if not sizes.conditional:
            return band
        return torch.cat([band, batch.melody[:, None].to(band.dtype)], 1)

    return adversarial(
        generator,
        critic,
        LOSSES[training.loss],
        real=real,
        fake=fake,
        penalties=[Penalty("lipschitz", lipschitz, training.gamma, training.penalty_every)],
        n_critic=training.n_critic,
        state=state,
    )


MUSEGAN = BarSystem(networks, recipe, noise, BARS, LOWEST, PITCHES, low=0.0)
