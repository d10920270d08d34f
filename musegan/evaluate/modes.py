"""How many of the kinds that there are a generator makes, and in what shares."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WITHIN = 3.0  # deviations from a mode, up to which a point is of it


class Modes(NamedTuple):
    """The modes that samples are of."""

    covered: int  # with a sample or more
    of: int  # modes that there are
    divergence: float  # reverse KL(fake || real) of their shares, in nats; 0 is perfect
    shares: tuple[float, ...]  # of the samples, by mode


def modes_covered(fake: Integers, real: Integers, count: int) -> Modes:
    """Modes by number, of samples of a generator and of the data.

    The divergence is that of the Stacked-MNIST tables (Metz et al. 2017, arXiv:1611.02163,
    section 3.3.1): KL(fake || real), where modes without a fake add nothing. A fake of a mode
    that no real sample has makes it infinite.

    Raises:
        ValueError: there is no sample, or one of a mode that is none.
    """
    shares, expected = mode_shares(fake, count), mode_shares(real, count)
    used = shares > 0
    with np.errstate(divide="ignore"):
        divergence = (shares[used] * np.log(shares[used] / expected[used])).sum()
    return Modes(int(used.sum()), count, max(float(divergence), 0.0), tuple(shares.tolist()))


def mode_shares(modes: Integers, count: int) -> Floats:
    """The share of samples of each mode, (mode,)."""
    if not len(modes) or modes.min() < 0 or modes.max() >= count:
        raise ValueError(f"{len(modes)} samples of modes that are not all in 0 to {count - 1}")
    result: Floats = np.bincount(modes, minlength=count) / len(modes)
    return result


def stacked(classes: Integers, base: int) -> Integers:
    """Mode numbers (sample,) of images whose channels have classes (sample, channel) of `base`."""
    result: Integers = classes @ (base ** np.arange(classes.shape[1])[::-1])
    return result


class Hits(NamedTuple):
    """Points of the plane beside the modes they should come from."""

    covered: int  # modes with a good point or more
    of: int  # modes that there are
    good: float  # share of points within three deviations of a mode
    divergence: float  # KL of the good points' shares to equal ones


def points_hit(points: Floats, centres: Floats, deviation: float) -> Hits:
    """Judge points (point, 2) by the modes' centres (mode, 2) of a mixture of round Gaussians.

    Good points lie within three deviations of the nearest mode, as Srivastava et al. 2017
    (arXiv:1705.07761) count them. Of real points .989 are good.
    """
    distances = np.linalg.norm(points[:, None] - centres[None], axis=2)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) <= WITHIN * deviation
    count = len(centres)
    if not good.any():
        return Hits(0, count, 0.0, float("inf"))
    modes = modes_covered(nearest[good], np.arange(count), count)
    return Hits(modes.covered, count, float(good.mean()), modes.divergence)
