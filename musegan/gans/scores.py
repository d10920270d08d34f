"""How the networks of a synth read a score: notes -> numbers for each frame.

A note's own numbers (pitch, velocity, timbre, a latent) and those of each frame (for how long it has
sounded, for how long it has been let go, where in the frame) are added and rectified, and what
comes of all notes is summed. So a score may have any number of notes, in any order, and a frame
costs as much as the notes that sound in it.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad

from musegan.data.phrases import SILENT, Score
from musegan.models.tones import BRIGHT, envelopes, tones

TIMES = (
    0.005,
    0.02,
    0.08,
    0.3,
    1.2,
)  # seconds: how fast what a frame is told of a note's age falls
CYCLES = (12.0, 6.0, 4.0, 24.0, 48.0, 96.0, 192.0)  # semitones, of waves that tell a pitch
TIMBRE = 32  # numbers of a timbre
NOISE = 0.02  # of a note's loudness
QUIET = 1e-4  # of a spectrum, that its logarithm is never far below
OLDEST = 8.0  # seconds: an age from which on a note no longer changes
STEADY = 2.4  # the same of what sustains: it would die away, as older notes were not learned
LEAST_GAIN, MOST_GAIN = -9.0, 3.0  # of a note, as logarithms


class SynthSizes(NamedTuple):
    """What a synth's networks depend on."""

    rate: int  # samples a second
    releases: tuple[float, ...]  # of each timbre: seconds in which it falls by e when let go
    width: int
    blocks: int
    hidden: int
    latent: int
    window: int
    hop: int
    critic_width: int
    sustained: tuple[bool, ...] = ()  # of each timbre: whether a held note goes on; empty: of none


class Reader(nn.Module):
    """A score, and latents (batch, note, latent) -> what each frame is told, and how loud notes are.

    Frame f lies around sample f * hop. With `frames` of them it gives (batch, width, frame), and
    for each note the logarithm of a gain, (batch, note, frame). Notes are heard half a window
    before their onsets, and while they fade.
    """

    releases: Tensor
    times: Tensor
    cycles: Tensor
    oldest: Tensor

    def __init__(self, sizes: SynthSizes, width: int, latent: int) -> None:
        super().__init__()
        self.sizes = sizes
        told = 2 + 2 * len(CYCLES) + 1 + TIMBRE + latent
        self.timbre = nn.Embedding(len(sizes.releases), TIMBRE)
        self.note = nn.Linear(told, sizes.hidden)
        self.frame = nn.Linear(2 * len(TIMES) + 7, sizes.hidden, bias=False)
        self.mix = nn.Linear(sizes.hidden, sizes.hidden)
        self.out = nn.Linear(sizes.hidden, width)
        self.gain = nn.Linear(sizes.hidden, 1)
        nn.init.zeros_(self.gain.weight)
        nn.init.zeros_(self.gain.bias)
        sustained = sizes.sustained or (False,) * len(sizes.releases)
        oldest = tuple(STEADY if goes_on else OLDEST for goes_on in sustained)
        for name, numbers in (
            ("releases", sizes.releases), ("times", TIMES), ("cycles", CYCLES), ("oldest", oldest),
        ):  # fmt: skip
            self.register_buffer(name, torch.tensor(numbers), persistent=False)

    def forward(
        self, score: Score, latents: Tensor | None, first: int, frames: int
    ) -> tuple[Tensor, Tensor]:
        fixed = self.note(self.of_notes(score, latents))  # (batch, note, hidden)
        moving, heard = self.of_frames(score, first, frames)
        x = gelu(fixed[:, :, None] + self.frame(moving))
        x = gelu(self.mix(x)) * heard[..., None]
        gains = self.gain(x)[..., 0].clamp(LEAST_GAIN, MOST_GAIN)
        return self.out(x.sum(1)).transpose(1, 2), gains

    def of_notes(self, score: Score, latents: Tensor | None) -> Tensor:
        """What does not change while a note sounds, (batch, note, number)."""
        pitches = score.pitches.float()[..., None]
        waves = pitches * (2 * math.pi / self.cycles)
        loud = score.velocities.float()[..., None] / 127
        timbres = self.timbre(score.timbres)[:, None].expand(-1, score.pitches.shape[1], -1)
        parts = [pitches / 64 - 1, waves.sin(), waves.cos(), loud, loud.square(), timbres]
        return torch.cat(parts if latents is None else [*parts, latents], -1)

    def of_frames(self, score: Score, first: int, frames: int) -> tuple[Tensor, Tensor]:
        """What changes, (batch, note, frame, number); and whether a note is heard, 0 or 1."""
        rate, hop = self.sizes.rate, self.sizes.hop
        reach = self.sizes.window / 2 / rate  # seconds
        centres = hop * torch.arange(first, first + frames, device=score.onsets.device)
        age = (centres - score.onsets[..., None]).float() / rate
        past = age - score.lengths[..., None].float() / rate
        begun, free = (age >= 0).float(), (past >= 0).float()
        near, nearing = (1 - age.abs() / reach).clamp(min=0), (1 - past.abs() / reach).clamp(min=0)
        old = age.clamp(min=0).minimum(self.oldest[score.timbres][:, None, None])
        aged = torch.exp(-old[..., None] / self.times) * begun[..., None]
        freed = torch.exp(-past.clamp(min=0)[..., None] / self.times) * free[..., None]
        slow = (100 * old).log1p() / 5
        parts = [begun, free, near, near * age / reach, nearing, slow, old / 2]
        moving = torch.cat([torch.stack(parts, -1), aged, freed], -1)
        release = self.releases[score.timbres][:, None, None]
        heard = (age > -reach) & (past < SILENT * release + reach)
        return moving, (heard & (score.velocities > 0)[..., None]).float()


