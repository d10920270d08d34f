"""What `musegan evaluate` does with a model of pictures, and with a judge of them."""

from pathlib import Path
from typing import Any

import click


def evaluate_pictures(
    path: Path,
    data: Path | None,
    seeds: int,
    count: int,
    classify: bool,
    judge: str | None,
    inception: Path | None,
) -> dict[str, Any]:
    """Print the table of a model of pictures, or of points; returns what a report has."""
    import torch

    from musegan.evaluate.picturetable import print_pictures
    from musegan.experiments.images import load_images
    from musegan.experiments.judging import judge_for, open_judge
    from musegan.experiments.measuring import measure_fidelity, measure_pictures

    torch.set_num_threads(1)
    model = load_images(path)
    if model.sizes.side == 1:
        return evaluate_points(path, seeds)
    report = measure_pictures(
        model,
        open_judge(judge) if judge else judge_for(model.experiment),
        folder=str(data or ""),
        seeds=tuple(range(seeds)),
        count=count,
        classify=classify,
        announce=lambda line: click.echo(line, err=True),
    )
    print_pictures(report)
    told = report.as_json()
    if inception is not None:
        found = measure_fidelity(model, inception, folder=str(data or ""), count=count)
        for name, value in found.items():
            click.echo(f"torch-fidelity: {name} {value:.4g}")
        told["torch_fidelity"] = found
    return told


def evaluate_points(path: Path, seeds: int) -> dict[str, Any]:
    """Print the modes that a model of points hits; returns what a report has."""
    from musegan.experiments.images import load_images
    from musegan.experiments.measuring import POINTS, measure_points

    model, told = load_images(path), []
    for seed in range(seeds):
        hits = measure_points(model, seed)
        click.echo(
            f"seed {seed}: {hits.covered} of {hits.of} modes, {100 * hits.good:.1f} % of {POINTS:,} "
            f"points within 3 deviations of one (real ones 98.9 %), KL {hits.divergence:.3f}"
        )
        told.append(hits._asdict())
    return {"points": POINTS, "seeds": list(range(seeds)), "each": told}


def evaluate_judge(path: Path, data: Path | None) -> dict[str, Any]:
    """Print how often a judge is right on the test pictures; returns what a report has."""
    import torch

    from musegan.experiments.judging import open_judge
    from musegan.experiments.measuring import measure_judge

    torch.set_num_threads(1)
    judge = open_judge(path)
    found = measure_judge(judge, str(data or ""))
    click.echo(f"{found.accuracy:.4f} of {found.pictures:,} test pictures right; by class:")
    for name, share in found.classes.items():
        click.echo(f"{name:14} {share:.3f}")
    return found._asdict()
