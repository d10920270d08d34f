"""GANs on sounds: spoken digits by WaveGAN, SpecGAN and their modern twin, and drum hits."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from musegan.evaluate.sounds import OURS, REAL, TEST
from musegan.experiments.latents import latents_of
from musegan.experiments.listening import open_sound_judge
from musegan.experiments.sound_measuring import measure_sounds
from musegan.experiments.sounds import load_sounds
from musegan.images.spectrogram import coloured
from musegan.sounding.drawing import draw, levels_of

from .row import Figures, Row, Run, Trained, mean

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
}
