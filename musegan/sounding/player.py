"""A synth that plays a song's voices: which timbre plays which, how loud, and the sound itself."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from musegan.audio.casting import Casting, cast, wish_of
from musegan.audio.performance import Performance
from musegan.audio.soundfont import SYNTH_VOLUME
from musegan.audio.striking import strike
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.voices import Voice, voices_of
from musegan.audio.waveform import Samples
from musegan.experiments.synths import SynthModelFile
from musegan.pretrained import find_weights
from musegan.sounding.finding import SYNTH
from musegan.sounding.opening import open_synth
from musegan.sounding.phrase import Floats, Phrase, layers_of, phrase_of, sound_of

PIECE_SECONDS = 2  # of a voice that are played at once; more notes make longer ones dearer
MARGIN = 16  # samples beyond a piece that its resampling hears, at least
FADE_SECONDS = 0.002  # in which a song that begins at once becomes audible
QUARTILES = (0.25, 0.5, 0.75)  # of a voice's keys: those that its loudness is measured by
SHORTEST, LONGEST, TAIL = (
    0.1,
    2.0,
    2.0,
)  # seconds that they are held, at least and at most; heard after
NOTHING = 1e-5  # as a root mean square: a key that is not there


@dataclass(frozen=True, eq=False)
class SynthPlayer:
    """Plays the voices of a performance that it has timbres for; see `soundfont.Player`."""

    model: SynthModelFile
    casting: Casting
    seed: int = 0
    name: str = SYNTH  # of the model, as it was asked for, and which it is

    def lay_down(
        self, whole: Samples, performance: Performance, soundfont: Path
    ) -> npt.NDArray[np.bool_]:
        """Add the voices that it plays, in place; returns which notes these were, (note,).

        Raises UsageError where a timbre is asked for a track that is not there.
        """
        voices = voices_of(performance)
        played = np.zeros(len(performance.onsets), bool)
        for number, timbre in enumerate(self.casting(voices)):
            if timbre is None:
                continue
            voice = voices[number]
            phrase = phrase_of(voice, self.model, timbre, (self.seed, number))
            gain = gain_of(self.model, phrase, voice, soundfont)
            for layer in layers_of(self.model, phrase):
                add_voice(whole, self.model, layer, voice, gain)
            played[voice.notes] = True
        return played


def open_player(
    name: str = SYNTH,
    timbres: Sequence[str] = (),
    seed: int = 0,
    casting: Casting | None = None,
) -> SynthPlayer:
    """The synth of a weights file, a run folder or a bundled name, ready to play.

    Args:
        name: of the model.
        timbres: which play, "TIMBRE" or "TRACK=TIMBRE"; else the nearest to each program.
        seed: of latents and noise.
        casting: which timbre plays which voice, where `timbres` is not to say it.

    Raises:
        CheckpointError: there is no such synth.
        UsageError: it has no such timbre.
    """
    model = open_synth(name)
    casting = casting or casting_of(model, timbres)
    digest = hashlib.sha256(find_weights(name).read_bytes()).hexdigest()[:16]
    return SynthPlayer(model, casting, seed, f"{os.path.basename(name)} (sha256 {digest}...)")


def casting_of(model: SynthModelFile, timbres: Sequence[str] = ()) -> Casting:
    """Who is played by which timbre, where these are asked for. Raises UsageError as `cast` does."""
    wishes = [wish_of(text, model.timbres) for text in timbres]
    return partial(cast, wishes=wishes, known=model.timbres)


def add_voice(
    whole: Samples, model: SynthModelFile, phrase: Phrase, voice: Voice, gain: float
) -> None:
    """Add what a voice plays, or a layer of it, to a sound (2, sample) at 48 kHz, in place, piece by piece."""
    for second in range(0, -(-whole.shape[1] // SYNTH_RATE), PIECE_SECONDS):
        first = second * SYNTH_RATE
        sound = resampled(model, phrase, first, PIECE_SECONDS * SYNTH_RATE)
        if not sound.any():
            continue
        if not first:
            fade = round(FADE_SECONDS * SYNTH_RATE)
            sound[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        sound = np.float32(gain) * sound[: whole.shape[1] - first]
        whole[:, first : first + len(sound)] += sound * voice.levels.of(first, len(sound))


def resampled(model: SynthModelFile, phrase: Phrase, first: int, count: int) -> Floats:
    """How a phrase sounds for so many samples from one on, (sample,) at 48 kHz.

    Both are whole multiples of `steps_of(model)[0]`.
    """
    up, down = steps_of(model)
    margin = -(-MARGIN // down) * down  # so that it is whole at 48 kHz, too
    begin, end = first // up * down, (first + count) // up * down
    sound = sound_of(model, phrase, begin - margin, end + margin)
    if not sound.any():
        return np.zeros(count, np.float32)
    made = resample_poly(sound, up, down)[margin * up // down :]
    fitted: Floats = made[:count].astype(np.float32)
    return fitted


def steps_of(model: SynthModelFile) -> tuple[int, int]:
    """How many samples at 48 kHz last as long as how many of the synth's, as few as there are."""
    common = int(np.gcd(model.sizes.rate, SYNTH_RATE))
    return SYNTH_RATE // common, model.sizes.rate // common


def gain_of(model: SynthModelFile, phrase: Phrase, voice: Voice, soundfont: Path) -> float:
    """By how much a voice's sound is to be multiplied to be as loud as the SoundFont's.

    Measured on keys that the voice plays, as long as its notes usually are and until they have
    died away, dry, by both: the mean of what their powers differ by, in decibels. A key that is
    silent in either does not count.
    """
    if not len(phrase.pitches):
        return 1.0
    rate = model.sizes.rate
    keys = sorted({int(np.quantile(phrase.pitches, q, method="nearest")) for q in QUARTILES})
    velocity = int(np.median(phrase.velocities))
    held = float(np.clip(np.median(phrase.lengths) / rate, SHORTEST, LONGEST))
    theirs = strike(
        soundfont, voice.program, 0, [(key, velocity) for key in keys],
        apart=held + 2 * TAIL, held=held, heard=held + TAIL, dry=True,
    )  # fmt: skip
    ratios = []
    for key, struck in zip(keys, theirs, strict=True):
        wanted = float(np.sqrt(np.square(struck).mean())) / SYNTH_VOLUME
        alone = replace(
            phrase,
            pitches=np.array([key]),
            velocities=np.array([velocity]),
            onsets=np.array([0]),
            lengths=np.array([round(held * rate)]),
            latents=np.zeros((1, model.sizes.latent), np.float32),
        )
        sound = sound_of(model, alone, 0, round((held + TAIL) * rate))
        ours = float(np.sqrt(np.square(sound).mean()))
        if min(wanted, ours) > NOTHING:
            ratios.append(np.log(wanted / ours))
    return float(np.exp(np.mean(ratios))) if ratios else 1.0
