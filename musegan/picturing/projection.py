"""A picture to its latent: the point of a generator's latents whose image is nearest to it.

Adam on the latent, from several starts at once, as in section 5 of Karras et al. 2020
(arXiv:1912.04958), with the pixels at several sizes for a distance: no pretrained features. Then
least squares by Levenberg and Marquardt's method (Marquardt 1963, doi:10.1137/0111030): a latent
has so few numbers that each step can ask what every one of them does to every pixel.
Where only some pixels count, the rest is what the generator makes of them: Yeh et al. 2017
(arXiv:1607.07539), which fills holes.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from musegan.experiments.images import ImageModelFile
from musegan.experiments.latents import Tick, latents_of, silent
from musegan.picturing.points import Point, Space, draw_points, has_styles, layers_of, styles_of

SMALLEST = 7  # pixels of the smallest size that pictures are compared at
PRIOR = 0.003  # weight at first of a latent's improbability beside the pixels; 0 at last
RATE = 0.15  # of Adam
NUDGE = 0.01  # of one number of a point, in its deviations, to see what it does
LIKELY = 1e-3  # weight of a point's squares where pixels are missing, beside the mean square error


class Projection(NamedTuple):
    """What one picture was found to be."""

    point: Point  # a latent; of a model with styles, a style
    image: Tensor  # (channel, row, column), in [-1, 1]
    error: float  # root mean square of what is left, over the pixels that count, in [0, 255]


def project(
    model: ImageModelFile,
    picture: Tensor,
    *,
    known: Tensor | None = None,
    label: int | None = None,
    steps: int = 200,
    restarts: int = 8,
    candidates: int = 512,
    refinements: int = 20,
    seed: int = 0,
    tick: Tick = silent,
) -> Projection:
    """Find the latent, or the style, of a picture (channel, row, column) in [-1, 1].

    `candidates` latents are drawn and the nearest `restarts` of them followed for `steps`, and
    brought nearer by up to so many `refinements`; the nearest of all is returned. Without `label`
    a model that knows classes is tried with each.

    Args:
        known: (row, column), 1 where the picture counts, 0 where it is unknown; all by default.
    """
    known = torch.ones(picture.shape[-2:]) if known is None else known.float()
    far = _distance(picture, known)
    points = latents_of(seed, range(1, max(candidates, restarts) + 1), model.sizes.latent)
    labels = torch.arange(len(points)) % max(model.sizes.classes, 1)
    if label is not None:
        labels = torch.full_like(labels, label)
    space: Space = "style" if has_styles(model) else "latent"
    if space == "style":
        points = styles_of(model, points, labels)
    centre, spread = points.mean(0), points.std(0).clamp(min=1e-6)
    if space == "latent":
        centre, spread = torch.zeros_like(centre), torch.ones_like(spread)
    drawer = _drawer(model, space)
    best = far(draw_points(model, space, points, labels, seed=seed)).argsort()[:restarts]
    points, labels = points[best].clone().requires_grad_(), labels[best]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rate = RATE * float(spread.mean())
        optimizer = torch.optim.Adam([points], lr=rate)
        for step in range(steps):
            left = 1 - step / steps
            optimizer.param_groups[0]["lr"] = rate * left
            optimizer.zero_grad()
            improbable = (((points - centre) / spread).square().mean(1) - 1).square()
            loss = far(drawer(points, labels)) + left * PRIOR * improbable
            loss.sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            tick(1)
        points = points.detach()
    likely = LIKELY if bool((known < 1).any()) else 0.0
    refine = _refiner(drawer, picture, known, centre, spread, likely)
    points = torch.stack(
        [refine(one, label, refinements) for one, label in zip(points, labels, strict=True)]
    )
    images = draw_points(model, space, points, labels, seed=seed)
    squares = ((images - picture) * known).square().sum((1, 2, 3))
    errors = (squares / (known.sum() * len(picture))).sqrt() * 127.5
    at = int(errors.argmin())
    found = Point(space, points[at].clone(), int(labels[at]))
    return Projection(found, images[at], float(errors[at]))


def _drawer(model: ImageModelFile, space: Space) -> Callable[[Tensor, Tensor], Tensor]:
    """Images of points and labels, through which gradients flow."""
    generator = model.networks["generator"]
    if space == "latent":
        return generator
    synthesis, layers = generator.synthesis, layers_of(model)
    assert callable(synthesis)

    def from_styles(styles: Tensor, labels: Tensor) -> Tensor:
        images: Tensor = synthesis(styles[:, None].expand(-1, layers, -1))
        return images

    return from_styles


def _refiner(
    drawer: Callable[[Tensor, Tensor], Tensor],
    picture: Tensor,
    known: Tensor,
    centre: Tensor,
    spread: Tensor,
    likely: float,
) -> Callable[[Tensor, Tensor, int], Tensor]:
    """What takes a point and its label, and so many steps of least squares over the known pixels.

    With `likely` a point's deviations from the centre are squares to be made small, too.
    """
    size = len(centre)
    weight = (known / (known.sum() * len(picture))).sqrt()

    def left(points: Tensor, label: Tensor) -> Tensor:
        images = drawer(centre + points * spread, label.expand(len(points))).float()
        errors = ((images - picture) * weight).flatten(1)
        return torch.cat([errors, points * (likely / size) ** 0.5], 1)

    @torch.no_grad()
    def refined(point: Tensor, label: Tensor, steps: int) -> Tensor:
        point = (point - centre) / spread
        nudges = NUDGE * torch.eye(size)
        damping, errors = 0.01, left(point[None], label)[0]
        for _ in range(steps):
            slopes = (left(point + nudges, label) - errors) / NUDGE  # (number, error)
            squares = slopes @ slopes.T
            bent = squares.diagonal().mean() * torch.eye(size)
            for _ in range(4):
                # Where no number does anything there is no solution: the step is then not better.
                bowl = squares + damping * bent
                step = torch.linalg.solve_ex(bowl, -(slopes @ errors)).result
                tried = left((point + step)[None], label)[0]
                if tried.square().sum() < errors.square().sum():
                    point, errors, damping = point + step, tried, damping / 5
                    break
                damping *= 5
            else:
                break
        return centre + point * spread

    return refined


def _distance(picture: Tensor, known: Tensor) -> Callable[[Tensor], Tensor]:
    """How far images (image, channel, row, column) are from a picture: (image,).

    The mean square of the known pixels at full size, at half of it, and so on; a pixel of a
    smaller size counts as much as it is known.
    """
    levels = [(picture[None], known[None, None])]
    while min(levels[-1][0].shape[-2:]) >= 2 * SMALLEST:
        shown, weight = levels[-1]
        share = avg_pool2d(weight, 2)
        levels.append((avg_pool2d(shown * weight, 2) / share.clamp(min=1e-6), share))
    first = levels[0][1]

    def far(images: Tensor) -> Tensor:
        total: Tensor = torch.zeros(len(images))
        images, weight = images.float(), first
        for index, (shown, share) in enumerate(levels):
            if index:
                images = avg_pool2d(images * weight, 2) / share.clamp(min=1e-6)
                weight = share
            left = ((images - shown).square() * share).sum((1, 2, 3))
            total = total + left / (share.sum() * images.shape[1]).clamp(min=1e-6)
        return total

    return far
