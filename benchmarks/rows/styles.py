"""StyleGAN2, what ADA does for few pictures, R3GAN, and stacked digits."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import Experiment, ImageExperiment
from musegan.data.pictures import as_bytes
from musegan.data.sources import open_drawn
from musegan.evaluate.modes import modes_covered, stacked
from musegan.experiments import Built
from musegan.experiments.images import ImageModelFile, load_images
from musegan.experiments.judging import Judge, open_judge
from musegan.gans.stylegan2 import Generator

from .figures import drawn, fashion_figures, fashion_judge, last_over_best, watch_fid
from .row import Figures, Measure, Row, Run, Trained, mean

PAIRS = 20_000  # of pictures whose styles are mixed: to .2 % of what is kept
SHOWN = 10  # rows and columns of the sheet of mixed styles, as wide as every sheet
PAIRED, STACKED = 10_000, 25_600  # pictures of two digits, and of three
# A run's second part: slower, and averaged over more rounds
SETTLED = ("train.rounds=10000", "train.learning_rate=2.5e-4", "train.average=0.9995")
DIGITS = ("data.source=mnist", "data.side=32", "data.flip=false")
# Of a thousand modes the last ones come late, and once the rate is low: as many pictures for both
LONG = ("train.rounds=60000", "train.last_rate=0.05", "train.average=0.9995")
LONG_DCGAN = ("train.rounds=15000",)


def mixed_classes(model: ImageModelFile) -> Figures:
    """What exchanging styles does to the class, over pairs of pictures of two classes.

    `fine_kept`: the share that keep their class when the layers of the largest side come from the
    other; `coarse_changed`: that lose it when all the others do.
    """
    generator = model.networks["generator"]
    assert isinstance(generator, Generator)
    dice = torch.Generator().manual_seed(0)
    labels = torch.randint(max(model.sizes.classes, 1), (2, PAIRS), generator=dice)
    latents = torch.randn(2, PAIRS, model.sizes.latent, generator=dice)
    w, other = (generator.mapping(z, classes) for z, classes in zip(latents, labels, strict=True))
    fine = (torch.arange(w.shape[1]) >= fine_from(generator))[None, :, None]
    own = read_classes(generator, w)
    theirs = read_classes(generator, other)
    pairs = own != theirs
    kept = read_classes(generator, torch.where(fine, other, w)) == own
    changed = read_classes(generator, torch.where(fine, w, other)) != own
    return {
        "fine_kept": float(kept[pairs].mean()),
        "coarse_changed": float(changed[pairs].mean()),
    }


def fine_from(generator: Generator) -> int:
    """The first of the layers that steer the largest side."""
    return generator.synthesis.layers - 3


@torch.no_grad()
def read_classes(generator: Generator, w: torch.Tensor) -> npt.NDArray[np.int64]:
    parts = [as_bytes(generator.synthesis(some)).numpy() for some in w.split(250)]
    return fashion_judge().classes(np.concatenate(parts))


@torch.no_grad()
def mixing_sheet(weights: Path) -> npt.NDArray[np.uint8]:
    """Coarse styles by row, fine ones by column; the first row and column are the pictures."""
    model = load_images(weights)
    generator = model.networks["generator"]
    assert isinstance(generator, Generator)
    dice = torch.Generator().manual_seed(1)
    count = SHOWN - 1
    w = generator.mapping(
        torch.randn(2 * count, model.sizes.latent, generator=dice),
        torch.arange(2 * count) % max(model.sizes.classes, 1),
    )
    coarse, fine = w[:count], w[count:]
    rows = [torch.cat([torch.zeros_like(fine[:1]), fine])]
    for one in coarse:
        both = fine.clone()
        both[:, : fine_from(generator)] = one[: fine_from(generator)]
        rows.append(torch.cat([one[None], both]))
    images = as_bytes(generator.synthesis(torch.cat(rows))).numpy()
    images[0] = 255
    return images


def stylegan2(runs: Mapping[str, Trained]) -> Figures:
    trained = runs["settled"]
    mixing = mixed_classes(load_images(trained.weights))
    return fashion_figures(trained) | mixing | {"last_over_best": last_over_best(trained)}


def watch_few(built: Built, experiment: Experiment) -> Measure:
    """FID, and what ADA makes of the game: `certain`, its running r_t, and `chance`."""
    fid, state = watch_fid(built, experiment), built.trainer.state

    def measure(round: int) -> dict[str, float]:
        held = {"certain": float(state.kept.get("certain", 0.0)), "chance": state.augmentation}
        return fid(round) | held

    return measure


def few(runs: Mapping[str, Trained]) -> Figures:
    """With 1,000 pictures: `ada` and `plain` FIDs, their `ratio`, and how ADA held the game.

    `certain` is r_t, and `chance` that of each augmentation, both over the run's second half.
    """
    ada, plain = (fashion_figures(runs[name]) for name in ("ada", "plain"))
    later = runs["ada"].rounds / 2
    held = {
        name: fmean(value for round, value in runs["ada"].curve(name) if round > later)
        for name in ("certain", "chance")
    }
    return {
        "ada": ada["fid"],
        "plain": plain["fid"],
        "ratio": ada["fid"] / plain["fid"],
        "recall": ada["recall"],
        "plain_recall": plain["recall"],
        "plain_last_over_best": last_over_best(runs["plain"]),
        **held,
    }


def r3gan(runs: Mapping[str, Trained]) -> Figures:
    return fashion_figures(runs["r3gan"]) | {"last_over_best": last_over_best(runs["r3gan"])}


def stacked_digits(runs: Mapping[str, Trained]) -> Figures:
    """The modes of stacks of digits, and how their shares differ from the data's.

    Of R3GAN and, with `dcgan_` before, of DCGAN, 10,000 pictures of two digits or 25,600 of three,
    as in the paper; `judge` is the accuracy of what reads a digit.
    """
    judge = open_judge(runs["judge"].weights)
    figures: Figures = {"judge": judge.accuracy}
    for name, begin in (("r3gan", ""), ("dcgan", "dcgan_")):
        experiment = runs[name].experiment
        assert isinstance(experiment, ImageExperiment)
        real = open_drawn(experiment.data, "train", 100_000).labels
        classes = 10**experiment.data.stack
        count = PAIRED if experiment.data.stack == 2 else STACKED
        fake = read_stacks(judge, drawn(load_images(runs[name].weights), count))
        modes = modes_covered(fake, real, classes)
        figures |= {f"{begin}modes": modes.covered, f"{begin}kl": modes.divergence}
    return figures


def read_stacks(judge: Judge, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The mode of each stack, its channels read one by one."""
    count, channels, side, _ = images.shape
    digits = judge.classes(images.reshape(count * channels, 1, side, side))
    return stacked(digits.reshape(count, channels), len(judge.names))


