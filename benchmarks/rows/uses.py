"""The uses of trained models: captions, the unusual, holes, latents, more to learn from."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KernelDensity

from musegan.config import ImageData
from musegan.data.captions import Pairs, Vocabulary, draw_attributes
from musegan.data.galleries import Gallery, open_gallery
from musegan.data.pictures import as_bytes, as_floats
from musegan.data.tinting import reader_for
from musegan.experiments.images import load_images
from musegan.experiments.judging import open_judge
from musegan.experiments.latents import latents_of
from musegan.experiments.unusual import unusual_rows
from musegan.picturing.anomaly import judge
from musegan.picturing.latents import draw

from .holes import ROWS as HOLES
from .learners import ROWS as LEARNERS
from .row import Figures, Row, Run, Trained, mean

CAPTIONED = 2_000  # pictures of each kind of pair
COMPONENTS = 32  # of the PCA that pictures are rebuilt from; 16 to 128 give .897 to .905
DENSITY_PARTS, DENSITY_WIDTH, DENSITY_COUNT = 64, 3.0, 3_000  # of the KDE: PCA, bandwidth, pictures
CLASSES = range(10)
DENSE = ("model.dense=true", "model.width=256", "data.side=28", "train.bfloat16=false")
USUAL = (
    "train.rounds=2000",
    "train.learning_rate=1e-3",
    "train.n_critic=2",
    "train.average=0.995",
)


def caption_figures(runs: Mapping[str, Trained]) -> Figures:
    """Of what captions say, the share that pictures show, `seen` and `unseen` pairs apart.

    `thing`, `colour`, `ground` and `size` one by one; `pair`: thing and colour both.
    """
    model, reading = load_images(runs["captions"].weights), open_judge(runs["judge"].weights)
    vocabulary = Vocabulary(model.classes)
    tints = reader_for(open_gallery(model.experiment.data, "test").images)
    kinds: tuple[Pairs, Pairs] = ("seen", "unseen")
    figures: Figures = {"judge": reading.accuracy}
    for pairs in kinds:
        rng = np.random.default_rng(0)
        wanted = draw_attributes(np.arange(CAPTIONED) % len(model.classes), pairs, rng)
        tokens = vocabulary.write(wanted, rng)
        latents = latents_of(0, range(1, CAPTIONED + 1), model.sizes.latent)
        images = draw(model, latents, torch.from_numpy(tokens))
        shown = (
            reading.classes(images),
            tints.colours(images).numpy(),
            tints.backgrounds(images).numpy(),
            tints.sizes(images).numpy(),
        )
        said = vocabulary.attributes(tokens)
        right = [
            (one == two)[two >= 0].mean() for one, two in zip(shown, said, strict=True)
        ]  # what is not said may be anything
        names = ("thing", "colour", "ground", "size")
        figures |= {
            f"{pairs}_{name}": float(share) for name, share in zip(names, right, strict=True)
        }
        figures[pairs] = float(np.mean(right))
        both = (shown[0] == said.things) & (shown[1] == said.colours)
        figures[f"{pairs}_pair"] = float(both.mean())
    return figures


def captions_met(each: list[Figures]) -> bool:
    return mean(each, "seen") >= 0.9 and mean(each, "unseen_pair") >= 0.7


@cache
def fashion(split: str) -> Gallery:
    return open_gallery(ImageData(side=28), "train" if split == "train" else "test")


def flat(gallery: Gallery) -> npt.NDArray[np.float64]:
    pixels: npt.NDArray[np.float64] = gallery.images.reshape(len(gallery.images), -1) / 127.5 - 1
    return pixels


def anomaly_figures(runs: Mapping[str, Trained]) -> Figures:
    """Area under the curve of telling a class from the nine others, which nobody has learned.

    `auc` is the mean over the ten classes; `pca` and `kde` of what is simpler; `auc_0` to `auc_9`.
    """
    test, train = fashion("test"), fashion("train")
    pictures, pixels, known = as_floats(torch.from_numpy(test.images)), flat(test), flat(train)
    ours, rebuilt, dense = [], [], []
    for label in CLASSES:
        other = test.labels != label
        judged = judge(load_images(runs[f"encoder-{label}"].weights), pictures)
        ours.append(roc_auc_score(other, judged.scores.numpy()))
        own = known[train.labels == label]
        parts = PCA(COMPONENTS, svd_solver="randomized", random_state=0).fit(own)
        left = parts.inverse_transform(parts.transform(pixels)) - pixels
        rebuilt.append(roc_auc_score(other, np.square(left).mean(1)))
        parts = PCA(DENSITY_PARTS, svd_solver="randomized", random_state=0).fit(own)
        density = KernelDensity(bandwidth=DENSITY_WIDTH).fit(parts.transform(own)[:DENSITY_COUNT])
        dense.append(roc_auc_score(other, -density.score_samples(parts.transform(pixels))))
    each = {f"auc_{label}": float(area) for label, area in zip(CLASSES, ours, strict=True)}
    means = {"auc": ours, "pca": rebuilt, "kde": dense}
    return {name: float(np.mean(areas)) for name, areas in means.items()} | each


def unusual_sheet(weights: Path) -> npt.NDArray[np.uint8]:
    """Test pictures, and below them the usual ones that are nearest to them."""
    return as_bytes(unusual_rows(load_images(weights))[0]).numpy()


def anomaly_runs() -> dict[str, Run]:
    runs = {}
    for label in CLASSES:
        only = f"data.classes={label}"
        runs[f"usual-{label}"] = Run("wgan-gp", (only, *DENSE, *USUAL))
        runs[f"encoder-{label}"] = Run("fanogan", (only, *DENSE), start=f"usual-{label}")
    return runs


ROWS = {
    "captions": Row(
        title="Pictures from captions (GAN-CLS, Reed et al. 2016)",
        runs={
            "captions": Run("captions"),
            "judge": Run("judge", ("data.captions=true", "data.channels=3", "train.rounds=1200")),
        },
        figures=caption_figures,
        figure="{seen:.1%} of what is said is shown; pairs of thing and colour {seen_pair:.1%}, "
        "pairs never shown in training {unseen_pair:.1%}",
        bar="90 % of what is said; 70 % of the unseen pairs",
        met=lambda each: captions_met(list(each)),
        published="none with these captions; Reed et al. 2016 show pictures of birds and flowers",
        note="The thing is read by a judge that was trained on tinted pictures of all pairs, colour, "
        "ground and size from the pixels (`musegan/data/tinting.py`).",
    ),
    "anomaly": Row(
        title="The unusual (f-AnoGAN, Schlegl et al. 2019)",
        runs=anomaly_runs(),
        figures=anomaly_figures,
        figure="AUC {auc:.3f}; PCA {pca:.3f}, KDE {kde:.3f}",
        bar="mean AUC of ten classes at least .90, above PCA and KDE",
        met=lambda each: (
            mean(each, "auc") >= max(0.9, mean(each, "pca") + 1e-9, mean(each, "kde") + 1e-9)
        ),
        sheets={
            **{f"usual-{label}": lambda weights: None for label in CLASSES},  # ten of a class each
            "encoder-0": unusual_sheet,
        },
        published="Fashion, one class: GeoTrans .935, ARNet .939, Deep SVDD's kin Deep-SAD(0) .892 "
        "(their own protocols, larger networks)",
    ),
    **HOLES,
    **LEARNERS,
}
