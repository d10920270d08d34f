"""From labels to BigGAN: what each way of holding a critic is worth on Fashion-MNIST."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr

from musegan.config import Experiment, ImageExperiment
from musegan.data.galleries import open_gallery
from musegan.data.pictures import as_bytes, as_floats
from musegan.evaluate.pictures import picture_distance
from musegan.experiments import Built
from musegan.experiments.images import draw_images, latents_for, load_images
from musegan.train.game import slow_copy

from .figures import (
    WATCHED,
    fashion_figures,
    fashion_judge,
    fashion_row,
    fashion_test,
    last_over_best,
    watch_fid,
)
from .row import Figures, Measure, Row, Run, Trained, mean

TRUNCATIONS = (1.0, 0.8, 0.6, 0.4, 0.2)


def told_and_read(runs: Mapping[str, Trained]) -> Figures:
    """How many of 10,000 pictures the judge takes for what the generator was told."""
    trained = runs["cgan"]
    images, labels = draw_images(load_images(trained.weights), 10_000)
    seen = fashion_judge().look(as_bytes(images).numpy()).chances.argmax(1)
    return fashion_figures(trained) | {"read": float((seen == labels.numpy()).mean())}


def watch_estimate(built: Built, experiment: Experiment) -> Measure:
    """The critic's estimate of its distance on unseen pictures, and the FID of the same fakes.

    `estimate` is its mean logit on 2,000 test pictures less that on 2,000 fakes of the generator
    that it plays against; `live_fid` is of these fakes.
    """
    assert isinstance(experiment, ImageExperiment)
    players = built.trainer.players
    device = players["critic"].device
    real = torch.from_numpy(open_gallery(experiment.data, "test").images[:WATCHED]).to(device)
    dice = torch.Generator().manual_seed(0)
    zeros = torch.zeros(WATCHED, dtype=torch.int64, device=device).split(250)
    latents = list(latents_for(zeros, experiment.model.latent, dice))

    @torch.no_grad()
    def measure(round: int) -> dict[str, float]:
        generator, critic = (slow_copy(players[n].module) for n in ("generator", "critic"))
        fakes = torch.cat([generator(*batch) for batch in latents])
        on_real = torch.cat([critic(as_floats(x), x) for x in real.split(250)])
        on_fake = torch.cat([critic(x, x) for x in fakes.split(250)])
        looked = fashion_judge().look(as_bytes(fakes).cpu().numpy())
        distance = picture_distance(looked, fashion_test())
        return {"estimate": (on_real.mean() - on_fake.mean()).item(), "live_fid": distance}

    return measure


def estimate_figures(name: str) -> Figures:
    """See `watch_estimate`; `spearman` is the rank correlation of the two along the run."""

    def figures(runs: Mapping[str, Trained]) -> Figures:
        trained = runs[name]
        estimates = [value for _, value in trained.curve("estimate")]
        distances = [value for _, value in trained.curve("live_fid")]
        return fashion_figures(trained) | {
            "spearman": float(spearmanr(estimates, distances).statistic),
            "points": len(estimates),
            "estimate_first": estimates[0],
            "estimate_last": estimates[-1],
        }

    return figures


def wasserstein_row(name: str, title: str, published: str) -> Row:
    return Row(
        title=title,
        runs={name: Run(name, watch=watch_estimate, watch_every=150)},
        figures=estimate_figures(name),
        figure="Spearman {spearman:.2f} of the critic's estimate with FID over {points:.0f} points of "
        "a run; FID {fid:.1f}",
        bar="the critic's estimate falls with FID: Spearman at least .8",
        met=lambda each: all(one["spearman"] >= 0.8 for one in each),
        published=published,
    )


def beside_dcgan(runs: Mapping[str, Trained]) -> Figures:
    ours, theirs = fashion_figures(runs["sngan"]), fashion_figures(runs["dcgan"])
    over = last_over_best(runs["sngan"])
    return ours | {"dcgan": theirs["fid"], "last_over_best": over}


def beside_twin(runs: Mapping[str, Trained]) -> Figures:
    ours, theirs = fashion_figures(runs["sagan"]), fashion_figures(runs["twin"])
    return ours | {"twin": theirs["fid"], "better_by": theirs["fid"] - ours["fid"]}


def truncated(runs: Mapping[str, Trained]) -> Figures:
    """Precision and recall of 10,000 pictures at each truncation, and the class that is read."""
    model = load_images(runs["biggan"].weights)
    images, labels = draw_images(model, 10_000)
    seen = fashion_judge().look(as_bytes(images).numpy()).chances.argmax(1)
    figures = fashion_figures(runs["biggan"]) | {"read": float((seen == labels.numpy()).mean())}
    for bound in TRUNCATIONS:
        cut, _ = draw_images(model, 10_000, truncation=bound)
        row = fashion_row(as_bytes(cut).numpy())
        figures |= {at("precision", bound): row.precision, at("recall", bound): row.recall}
    return figures


def at(name: str, bound: float) -> str:
    """A figure's name at a truncation, such as "recall_80" at .8: no point, which formats read."""
    return f"{name}_{round(100 * bound)}"