def sheet_of_stacks(weights: Path) -> npt.NDArray[np.uint8]:
    """The digits of each stack, one over the other."""
    images = drawn(load_images(weights), 64)
    return images.reshape(len(images), 1, -1, images.shape[-1])


def stacked_row(digits: int) -> Row:
    """The row of stacks of so many digits; both have one judge."""
    modes = 10**digits
    long, long_dcgan = (LONG, LONG_DCGAN) if digits == 3 else ((), ())
    return Row(
        title=f"{digits} stacked digits, {modes:,} modes: R3GAN beside DCGAN",
        runs={
            "judge": Run("judge", (*DIGITS, "train.rounds=800"), row="stacked"),
            "r3gan": Run("stacked", (f"data.stack={digits}", *long)),
            "dcgan": Run("dcgan", (*DIGITS[:2], f"data.stack={digits}", *long_dcgan)),
        },
        figures=stacked_digits,
        figure="{modes:.1f} of "
        + f"{modes:,} modes, KL "
        + "{kl:.3f}; DCGAN {dcgan_modes:.1f}, {dcgan_kl:.3f}",
        bar=f"{modes:,} of {modes:,} modes, KL at most .10, read by a judge that is right in 98 %",
        met=lambda each: all(
            one["modes"] == modes and one["kl"] <= 0.10 and one["judge"] >= 0.98 for one in each
        ),
        published="three digits, 1,000 modes, 25,600 pictures: R3GAN 1,000, KL .029; DCGAN 99, "
        "3.40 (Huang et al. 2024, tables 1 and 3)",
        sheets={"r3gan": sheet_of_stacks},
        note=""
        if digits < 3
        else "R3GAN plays batches of 16, DCGAN of 64, so both saw 960,000 pictures. After the preset's "
        "30,000 rounds R3GAN had 989 modes and a KL of .267; with gamma 4 for 20 it was behind after 13,000 "
        "(958 modes, .557; 957, .445).",
    )


