"""The first GAN and DCGAN: points of the plane, and Fashion-MNIST."""

from collections.abc import Mapping

import torch

from musegan.data.points import DEVIATION, modes_of
from musegan.evaluate.modes import points_hit
from musegan.experiments.images import draw_images, load_images

from .figures import fashion_figures, last_over_best, watch_fid
from .row import Figures, Row, Run, Trained, mean

POINTS = 2_500  # of the tables of VEEGAN and PacGAN


def hits(name: str) -> Figures:
    """The modes a model of points hits, and the share of its points that are good."""

    def figures(runs: Mapping[str, Trained]) -> Figures:
        points, _ = draw_images(load_images(runs[name].weights), POINTS)
        hit = points_hit(torch.flatten(points, 1).double().numpy(), modes_of(name), DEVIATION[name])
        return {"modes": hit.covered, "good": hit.good, "kl": hit.divergence}

    return figures


def points_row(name: str, modes: int, title: str, published: str) -> Row:
    return Row(
        title=title,
        runs={name: Run(name)},
        figures=hits(name),
        figure="{modes:.1f} of " + str(modes) + " modes, {good:.1%} of points good",
        bar=f"{modes} of {modes} modes, 90 % of points within 3 deviations",
        met=lambda each: all(one["modes"] == modes and one["good"] >= 0.9 for one in each),
        published=published,
    )


def fashion_gan(runs: Mapping[str, Trained]) -> Figures:
    return fashion_figures(runs["gan"])


def fashion_dcgan(runs: Mapping[str, Trained]) -> Figures:
    return fashion_figures(runs["dcgan"]) | {"last_over_best": last_over_best(runs["dcgan"])}


ROWS = {
    "ring": points_row(
        "ring",
        8,
        "GAN, ring of 8 Gaussians",
        "GAN 1.0 of 8 modes, 99.3 % good; VEEGAN 8.0, 52.9 % (Srivastava et al. 2017, table 1: 2,500 points; quoted from memory)",
    ),
    "grid": points_row(
        "grid",
        25,
        "GAN, grid of 25 Gaussians",
        "GAN 3.3 of 25 modes, .5 % good; VEEGAN 24.6, 40 % (Srivastava et al. 2017, table 1: 2,500 points; quoted from memory)",
    ),
    "gan": Row(
        title="GAN (Goodfellow et al. 2014), dense networks",
        runs={"gan": Run("gan", watch=watch_fid)},
        figures=fashion_gan,
        figure="FID {fid:.1f}, {share:.1%} of the PCA-Gaussian's",
        bar="FID at most 25 % of the PCA-Gaussian's",
        met=lambda each: mean(each, "share") <= 0.25,
        published="FID 26.5 ± 1.6 (Lucic et al. 2018: non-saturating, Fashion, Inception's features, "
        "10,000 pictures, InfoGAN's networks, best of 100 settings)",
    ),
    "dcgan": Row(
        title="DCGAN (Radford et al. 2016)",
        runs={"dcgan": Run("dcgan", watch=watch_fid, watch_every=500)},
        figures=fashion_dcgan,
        figure="FID {fid:.1f}, {share:.1%} of the PCA-Gaussian's; last/best {last_over_best:.2f}",
        bar="FID at most 25 % of the PCA-Gaussian's; last/best at most 1.10",
        met=lambda each: mean(each, "share") <= 0.25 and mean(each, "last_over_best") <= 1.10,
        published="CIFAR-10, not Fashion: FID 28.95 (mimicry, 100,000 rounds), 48.29 (StudioGAN; its "
        "log ends 2.80 times worse than its best)",
    ),
}
