"""Translators, and LAPGAN: what a critic adds to the same network without one, and known maps."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from musegan.config import ImageData
from musegan.data.domains import KNOWN_MAPS
from musegan.data.pictures import as_bytes
from musegan.evaluate.pictures import picture_distance
from musegan.experiments.images import ImageModelFile, load_images
from musegan.experiments.judging import Judge, open_judge
from musegan.experiments.translating import (
    Shown,
    shown_split,
    translate_images,
    translation_rows,
)

from .figures import fashion_figures, fashion_judge
from .row import Figures, Row, Run, Trained, mean

RETRIEVED = 1_000  # pictures among which each must be the nearest to its own
ALONE = ("model.adversarial=0",)  # the same network and rounds, without a critic
COLOURS = ("data.source=emoji", "data.channels=3", "train.rounds=400", "train.batch_size=64")


def decibels(made: Tensor, truth: Tensor) -> float:
    """The mean over pictures of the peak signal to noise ratio."""
    squares = ((made.clamp(-1, 1) - truth) / 2).square().flatten(1).mean(1)
    return float((-10 * squares.clamp(min=1e-10).log10()).mean())


def with_and_without(
    runs: Mapping[str, Trained], alone: str, gan: str, judge: Judge
) -> tuple[Figures, Shown]:
    """FID to the true pictures and decibels, of a network alone and with its critic."""
    figures: Figures = {}
    wanted = _test_of(load_images(runs[gan].weights))
    assert wanted.truth is not None
    real = judge.look(as_bytes(wanted.truth))
    for name, key in ((alone, "alone"), (gan, "gan")):
        made = translate_images(load_images(runs[name].weights), wanted.shown)
        figures[f"fid_{key}"] = picture_distance(judge.look(as_bytes(made)), real)
        figures[f"decibels_{key}"] = decibels(made, wanted.truth)
    figures["ratio"] = figures["fid_gan"] / figures["fid_alone"]
    figures["lost"] = figures["decibels_alone"] - figures["decibels_gan"]
    return figures, wanted


def enlarged(runs: Mapping[str, Trained]) -> Figures:
    """SRGAN and its own net of least squares, beside bicubic enlargement."""
    figures, wanted = with_and_without(runs, "srresnet", "srgan", fashion_judge())
    assert wanted.truth is not None
    smooth = interpolate(wanted.shown, scale_factor=4, mode="bicubic", align_corners=False)
    figures["bicubic"] = decibels(smooth, wanted.truth)
    figures["fid_bicubic"] = picture_distance(
        fashion_judge().look(as_bytes(smooth)), fashion_judge().look(as_bytes(wanted.truth))
    )
    figures["gained"] = figures["decibels_alone"] - figures["bicubic"]
    return figures


def drawn_from_edges(runs: Mapping[str, Trained]) -> Figures:
    return with_and_without(runs, "alone", "gan", fashion_judge())[0]


def coloured(runs: Mapping[str, Trained]) -> Figures:
    """On the features of a judge that the row trains: it tells the kinds of these pictures."""
    judge = open_judge(runs["judge"].weights)
    return with_and_without(runs, "alone", "gan", judge)[0] | {"accuracy": judge.accuracy}


def there_and_back(name: str, runs: Mapping[str, Trained]) -> Figures:
    """An unpaired translator beside the map that it was never told.

    `kept` and `kept_back`: pictures whose class the judge reads as before, the first after the
    map's own inverse; `off`, `off_back`: mean distance to the truth, of a range of 1; `home`,
    `found`, `found_back`: the share of 1,000 pictures nearest to their own, after there and back,
    after there, after back.
    """
    model, judge = load_images(runs[name].weights), fashion_judge()
    wanted, undo = _test_of(model), KNOWN_MAPS[model.experiment.data.onto].back
    assert wanted.truth is not None
    made = translate_images(model, wanted.shown)
    home = translate_images(model, made, back=True)
    back = translate_images(model, wanted.truth, back=True)
    labels = wanted.labels.numpy()
    return {
        "kept": float((judge.classes(as_bytes(undo(made))) == labels).mean()),
        "kept_back": float((judge.classes(as_bytes(back)) == labels).mean()),
        "judge": float((judge.classes(as_bytes(wanted.shown)) == labels).mean()),
        "off": float((made - wanted.truth).abs().mean()) / 2,
        "off_back": float((back - wanted.shown).abs().mean()) / 2,
        "home": _found(home, wanted.shown),
        "found": _found(made, wanted.truth),
        "found_back": _found(back, wanted.shown),
    }


def beside_gan(runs: Mapping[str, Trained]) -> Figures:
    """LAPGAN's measures, the first GAN's FID, and how many weights each has."""
    figures = fashion_figures(runs["lapgan"])
    figures["fid_gan"] = fashion_figures(runs["gan"])["fid"]
    for name in ("lapgan", "gan"):
        generator = load_images(runs[name].weights).networks["generator"]
        figures[f"weights_{name}"] = float(sum(p.numel() for p in generator.parameters()))
    return figures


def _found(made: Tensor, own: Tensor) -> float:
    """How many of 1,000 pictures are nearer to their own than to any other, by pixels."""
    far = torch.cdist(made[:RETRIEVED].flatten(1), own[:RETRIEVED].flatten(1))
    return float((far.argmin(1) == torch.arange(len(far))).float().mean())


def _test_of(model: ImageModelFile) -> Shown:
    data: ImageData = model.experiment.data
    return shown_split(replace(data, limit=0), "test")


def sheet(weights: Path) -> npt.NDArray[np.uint8]:
    """Test pictures, ten in colour or twenty grey: shown, made, and as they are."""
    model = load_images(weights)
    images, _ = translation_rows(model, 10, 1 if model.sizes.channels == 3 else 2)
    return as_bytes(images).numpy()


def unpaired(name: str, title: str, published: str) -> Row:
    return Row(
        title=title,
        runs={name: Run(name)},
        figures=lambda runs: there_and_back(name, runs),
        figure="class kept {kept:.1%} there, {kept_back:.1%} back (judge on real {judge:.1%}); "
        "home again {home:.1%} of 1,000; {off:.3f} from the true map",
        bar="class kept 85 %, there and back the nearest of 1,000 for 90 %",
        met=lambda each: mean(each, "kept") >= 0.85 and mean(each, "home") >= 0.90,
        published=published,
        sheets={name: sheet},
        note="Grey Fashion-MNIST to its negative in colour (`data.onto=duotone`), from two halves of the "
        "training split that share no picture; the map is used to judge, never to train.",
    )


ROWS = {
    "lapgan": Row(
        title="LAPGAN (Denton et al. 2015), 8 to 16 to 32 pixels",
        # 317: as many weights of the generator
        runs={"gan": Run("gan", ("model.width=317",)), "lapgan": Run("lapgan")},
        figures=beside_gan,
        figure="FID {fid:.1f}; the first GAN {fid_gan:.1f}, with {weights_gan:.0f} weights of the "
        "generator to {weights_lapgan:.0f}",
        bar="FID no worse than the first GAN's, with as many weights",
        met=lambda each: (
            mean(each, "fid") <= mean(each, "fid_gan")
            and mean(each, "weights_lapgan") <= mean(each, "weights_gan")
        ),
        published="no FID is published",
    ),
    "srgan": Row(
        title="SRGAN (Ledig et al. 2017), 8 to 32 pixels",
        runs={"srresnet": Run("srresnet"), "srgan": Run("srgan", start="srresnet")},
        figures=enlarged,
        figure="SRResNet {gained:.2f} dB above bicubic; SRGAN's FID {ratio:.2f} of its, at "
        "{lost:.2f} dB less",
        bar="SRResNet 1 dB above bicubic; SRGAN's FID at most half of its, at most 3 dB less",
        met=lambda each: (
            mean(each, "gained") >= 1 and mean(each, "ratio") <= 0.5 and mean(each, "lost") <= 3
        ),
        published="Set5 x4, luma: bicubic 28.42 dB, SRResNet 30.23, SRGAN 27.95",
        sheets={"srresnet": sheet, "srgan": sheet},
    ),
    "pix2pix-edges": Row(
        title="Pix2Pix (Isola et al. 2017), edges to picture",
        runs={"alone": Run("pix2pix", ALONE), "gan": Run("pix2pix")},
        figures=drawn_from_edges,
        figure="FID {ratio:.2f} of L1 alone ({fid_gan:.2f}, {fid_alone:.2f}), at {lost:.2f} dB less",
        bar="FID at most .7 of the same network with L1 alone",
        met=lambda each: mean(each, "ratio") <= 0.7,
        published="edges to shoes at 256 pixels: FID 76 to 84, of other networks",
        sheets={"alone": sheet, "gan": sheet},
    ),
    "pix2pix-colour": Row(
        title="Pix2Pix (Isola et al. 2017), grey to colour",
        runs={
            "judge": Run("judge", COLOURS),
            "alone": Run("colourise", ALONE),
            "gan": Run("colourise"),
        },
        figures=coloured,
        figure="FID {ratio:.2f} of L1 alone ({fid_gan:.2f}, {fid_alone:.2f}), at {lost:.2f} dB less",
        bar="FID at most .7 of the same network with L1 alone",
        met=lambda each: mean(each, "ratio") <= 0.7,
        published="none on such pictures",
        sheets={"alone": sheet, "gan": sheet},
        note="Emoji, a tenth of them kept to measure with; a folder of colour pictures with class folders "
        "does as well: `python benchmarks/gans.py pix2pix-colour data.source=FOLDER`. The judge learns "
        "their kinds.",
    ),
    "cyclegan": unpaired(
        "cyclegan",
        "CycleGAN (Zhu et al. 2017), unpaired",
        "digits, target accuracy: MNIST to USPS 95.6, SVHN to MNIST 90.4 (CyCADA), 45.5 (plain CycleGAN)",
    ),
    "discogan": unpaired(
        "discogan", "DiscoGAN (Kim et al. 2017), unpaired", "none on such pictures"
    ),
}