ROWS = {
    "stylegan2": Row(
        title="StyleGAN2 (Karras et al. 2020)",
        runs={
            "stylegan2": Run("stylegan2", watch=watch_fid, watch_every=1000),
            "settled": Run(
                "stylegan2", SETTLED, watch=watch_fid, watch_every=1000, start="stylegan2"
            ),
        },
        figures=stylegan2,
        figure="FID {fid:.1f}; another's fine styles keep the class in {fine_kept:.1%}, "
        "its coarse ones change it in {coarse_changed:.1%}",
        bar="another's fine styles keep the class in 90 %",
        met=lambda each: mean(each, "fine_kept") >= 0.9,
        published="FID 3.78 (StudioGAN: CIFAR-10, class-conditional, Inception's features, "
        "50,000 pictures)",
        sheets={"settled": mixing_sheet},
        note="Fine are the styles of the three layers of 32 x 32 pixels, coarse the other five; "
        "counted are pairs of two classes.",
    ),
    "stylegan2-ada": Row(
        title="StyleGAN2 with ADA, 1,000 pictures (Karras et al. 2020)",
        runs={
            "ada": Run("stylegan2-ada", watch=watch_few, watch_every=500),
            "plain": Run(
                "stylegan2-ada", ("model.augment=none",), watch=watch_few, watch_every=500
            ),
        },
        figures=few,
        figure="FID {ada:.1f} with, {plain:.1f} without: {ratio:.2f} of it; r_t {certain:.2f}, "
        "chance {chance:.2f}",
        bar="FID at most .6 of that without",
        met=lambda each: mean(each, "ratio") <= 0.6,
        published="FID 21.3 with, 100.2 without (FFHQ 256 x 256, 1,000 pictures, 25 million shown; "
        "table of figure 7)",
        note="Waits for a GPU. After 4,000 rounds (FID 37.9 with, 40.4 without) neither critic knew the 1,000 pictures; at "
        "40,000, 640,000 shown, the plain run has just begun to get worse, and ADA, whose critic "
        "is near the r_t of .6 that it aims at, has not begun to save. The paper shows 25 million.",
    ),
    "r3gan": Row(
        title="R3GAN (Huang et al. 2024)",
        runs={"r3gan": Run("r3gan", watch=watch_fid, watch_every=1000)},
        figures=r3gan,
        figure="FID {fid:.1f}, {share:.1%} of the PCA-Gaussian's; last/best {last_over_best:.2f}",
        bar="FID at most 25 % of the PCA-Gaussian's, and the best of this table",
        met=lambda each: mean(each, "share") <= 0.25,
        published="FID 1.96 (CIFAR-10, class-conditional, Inception's features, 250 million shown)",
        best=True,
    ),
    "stacked": stacked_row(2),
    "stacked-3": stacked_row(3),
}
