"""The Frechet distance between two sets of features, each taken for a Gaussian.

For music, features are first standardised by the real set's means and deviations, so that no feature
outweighs another by its unit, and covariances are shrunk towards a multiple of the identity by the
share that Ledoit and Wolf (2004) derive from the set itself; it vanishes as a set grows. For
pictures, which are many, both stay as they are (`pictures.picture_distance`).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def standardised(features: Floats, reference: Floats) -> Floats:
    """Features (item, feature) in deviations from the reference's means.

    A feature that never varies in the reference keeps its own unit.
    """
    deviation = reference.std(axis=0)
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    result: Floats = (features - reference.mean(axis=0)) / scale
    return result


def frechet_distance(first: Floats, second: Floats, *, shrink: bool = True) -> float:
    """|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2), the squared 2-Wasserstein distance.

    Args:
        first, second: (item, feature), two items or more each.
        shrink: use shrunk covariances rather than the sample's own.

    Raises:
        ValueError: a set has fewer than two items, or the sets differ in features.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"sets of shapes {first.shape} and {second.shape} cannot be compared")
    if min(len(first), len(second)) < 2:
        raise ValueError(f"a set needs two items; got {len(first)} and {len(second)}")
    covariance = shrunk_covariance if shrink else sample_covariance
    return gaussian_distance(
        first.mean(axis=0), covariance(first), second.mean(axis=0), covariance(second)
    )


def gaussian_distance(
    mean: Floats, covariance: Floats, mean2: Floats, covariance2: Floats
) -> float:
    """The squared 2-Wasserstein distance between two Gaussians, of means (feature,) and so on."""
    root = _root(covariance)
    inner = np.linalg.eigvalsh(root @ covariance2 @ root)
    shift = mean - mean2
    cross = np.sqrt(np.clip(inner, 0, None)).sum()
    distance = shift @ shift + np.trace(covariance) + np.trace(covariance2) - 2 * cross
    return max(float(distance), 0.0)


def sample_covariance(items: Floats) -> Floats:
    """The covariance (feature, feature) of items (item, feature), divided by the items."""
    centred = items - items.mean(axis=0)
    result: Floats = centred.T @ centred / len(items)
    return result


def shrunk_covariance(items: Floats) -> Floats:
    """Ledoit and Wolf's estimate: (1 - s) S + s m I, with m the mean variance (2004)."""
    covariance = sample_covariance(items)
    width = len(covariance)
    mean_variance = np.trace(covariance) / width
    target = mean_variance * np.eye(width)
    spread = ((covariance - target) ** 2).sum()
    if spread < 1e-12:
        return covariance
    squared = ((items - items.mean(axis=0)) ** 2).sum(axis=1)
    error = ((squared**2).mean() - (covariance**2).sum()) / len(items)
    share = float(np.clip(error / spread, 0, 1))
    result: Floats = (1 - share) * covariance + share * target
    return result


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    result: Floats = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return result
