"""What a voice plays, for a synth: notes in samples, and its sound from any sample to any other.

Latents come from the seed and a note's number, noise from the seed and a frame's, so that a sound
is the same however it is cut.
"""

from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.audio.voices import Voice
from musegan.data.phrases import SILENT, Score
from musegan.experiments.synths import SynthModelFile
from musegan.gans.scores import noise_shape

FAINT = 10.0  # times a timbre's release after which a note is left out: -87 dB
NOISE_FRAMES = 64  # drawn at once
MOST = 4_000_000  # notes times samples at once, which bounds the memory that is needed

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Phrase:
    """Notes of one timbre. Times are samples from the beginning of the song."""

    pitches: Ints  # (note,)
    velocities: Ints  # (note,)
    onsets: Ints  # (note,)
    lengths: Ints  # (note,)
    latents: Floats  # (note, latent)
    timbre: int
    seed: tuple[int, ...]  # of the noise

    def only(self, notes: npt.NDArray[np.bool_]) -> "Phrase":
        """Some of the notes, (note,)."""
        return replace(
            self,
            pitches=self.pitches[notes],
            velocities=self.velocities[notes],
            onsets=self.onsets[notes],
            lengths=self.lengths[notes],
            latents=self.latents[notes],
        )


def phrase_of(voice: Voice, model: SynthModelFile, timbre: str, seed: tuple[int, ...]) -> Phrase:
    """A voice's notes at the synth's rate, those left out that are struck again at once."""
    rate = model.sizes.rate
    onsets = np.rint(voice.onsets * rate).astype(np.int64)
    lengths = np.rint(voice.ends * rate).astype(np.int64) - onsets
    dice = np.random.default_rng([*seed, 0])
    latents = dice.standard_normal((len(onsets), model.sizes.latent), np.float32)
    number = model.timbres.index(timbre)
    whole = Phrase(voice.pitches, voice.velocities, onsets, lengths, latents, number, seed)
    return whole.only(lengths > 0)


def layers_of(model: SynthModelFile, phrase: Phrase) -> list[Phrase]:
    """The phrase in as many parts as have no more notes at once than the synth has learned.

    A note that was let go counts until a synth no longer hears it. Played beside one another they
    are the phrase; a network that is told more notes than it knows would be too loud.
    """
    tail = round(SILENT * model.sizes.releases[phrase.timbre] * model.sizes.rate)
    ends: list[list[int]] = []  # of each layer: a heap, when its notes are silent
    places = np.zeros(len(phrase.onsets), np.int64)
    for index, onset in enumerate(phrase.onsets.tolist()):
        for heap in ends:
            while heap and heap[0] <= onset:
                heappop(heap)
        free = (n for n, heap in enumerate(ends) if len(heap) < model.experiment.data.notes)
        place = next(free, len(ends))
        if place == len(ends):
            ends.append([])
        heappush(ends[place], onset + int(phrase.lengths[index]) + tail)
        places[index] = place
    return [
        replace(phrase.only(places == place), seed=(*phrase.seed, place))
        for place in range(len(ends))
    ]


def sound_of(model: SynthModelFile, phrase: Phrase, first: int, last: int) -> Floats:
    """How a phrase sounds from one sample to another, (sample,), at the synth's rate.

    Pieces that follow one another are the whole, to rounding.
    """
    sizes = model.sizes
    reach = int(model.generator.reach)  # type: ignore[arg-type]
    begin, end = first // sizes.hop - reach, -(-last // sizes.hop) + reach  # frames
    origin, samples = begin * sizes.hop, (end - begin) * sizes.hop
    faded = phrase.onsets + phrase.lengths + FAINT * sizes.releases[phrase.timbre] * sizes.rate
    heard = (phrase.onsets < origin + samples + sizes.window) & (faded > origin - sizes.window)
    count = int(heard.sum())
    if not count:
        return np.zeros(last - first, np.float32)
    if count * (last - first) > MOST and last - first > sizes.hop:
        middle = (first + last) // 2
        halves = sound_of(model, phrase, first, middle), sound_of(model, phrase, middle, last)
        return np.concatenate(halves)
    notes = phrase.only(heard)
    score = Score(
        pitches=torch.from_numpy(notes.pitches)[None],
        velocities=torch.from_numpy(notes.velocities)[None],
        onsets=torch.from_numpy(notes.onsets - origin)[None],
        lengths=torch.from_numpy(notes.lengths)[None],
        timbres=torch.tensor([phrase.timbre]),
    )
    blocks, _ = noise_shape(sizes, samples)
    noise = noise_of(phrase.seed, begin - sizes.window // 2 // sizes.hop, blocks, sizes.hop)
    with torch.no_grad():
        sound: Tensor = model.generator(score, torch.from_numpy(notes.latents)[None], noise[None])
    made: Floats = sound[0, first - origin : last - origin].float().numpy()
    return made


def noise_of(seed: tuple[int, ...], first: int, count: int, hop: int) -> Tensor:
    """The noise of so many frames from the first on, (frame, hop); each is its number's own."""
    chunks = range(first // NOISE_FRAMES, (first + count - 1) // NOISE_FRAMES + 1)
    drawn = [
        np.random.default_rng([*seed, 1, chunk % 2**32]).standard_normal(
            (NOISE_FRAMES, hop), np.float32
        )
        for chunk in chunks
    ]
    begin = first - chunks[0] * NOISE_FRAMES
    return torch.from_numpy(np.concatenate(drawn)[begin : begin + count])