class Entry(nn.Module):
    """A score, latents and noise -> frames (batch, width, frame), and the spectra of exact tones.

    The tones are as loud as the reader has each note at each frame, over a little noise that
    follows them; a frame is told what a note is and what lies where in its spectrum.
    """

    window: Tensor

    def __init__(self, sizes: SynthSizes, width: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.reader = Reader(sizes, width, sizes.latent)
        self.seen = nn.Linear(sizes.window // 2 + 1, width)
        self.register_buffer("window", torch.hann_window(sizes.window), persistent=False)

    def forward(self, score: Score, latents: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Noise is (batch, frame, hop), standard normal: a row of it for each frame and for those
        that the windows reach beyond the ends, `margin` in all."""
        frames = noise.shape[1] - self.margin
        told, gains = self.reader(score, latents, 0, frames)
        with torch.autocast(noise.device.type, enabled=False):
            sound = self.source(score, gains.float(), noise)
            spectra = torch.stft(
                sound, self.sizes.window, self.sizes.hop, window=self.window,
                center=False, return_complex=True,
            )  # fmt: skip
            size = (spectra.abs() + QUIET).log()  # (batch, bin, frame)
        return told + self.seen(size.transpose(1, 2) / 4).transpose(1, 2), spectra

    @property
    def margin(self) -> int:
        """Blocks of noise beyond one for each frame."""
        return self.sizes.window // self.sizes.hop - 1

    def source(self, score: Score, gains: Tensor, noise: Tensor, bright: float = BRIGHT) -> Tensor:
        """Tones and noise, (batch, sample), from half a window before sample 0 on.

        Gains (batch, note, frame) are logarithms; between frames a gain is linear.
        """
        blocks, block = noise.shape[1], noise.shape[2]
        half = self.sizes.window // 2
        ends = score.onsets + score.lengths
        releases = self.releases_of(score)
        loud = envelopes(score.velocities, score.onsets, ends, releases, -half, blocks, block)
        made = tones(score.pitches, score.onsets, -half, blocks, block, self.sizes.rate, bright)
        before = half // self.sizes.hop
        gains = pad(gains.exp(), (before, blocks - gains.shape[2] - before + 1), mode="replicate")
        along = torch.arange(block, device=gains.device) / block
        one, other = gains[:, :, :-1, None], gains[:, :, 1:, None]
        loud = loud * (one + (other - one) * along)
        return ((made * loud).sum(1) + NOISE * noise * loud.sum(1)).flatten(1)

    def releases_of(self, score: Score) -> Tensor:
        """Samples in which each row's timbre falls by e when let go, (batch,)."""
        return self.reader.releases[score.timbres] * self.sizes.rate


def noise_shape(sizes: SynthSizes, samples: int) -> tuple[int, int]:
    """Of the noise that `Entry` needs for so many samples: (frame, hop)."""
    return samples // sizes.hop + sizes.window // sizes.hop, sizes.hop
