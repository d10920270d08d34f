"""Points of the plane in rings and grids: mixtures whose modes can be counted."""

import numpy as np
import numpy.typing as npt

DEVIATION = {"ring": 0.05, "grid": 0.05}
COUNT = 20_000


def modes_of(name: str) -> npt.NDArray[np.float32]:
    """The modes' centres, (mode, 2): eight on a ring of radius 2, or 5 x 5 two apart."""
    if name == "ring":
        angles = np.arange(8) * np.pi / 4
        return np.stack([2 * np.cos(angles), 2 * np.sin(angles)], axis=1).astype(np.float32)
    axis = np.arange(-4, 5, 2)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32)


def open_points(name: str, split: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Points as images of two channels and one pixel, (point, 2, 1, 1), and their modes."""
    rng = np.random.default_rng(0 if split == "train" else 1)
    modes = modes_of(name)
    labels = rng.integers(len(modes), size=COUNT)
    points = modes[labels] + DEVIATION[name] * rng.standard_normal((COUNT, 2))
    return points.astype(np.float32)[:, :, None, None], labels
