"""Holes filled, by a network and by projection; pictures and their latents."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegan.config import ImageData
from musegan.data.galleries import open_gallery
from musegan.data.pictures import as_bytes, as_floats
from musegan.data.views import central_masks, with_hole
from musegan.evaluate.pictures import picture_distance
from musegan.experiments.images import load_images
from musegan.experiments.latents import latents_of
from musegan.experiments.translating import translate_images
from musegan.picturing.filling import fill
from musegan.picturing.latents import draw
from musegan.picturing.projection import project

from .figures import fashion_judge, fashion_test, watch_fid
from .row import Figures, Row, Run, Trained, mean

SEARCHED = 40  # pictures, where each takes seconds
SMOOTHED = 400  # rounds of the diffusion that fills holes smoothly
DRAWN = 10_000  # pictures that the nearest is looked for among


def decibels(images: Tensor, truth: Tensor, hole: Tensor) -> float:
    """Mean PSNR over images within the hole (row, column); pixels are in [-1, 1]."""
    errors = (images - truth)[:, :, hole].square().mean((1, 2)).clamp(min=1e-10)
    return float((10 * torch.log10(4 / errors)).mean())


def by_mean(images: Tensor, hole: Tensor) -> Tensor:
    """The hole in the mean of what is known."""
    known = images[:, :, ~hole].mean(2)[:, :, None, None]
    return torch.where(hole, known, images)


def by_diffusion(images: Tensor, hole: Tensor) -> Tensor:
    """The hole filled smoothly: each pixel the mean of its neighbours (Laplace's equation)."""
    filled = by_mean(images, hole)
    for _ in range(SMOOTHED):
        around = torch.nn.functional.pad(filled, (1, 1, 1, 1), mode="replicate")
        four = around[:, :, :-2, 1:-1] + around[:, :, 2:, 1:-1]
        four = four + around[:, :, 1:-1, :-2] + around[:, :, 1:-1, 2:]
        filled = torch.where(hole, four / 4, images)
    return filled


def distance_of(images: Tensor) -> float:
    """FID of pictures to Fashion's test split."""
    return picture_distance(fashion_judge().look(as_bytes(images).numpy()), fashion_test())


def inpaint_figures(runs: Mapping[str, Trained]) -> Figures:
    """Central holes of half the side in the 10,000 test pictures.

    PSNR within the hole by name, in dB; `fid` and `fid_pixels`, with a critic and without;
    `ratio`; `changed`, the largest change of a known pixel; `searched`, PSNR by projection.
    """
    model, pixels = (load_images(runs[name].weights) for name in ("inpaint", "pixels"))
    truth = as_floats(torch.from_numpy(open_gallery(model.experiment.data, "test").images))
    side = truth.shape[-1]
    hole = torch.from_numpy(central_masks(1, side)[0])
    shown = with_hole(truth, hole.expand(len(truth), -1, -1))
    made, plain = translate_images(model, shown), translate_images(pixels, shown)
    smooth, flat = by_diffusion(truth, hole), by_mean(truth, hole)
    drawer = load_images(runs["dcgan"].weights)
    found = torch.stack([fill(drawer, one, ~hole) for one in truth[:SEARCHED]])
    distances = {"fid": distance_of(made), "fid_pixels": distance_of(plain)}
    return {
        "psnr": decibels(made, truth, hole),
        "psnr_pixels": decibels(plain, truth, hole),
        "psnr_diffusion": decibels(smooth, truth, hole),
        "psnr_mean": decibels(flat, truth, hole),
        "searched": decibels(found, truth[:SEARCHED], hole),
        "changed": float((made - truth)[:, :, ~hole].abs().max()),
        "searched_changed": float((found - truth[:SEARCHED])[:, :, ~hole].abs().max()),
        "fid_diffusion": distance_of(smooth),
        **distances,
        "ratio": distances["fid"] / distances["fid_pixels"],
    }


def inpaint_met(each: list[Figures]) -> bool:
    simple = max(mean(each, "psnr_mean"), mean(each, "psnr_diffusion"))
    exact = mean(each, "changed") == 0 and mean(each, "searched_changed") == 0
    return exact and mean(each, "psnr") >= simple + 2 and mean(each, "ratio") <= 0.7


def grey_levels(images: Tensor, truth: Tensor) -> npt.NDArray[np.float64]:
    """Root mean square error of each image, in 255 grey levels."""
    errors = (images - truth).square().flatten(1).mean(1).sqrt() * 127.5
    return errors.double().numpy()


def project_figures(runs: Mapping[str, Trained]) -> Figures:
    """How near projections come, in grey levels: `test`, of test pictures; `own`, of drawn ones.

    `nearest`: the nearest of 10,000 drawn pictures to the same test pictures. `found`: the share
    of drawn pictures that are found to within 5 grey levels.
    """
    model = load_images(runs["dcgan"].weights)
    images = open_gallery(ImageData(side=model.sizes.side), "test").images[:SEARCHED]
    test = as_floats(torch.from_numpy(images))
    labels = torch.zeros(DRAWN, dtype=torch.int64)
    drawn = draw(model, latents_of(1, range(1, DRAWN + 1), model.sizes.latent), labels)
    own = drawn[:SEARCHED]
    near = torch.cdist(test.flatten(1), drawn.flatten(1)).argmin(1)
    back = torch.stack([project(model, one).image for one in own])
    found = torch.stack([project(model, one).image for one in test])
    return {
        "test": float(grey_levels(found, test).mean()),
        "nearest": float(grey_levels(drawn[near], test).mean()),
        "own": float(grey_levels(back, own).mean()),
        "found": float((grey_levels(back, own) <= 5).mean()),
    }


def projection_sheet(weights: Path) -> npt.NDArray[np.uint8]:
    """Test pictures, and below them what the latents that were found for them draw."""
    model = load_images(weights)
    images = open_gallery(ImageData(side=model.sizes.side), "test").images[:20]
    test = as_floats(torch.from_numpy(images))
    found = torch.stack([project(model, one).image for one in test])
    return as_bytes(torch.cat([test[:10], found[:10], test[10:], found[10:]])).numpy()


ROWS = {
    "inpaint": Row(
        title="Holes filled (Pix2Pix on pictures with a hole; Yeh et al. 2017 by projection)",
        runs={
            "inpaint": Run("inpaint"),
            "pixels": Run("inpaint", ("model.adversarial=0",)),
            "dcgan": Run("dcgan", watch=watch_fid, watch_every=500, row="dcgan"),
        },
        figures=inpaint_figures,
        figure="{psnr:.1f} dB in the hole (smooth filling {psnr_diffusion:.1f}, the mean "
        "{psnr_mean:.1f}); FID {ratio:.2f} of that without a critic",
        bar="known pixels exact; 2 dB above the mean and smooth filling; FID at most .7 of that "
        "without a critic",
        met=lambda each: inpaint_met(list(each)),
        published="other data: CelebA-HQ 26.8 dB",
    ),
    "project": Row(
        title="Pictures to latents",
        runs={"dcgan": Run("dcgan", watch=watch_fid, watch_every=500, row="dcgan")},
        figures=project_figures,
        figure="test pictures to {test:.1f} grey levels (nearest of 10,000 drawn {nearest:.1f}); "
        "{found:.0%} of drawn ones found again",
        bar="nearer than the nearest of 10,000 drawn; 90 % of drawn pictures found to 5 grey levels",
        met=lambda each: mean(each, "test") < mean(each, "nearest") and mean(each, "found") >= 0.9,
        published="none",
        sheets={"dcgan": projection_sheet},
    ),
}