def trades(figures: Figures) -> bool:
    """Whether each further truncation raised precision and lowered recall."""
    precision = [figures["precision"], *(figures[at("precision", b)] for b in TRUNCATIONS)]
    recall = [figures["recall"], *(figures[at("recall", b)] for b in TRUNCATIONS)]
    return all(np.diff(precision) > 0) and all(np.diff(recall) < 0)


def by_truncation(weights: Path) -> npt.NDArray[np.uint8]:
    """A class a column, a truncation a row, from none to the narrowest."""
    model = load_images(weights)
    rows = [draw_images(model, 10, 1, truncation=bound)[0] for bound in (0.0, *TRUNCATIONS)]
    return as_bytes(torch.cat(rows)).numpy()


ROWS = {
    "cgan": Row(
        title="Conditional GAN (Mirza and Osindero 2014), DCGAN's networks",
        runs={"cgan": Run("cgan", watch=watch_fid)},
        figures=told_and_read,
        figure="the judge reads {read:.1%} of its classes; FID {fid:.1f}",
        bar="a classifier trained on real pictures reads 90 % of its classes",
        met=lambda each: mean(each, "read") >= 0.9,
        published="none on Fashion; the paper has MNIST's log-likelihood by Parzen windows, 132 ± 1.8",
    ),
    "wgan": wasserstein_row(
        "wgan",
        "WGAN (Arjovsky et al. 2017), weights clipped",
        "no correlation is given, figure 3 shows curves; FID 21.5 ± 1.6 (Lucic et al. 2018: Fashion, "
        "Inception's features, 10,000 pictures, InfoGAN's networks, best of 100 settings)",
    ),
    "wgan-gp": wasserstein_row(
        "wgan-gp",
        "WGAN-GP (Gulrajani et al. 2017)",
        "no correlation is given; FID 24.5 ± 2.1 (Lucic et al. 2018, as for WGAN)",
    ),
    "sngan": Row(
        title="SNGAN (Miyato et al. 2018): residual nets, spectral norm, hinge",
        runs={
            "sngan": Run("sngan", watch=watch_fid, watch_every=500),
            "dcgan": Run("dcgan", ("train.rounds=2000",), watch=watch_fid, watch_every=500),
        },
        figures=beside_dcgan,
        figure="FID {fid:.1f}, DCGAN's {dcgan:.1f} after as many rounds",
        bar="a better FID than DCGAN's after as many rounds, each of one update a player on 64 pictures",
        met=lambda each: all(one["fid"] < one["dcgan"] for one in each),
        published="CIFAR-10, not Fashion: SNGAN 16.77, DCGAN 28.95 (mimicry, 100,000 rounds)",
    ),
    "sagan": Row(
        title="SAGAN (Zhang et al. 2019)",
        runs={
            "sagan": Run("sagan", watch=watch_fid, watch_every=500),
            "twin": Run("sagan", ("model.attention=false",), watch=watch_fid, watch_every=500),
        },
        figures=beside_twin,
        figure="FID {fid:.1f}, {twin:.1f} without attention",
        bar="a better FID than its twin without attention, in the mean of 3 seeds",
        met=lambda each: len(each) >= 3 and mean(each, "fid") < mean(each, "twin"),
        published="ImageNet 128, not Fashion: FID 18.65 with attention at 32 x 32, 22.96 without",
        seeds=3,
    ),
    "biggan": Row(
        title="BigGAN (Brock et al. 2019)",
        runs={"biggan": Run("biggan", watch=watch_fid, watch_every=500)},
        figures=truncated,
        figure="precision {precision:.2f} to {precision_20:.2f}, recall {recall:.2f} to "
        "{recall_20:.2f} from no truncation to .2; FID {fid:.1f}; {read:.1%} of its classes read",
        bar="each of the truncations 1, .8, .6, .4 and .2 raises precision and lowers recall",
        met=lambda each: all(map(trades, each)),
        published="ImageNet 128, not Fashion: FID 8.7 and IS 98.8 without truncation",
        sheets={"biggan": by_truncation},
    ),
}
