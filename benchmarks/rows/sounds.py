"""GANs on sounds: spoken digits by WaveGAN, SpecGAN and their modern twin, and drum hits."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from musegan.evaluate.sounds import OURS, REAL, TEST
from musegan.evaluate.transcription import open_transcriber
from musegan.experiments.latents import latents_of
from musegan.experiments.listening import open_sound_judge
from musegan.experiments.sound_measuring import measure_sounds
from musegan.experiments.sounds import load_sounds
from musegan.experiments.synths import (
    distances,
    load_synth,
    play,
    play_tones,
    unseen_phrases,
)
from musegan.experiments.transcribing import BANK, TONES, melodies_in, transcribed
from musegan.images.spectrogram import coloured
from musegan.sounding.drawing import draw, levels_of

from .row import Figures, Row, Run, Trained, mean

TUNES = Path(__file__).parents[2] / "samples"  # melodies that synths play
PHRASES = 256  # that they are measured on
SEEDS = (0, 1, 2)  # of what is drawn: a test split of 300 is little
STEPS = 8  # of loudness from middle to end that a sheet shows, so that its file is small
DRUMS = (
    "data.source=drums",
    "data.rate=24000",
    "data.samples=24576",
    "data.even=true",
    "data.vary=true",
)


def heard(name: str, runs: Mapping[str, Trained]) -> Figures:
    """What a judge makes of a model's sounds, beside real ones; see `evaluate.sounds`.

    `share` is of real test sounds' score; `reads` how many are heard as the class asked for;
    `among` and `to_train` are |D|self and |D|train, of the test sounds'.
    """
    judge = open_sound_judge(runs["judge"].weights)
    report = measure_sounds(load_sounds(runs[name].weights), judge, seeds=SEEDS)
    ours, real, known = (report.row(row) for row in (OURS, TEST, REAL))
    return {
        "judge": judge.accuracy,
        "score": ours.score,
        "real_score": real.score,
        "share": report.share,
        "reads": ours.reads,
        "frechet": ours.frechet,
        "real_frechet": known.frechet,
        "kernel": ours.kernel,
        "precision": ours.precision,
        "recall": ours.recall,
        "coverage": ours.coverage,
        "modes": ours.modes,
        "among": ours.among,
        "to_train": ours.to_train,
    }


def sheet(weights: Path) -> npt.NDArray[np.uint8]:
    """Spectrograms in rows of ten: a column a class where there are ten, else five of each class."""
    model = load_sounds(weights)
    count = model.sizes.classes
    labels = torch.arange(40) % 10 if count == 10 else torch.arange(5 * count) // 5
    numbers = range(1, 1 + len(labels))
    sounds = draw(model, latents_of(0, numbers, model.sizes.latent), labels)
    levels = levels_of(sounds, model.sizes.rate, model.sizes.samples)
    return coloured(np.round(STEPS * levels) / STEPS)


def played(runs: Mapping[str, Trained]) -> Figures:
    """How near a synth is to the bank that it learned from, and what a transcriber hears of it.

    `mel`, `mel_tones` and `ratio` are of unseen phrases; `f1`, `f1_bank` and `share`, and `pitch`, of
    the sample melodies, each by every timbre.
    """
    model = load_synth(runs["synth"].weights)
    mel = distances(model, unseen_phrases(model.experiment, PHRASES))["mel"]["all"]
    tunes = melodies_in(TUNES, 100)
    heard = transcribed(model, tunes * len(model.timbres), open_transcriber())
    ours, bank, tones = (heard[name] for name in (model.experiment.name, BANK, TONES))
    return {
        "mel": mel[model.experiment.name],
        "mel_tones": mel["tones"],
        "ratio": mel[model.experiment.name] / mel["tones"],
        "f1": ours.f1,
        "f1_bank": bank.f1,
        "f1_tones": tones.f1,
        "share": ours.f1 / bank.f1,
        "pitch": ours.pitch,
        "pitch_bank": bank.pitch,
        "precision": ours.precision,
        "recall": ours.recall,
    }


def sheet_of_phrases(weights: Path) -> npt.NDArray[np.uint8]:
    """Spectrograms of ten phrases: as the bank plays them, the synth, and plain tones."""
    model = load_synth(weights)
    phrases = unseen_phrases(model.experiment, 10)
    samples = phrases.sounds.shape[1]
    made = play(model, phrases.score, samples), play_tones(model.sizes, phrases.score, samples)
    sounds = [sound.numpy() for part in (phrases.sounds, *made) for sound in part]
    levels = levels_of(sounds, model.sizes.rate, samples)
    return coloured(np.round(STEPS * levels) / STEPS)


def digits(name: str, title: str, bar: float, published: str) -> Row:
    return Row(
        title=title,
        runs={"judge": Run("sound-judge", row="digits"), name: Run(name)},
        figures=lambda runs: heard(name, runs),
        figure="score {score:.2f}, {share:.0%} of real sounds' {real_score:.2f}; {reads:.1%} heard "
        "as asked; |D|self {among:.2f}, |D|train {to_train:.2f}",
        bar=f"a score of {bar:.0%} of real sounds'",
        met=lambda each: mean(each, "share") >= bar,
        published=published,
        sheets={name: sheet},
        note="Spoken digits (FSDD), 300 of the test split and as many drawn, the mean of three "
        "draws.",
    )


ROWS = {
    "wavegan": digits(
        "wavegan",
        "WaveGAN (Donahue et al. 2019)",
        0.55,
        "4.5 to 4.9 of real sounds' 8.5 (SC09 at 16 kHz, a judge of its own; Kong et al. 2021, "
        "Goel et al. 2022)",
    ),
    "specgan": digits(
        "specgan", "SpecGAN (Donahue et al. 2019)", 0.55, "6.03 (SC09, the paper; from memory)"
    ),
    "istftgan": digits(
        "istftgan",
        "The modern twin: frames, an inverse Fourier transform, R3GAN's game",
        0.70,
        "none",
    ),
    "drums": Row(
        title="Drum hits of sixteen roles, by the modern twin",
        runs={"judge": Run("sound-judge", DRUMS), "drums": Run("drums")},
        figures=lambda runs: heard("drums", runs),
        figure="{reads:.1%} heard as the role asked for (judge on real {judge:.1%}); |D|self "
        "{among:.2f}, |D|train {to_train:.2f}; score {share:.0%} of real sounds'",
        bar="85 % heard as their role; |D|self at least .8 of real hits'",
        met=lambda each: mean(each, "reads") >= 0.85 and mean(each, "among") >= 0.8,
        published="none on such hits",
        sheets={"drums": sheet},
        note="1,000 of the test hits, varied as in training, and as many drawn.",
    ),
    "synth": Row(
        title="The synth: notes to sound",
        runs={"synth": Run("synth")},
        figures=played,
        figure="mel bands {mel:.3f} nats from the bank's, {ratio:.2f} of plain tones' {mel_tones:.3f}; "
        "note F1 {f1:.3f}, {share:.2f} of the bank's own {f1_bank:.3f}; pitches right {pitch:.1%}",
        bar="mel distance at most .6 of plain tones'; note F1 at least .9 of the bank's; pitches "
        "right 97 %",
        met=lambda each: (
            mean(each, "ratio") <= 0.6
            and mean(each, "share") >= 0.9
            and mean(each, "pitch") >= 0.97
        ),
        published="none: nobody offers notes to sound with figures",
        sheets={"synth": sheet_of_phrases},
        note="256 phrases drawn by other chances than in training; the sample melodies, each by all "
        "13 timbres, as Basic Pitch hears them. It hears the synth better than the bank, which dies away "
        "and wavers as instruments do.",
    ),
}
